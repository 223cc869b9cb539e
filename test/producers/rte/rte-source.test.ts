import { expect, test } from 'vitest'
import { DAY_MS } from '../../../src/core/calendar.ts'
import { WindrowError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { rteConsumption } from '../../../src/producers/rte/rte-consumption.ts'
import type { Station } from '../../../src/producers/stations/station.ts'
import type { UpstreamSourceOptions } from '../../../src/producers/upstream-kind.ts'
import { manualClock } from '../../../src/testing/manual-clock.ts'
import { polled } from '../polled.ts'
import { type Asked, handMadeUpstream } from '../upstreams/hand-made-upstream.ts'
import { tokenPath } from './token.ts'

const NOW = Date.parse('2025-11-20T10:07:00+01:00')
const paris = (text: string): number => Date.parse(text)

function opened(answer: (asked: Asked) => unknown, more: Partial<UpstreamSourceOptions> = {}) {
  const upstream = handMadeUpstream((asked) => tokenPath(asked.path) ?? answer(asked))
  const source = rteConsumption.open({
    station: rteConsumption.defaultStations?.[0] as Station,
    upstream,
    credentials: { kind: 'client', id: 'me', secret: new Secret('mine') },
    range: null,
    backfillMs: 10 * DAY_MS,
    revisionsMs: 2 * DAY_MS,
    ...more,
  })
  const periods = (): unknown[] =>
    upstream.asked.filter(({ path }) => !path.includes('token')).map(({ query }) => [query.start_date, query.end_date])
  return { source, periods }
}

const empty = { short_term: [] }
const quarters = ({ query }: Asked) => {
  const values: object[] = []
  for (let at = Date.parse(query.start_date as string); at < Date.parse(query.end_date as string); at += 900_000) {
    values.push({ start_date: new Date(at).toISOString(), end_date: new Date(at + 900_000).toISOString(), value: 1 })
  }
  return { short_term: [{ type: 'REALISED', values }] }
}

test('History is asked for in pieces of at most 150 local days, with the offset of each, and tells no instant', async () => {
  const range = { from: paris('2024-12-01T00:00:00+01:00'), to: paris('2025-06-01T00:00:00+02:00') }
  const { source, periods } = opened(() => empty, { range })
  const { through, error } = await polled(source, { clock: manualClock(NOW) })
  expect([error, through]).toEqual([null, []])
  expect(periods()).toEqual([
    ['2024-12-01T00:00:00+01:00', '2025-04-30T00:00:00+02:00'],
    ['2025-04-30T00:00:00+02:00', '2025-06-01T00:00:00+02:00'],
  ])
})

test('A piece that RTE finds too long is asked for in halves', async () => {
  const range = { from: paris('2025-01-01T00:00:00+01:00'), to: paris('2025-01-21T00:00:00+01:00') }
  const tooLong = new WindrowError('WR_UPSTREAM_REQUEST', {
    message: 'too long',
    remedy: '',
    facts: { status: 400, body: '{"error":"CONSUMPTION_SHORTTERM_F03"}' },
  })
  const daysOf = ({ query }: Asked): number =>
    (Date.parse(query.end_date as string) - Date.parse(query.start_date as string)) / DAY_MS
  const { source, periods } = opened((asked) => (daysOf(asked) > 7 ? tooLong : quarters(asked)), { range })
  const { readings, error } = await polled(source, { clock: manualClock(NOW) })
  expect([error, readings.length, periods().length]).toEqual([null, 20 * 96, 2 + 4])
  const refusing = opened(() => tooLong, { range })
  expect((await polled(refusing.source, { clock: manualClock(NOW) })).error).toBe(tooLong)
})

test.each([
  ['2025-03-30', '+01:00', '2025-03-31', '+02:00', 92],
  ['2025-10-26', '+02:00', '2025-10-27', '+01:00', 100],
])('The day %s has its real quarters', async (day, offset, next, nextOffset, count) => {
  const range = { from: paris(`${day}T00:00:00${offset}`), to: paris(`${next}T00:00:00${nextOffset}`) }
  const { readings } = await polled(opened(quarters, { range }).source, { clock: manualClock(NOW) })
  expect(new Set(readings.map(({ timestamp }) => timestamp)).size).toBe(count)
})

test('A first poll goes back as far as it is to, a later one from before what was read, and once a day further', async () => {
  const { source, periods } = opened(quarters)
  const clock = manualClock(NOW)
  const first = await polled(source, { clock })
  source.published?.()
  expect(first.through).toEqual([paris('2025-11-20T10:00:00+01:00')])
  const readThrough = first.through[0] as number
  await polled(source, { clock, readThrough })
  source.published?.()
  await clock.advance(DAY_MS)
  await polled(source, { clock, readThrough })
  expect(periods()).toEqual([
    ['2025-11-10T00:00:00+01:00', '2025-11-20T10:00:00+01:00'],
    ['2025-11-18T00:00:00+01:00', '2025-11-20T10:00:00+01:00'],
    ['2025-11-18T00:00:00+01:00', '2025-11-21T10:00:00+01:00'],
    ['2025-11-11T00:00:00+01:00', '2025-11-18T00:00:00+01:00'],
  ])
})
