import { afterEach, expect, test } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../../src/core/calendar.ts'
import { Secret } from '../../../src/core/secret.ts'
import { httpUpstream } from '../../../src/producers/http/http-upstream.ts'
import { rteConsumption } from '../../../src/producers/rte/rte-consumption.ts'
import type { Station } from '../../../src/producers/stations/station.ts'
import { manualClock } from '../../../src/testing/manual-clock.ts'
import { polled } from '../polled.ts'
import { keepingLogger } from '../quiet-logger.ts'
import { type ClientTokens, clientTokens } from '../upstreams/fake-rte-tokens.ts'
import { fakeServer } from '../upstreams/fake-server.ts'

const NOW = Date.UTC(2025, 10, 20, 9)

const closers: Array<() => Promise<void>> = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A poll of 600 days, in four pieces or more, in which something happens after each answer. */
async function longPoll(afterAnswer: (tokens: ClientTokens, advance: (ms: number) => void) => void) {
  let elapsed = 0
  const clock = { ...manualClock(NOW), now: () => NOW + elapsed, monotonic: () => elapsed }
  const tokens = clientTokens({ id: 'me', secret: 'mine', now: clock.now })
  let refused = 0
  const starts: string[] = []
  const server = await fakeServer((request) => {
    const given = tokens.answer(request)
    if (given !== undefined) return given
    if (!tokens.isValid(request.headers.authorization)) {
      refused += 1
      return { status: 401, body: { error: 'invalid_token' } }
    }
    const start_date = request.query.get('start_date') ?? ''
    starts.push(start_date)
    afterAnswer(tokens, (ms) => {
      elapsed += ms
    })
    const end_date = new Date(Date.parse(start_date) + 900_000).toISOString()
    return { body: { short_term: [{ type: 'REALISED', values: [{ start_date, end_date, value: 1 }] }] } }
  })
  const upstream = httpUpstream({
    source: 'RTE',
    baseUrl: server.url,
    userAgent: 'test',
    clock,
    logger: keepingLogger(),
    quota: null,
  })
  closers.push(server.close, upstream.close)
  const source = rteConsumption.open({
    station: rteConsumption.defaultStations?.[0] as Station,
    upstream,
    credentials: { kind: 'client', id: 'me', secret: new Secret('mine') },
    range: { from: NOW - 600 * DAY_MS, to: NOW },
    backfillMs: 0,
    revisionsMs: 0,
  })
  const { error, readings } = await polled(source, { clock })
  return { error, readings, starts, refused, given: tokens.given() }
}

test('A token that ends in the middle of a poll is got anew before it ends, and no piece is asked for twice', async () => {
  const { error, readings, starts, refused, given } = await longPoll((_, advance) => advance(HOUR_MS))
  expect([error, refused]).toEqual([null, 0])
  expect(starts.length).toBeGreaterThanOrEqual(4)
  expect(new Set(starts).size).toBe(starts.length)
  // The first piece begins before what was asked for.
  expect(readings.length).toBeGreaterThanOrEqual(starts.length - 1)
  // Each holds for two hours, less a minute.
  expect(given).toBe(Math.ceil(starts.length / 2))
})

test('A token that is taken back in the middle of a poll is refused once, and the poll goes on with a new one', async () => {
  const { error, starts, refused, given } = await longPoll((tokens) => tokens.revoke())
  expect(error).toBe(null)
  expect(new Set(starts).size).toBe(starts.length)
  expect([refused, given]).toEqual([starts.length - 1, starts.length])
})
