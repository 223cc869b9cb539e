import { afterEach, describe, expect, test } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/calendar.ts'
import { isWindrowError, type WindrowError } from '../../../src/core/errors.ts'
import type { EventType } from '../../../src/events/event-type.ts'
import { httpUpstream } from '../../../src/producers/http/http-upstream.ts'
import { type ProduceSummary, produce } from '../../../src/producers/produce.ts'
import { manualClock } from '../../../src/testing/manual-clock.ts'
import { memoryKv } from '../../../src/testing/memory-kv.ts'
import { memoryLog } from '../../../src/testing/memory-log.ts'
import { deadLettersIn, readingsIn } from '../published.ts'
import { keepingLogger } from '../quiet-logger.ts'
import { type Fault, fakeServer } from './fake-server.ts'
import { simulatedAirqino } from './simulated-airqino.ts'
import { simulatedOpenMeteo } from './simulated-open-meteo.ts'
import { simulatedOpenWeatherMap } from './simulated-openweathermap.ts'
import { simulatedRteConsumption, simulatedRteGeneration } from './simulated-rte.ts'
import type { SimulatedUpstreamOf } from './simulated-upstream.ts'
import { simulatedVisualCrossing } from './simulated-visual-crossing.ts'

const sources: ReadonlyArray<readonly [name: string, of: SimulatedUpstreamOf]> = [
  ['openweathermap', simulatedOpenWeatherMap(10 * MINUTE_MS, 0)],
  ['visual-crossing', simulatedVisualCrossing],
  ['open-meteo', simulatedOpenMeteo],
  ['rte-consumption', simulatedRteConsumption],
  ['rte-generation', simulatedRteGeneration],
  ['airqino', simulatedAirqino],
]

/** In the days before, the clocks of Europe went back; or forward. */
const AUTUMN = Date.UTC(2025, 9, 27, 9, 5)
const SPRING = Date.UTC(2026, 2, 30, 9, 5)

const closers: Array<() => Promise<void>> = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A source over HTTP from a server on loopback into a log, each question asked once. */
async function world(of: SimulatedUpstreamOf, { now = AUTUMN, days: daysToCome = 0 } = {}) {
  const clock = manualClock(now)
  // Of what was known three hours after a world's start each reading has one state.
  const simulated = of({ seed: 5, start: now - 3 * HOUR_MS, end: now + daysToCome * DAY_MS, now: () => clock.now() })
  const { kind, station, credentials } = simulated
  const server = await fakeServer((request) => simulated.answer(request))
  const upstream = httpUpstream({
    source: kind.title,
    baseUrl: server.url,
    userAgent: 'windrow/test',
    clock,
    logger: keepingLogger(),
    quota: null,
    tries: 1,
    ...(kind.hint === undefined ? {} : { hint: kind.hint }),
  })
  closers.push(server.close, upstream.close)
  const [log, kv] = [memoryLog(), memoryKv()]
  const days = { backfillMs: kind.backfillDays * DAY_MS, revisionsMs: kind.revisionDays * DAY_MS }
  const open = () => kind.open({ station, upstream, credentials, range: null, ...days })
  let source = open()
  const readings = () => readingsIn(log, kind.events[0] as EventType)
  return {
    simulated,
    clock,
    server,
    log,
    readings,
    poll: async (): Promise<ProduceSummary> => {
      const summary = await produce({ log, kv, source, partitions: 2, clock, logger: keepingLogger() })
      simulated.onPublished?.()
      return summary
    },
    /** What a source remembers by itself is forgotten. */
    restart: () => {
      source = open()
    },
    /** From now on every question that is not about a token meets the fault. */
    meet: (fault: Fault): void => server.faultsBy(({ method }) => (method === 'POST' ? null : fault)),
    identities: async () =>
      (await readings()).map(({ key, series, production_type, timestamp }) =>
        JSON.stringify([key, series ?? '', production_type ?? '', timestamp]),
      ),
  }
}

async function errorOf(poll: Promise<unknown>): Promise<WindrowError> {
  const error = await poll.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!isWindrowError(error)) throw new Error('the poll was to fail', { cause: error })
  return error
}

/** What goes wrong, the code that the poll ends with, and what the remedy speaks of. */
const FAULTS: ReadonlyArray<readonly [name: string, fault: (secret: string) => Fault, code: string, remedy: RegExp]> = [
  ['a key that is refused (401)', (secret) => ({ status: 401, body: `no: ${secret}` }), 'WR_UPSTREAM_REFUSED', /key|credentials/],
  ['no such place (404)', () => ({ status: 404 }), 'WR_UPSTREAM_NOT_FOUND', /station or place/],
  ['a question that is refused (400)', (secret) => ({ status: 400, body: `Bad: ${secret}` }), 'WR_UPSTREAM_REQUEST', /place/],
  ['too many calls (429)', () => ({ status: 429, retryAfter: 30 }), 'WR_UPSTREAM_BUSY', /less/],
  ['an error of the server (503)', () => ({ status: 503 }), 'WR_UPSTREAM_BUSY', /Wait/],
  ['a hang', () => 'hang', 'WR_UPSTREAM_UNREACHABLE', /Wait/],
  ['a hang inside the answer', () => 'hang-inside', 'WR_UPSTREAM_UNREACHABLE', /Wait/],
  ['half an answer', () => 'half', 'WR_UPSTREAM_UNREACHABLE', /Wait/],
  ['a connection that breaks', () => 'reset-inside', 'WR_UPSTREAM_UNREACHABLE', /Wait/],
  ['invalid JSON', () => 'not-json', 'WR_UPSTREAM_ANSWER', /its API has changed/],
  ['HTML', () => 'html', 'WR_UPSTREAM_ANSWER', /login page/],
  ['a redirect to another host', () => 'redirect-elsewhere', 'WR_UPSTREAM_ANSWER', /URL/],
  ['other JSON', (secret) => ({ status: 200, body: { cod: 500, message: secret } }), 'WR_UPSTREAM_ANSWER', /API has changed/],
]

describe.each(sources)('%s over HTTP', (_, of) => {
  test.each(FAULTS)(
    'ends the poll at %s with what to do, publishes nothing, shows no secret, and goes on at the next',
    async (name, fault, code, remedy) => {
      const smooth = await world(of)
      await smooth.poll()
      const { simulated, clock, server, log, poll, meet, identities } = await world(of)
      const { credentials } = simulated
      const secret = (
        credentials.kind === 'none' ? null : credentials.kind === 'key' ? credentials.key : credentials.secret
      )?.reveal()
      meet(fault(secret ?? 'nothing'))
      const polled = errorOf(poll())
      if (name.startsWith('a hang')) {
        await server.whenHanging()
        await clock.advance(61_000)
      }
      const error = await polled
      expect([error.code, error.remedy]).toEqual([code, expect.stringMatching(remedy)])
      expect(await identities()).toEqual([])
      expect(await deadLettersIn(log)).toEqual([])
      const shown = [error.message, error.remedy, JSON.stringify(error.facts), String(error.cause)].join(' ')
      if (secret !== undefined) expect(shown).not.toContain(secret)
      expect(server.requests.filter(({ headers }) => headers.host?.startsWith('localhost'))).toEqual([])
      server.faultsBy(null)
      if (code === 'WR_UPSTREAM_BUSY') await clock.advance(30_000)
      await poll()
      expect((await identities()).sort()).toEqual((await smooth.identities()).sort())
    },
  )

  test('says until when it is to be left alone, and is', async () => {
    const { clock, server, poll, meet } = await world(of)
    meet({ status: 429, retryAfter: 3600 })
    const until = new Date(clock.now() + HOUR_MS).toISOString()
    expect((await errorOf(poll())).facts.retry_at).toBe(until)
    server.faultsBy(null)
    const asked = server.requests.length
    expect((await errorOf(poll())).facts.retry_at).toBe(until)
    expect(server.requests).toHaveLength(asked)
    await clock.advance(HOUR_MS)
    expect((await poll()).published).toBeGreaterThan(0)
  })

  test('that says the same again publishes nothing, also to another process', async () => {
    const { readings, poll, restart, log, simulated } = await world(of)
    const first = await poll()
    expect(first.published).toBeGreaterThan(0)
    expect(first.deadLettered).toBe(simulated.deadLetters())
    const before = await readings()
    expect(await poll()).toMatchObject({ published: 0, revised: 0, deadLettered: 0 })
    restart()
    expect(await poll()).toMatchObject({ published: 0, revised: 0, deadLettered: 0 })
    expect(await readings()).toEqual(before)
    expect(await deadLettersIn(log)).toHaveLength(first.deadLettered)
  })

  test.each([
    ['back', AUTUMN],
    ['forward', SPRING],
  ])('has every reading once where clocks go %s', async (_direction, now) => {
    const { simulated, readings, poll } = await world(of, { now })
    await poll()
    const logged = (await readings()).map((each) => JSON.stringify([each.timestamp, simulated.valueOf(each)]))
    const expected = simulated
      .expected(() => true)
      .map(({ identity, values }) => JSON.stringify([(JSON.parse(identity) as unknown[])[2], values.at(-1)]))
    expect(logged.sort()).toEqual(expected.sort())
  })

  test('publishes each value that is revised once, after what it was before', async () => {
    const { simulated, clock, readings, poll } = await world(of, { days: 2 })
    for (let hour = 0; hour <= 48; hour++) {
      await poll()
      await clock.advance(HOUR_MS)
    }
    // Some look for revisions once a day.
    for (let day = 0; day < 2; day++) {
      await clock.advance(DAY_MS - (clock.now() % DAY_MS))
      await poll()
    }
    const logged = new Map<string, unknown[]>()
    for (const each of await readings()) {
      const { key, series, production_type: type, timestamp } = each
      const subKey = typeof series !== 'string' ? '' : typeof type === 'string' ? `${series}/${type}` : series
      const identity = JSON.stringify([key, subKey, timestamp])
      logged.set(identity, [...(logged.get(identity) ?? []), simulated.valueOf(each)])
    }
    const expected = simulated.expected(() => false).map(({ identity, values }) => [identity, values] as const)
    expect(Object.fromEntries(logged)).toEqual(Object.fromEntries(expected))
    if (simulated.kind.hasHistory) expect(expected.filter(([, values]) => values.length > 1).length).toBeGreaterThan(0)
  })
})
