import { afterEach, describe, expect, test } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/calendar.ts'
import { isWindrowError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { weatherReadings } from '../../../src/events/weather.ts'
import { httpUpstream } from '../../../src/producers/http/http-upstream.ts'
import { openMeteoKind } from '../../../src/producers/open-meteo/open-meteo.ts'
import { openWeatherMap } from '../../../src/producers/openweathermap/openweathermap.ts'
import { produce } from '../../../src/producers/produce.ts'
import type { Source } from '../../../src/producers/source.ts'
import type { UpstreamKind } from '../../../src/producers/upstream-kind.ts'
import { visualCrossing } from '../../../src/producers/visual-crossing/visual-crossing.ts'
import { CRASH_POINTS, crashingLog } from '../../../src/testing/crashing-log.ts'
import { type ManualClock, manualClock } from '../../../src/testing/manual-clock.ts'
import { memoryDisk, memoryKv } from '../../../src/testing/memory-kv.ts'
import { memoryLog } from '../../../src/testing/memory-log.ts'
import { openMeteoAnswer } from '../open-meteo/fake-open-meteo.ts'
import { polled } from '../polled.ts'
import { deadLettersIn, type LoggedReading, readingsIn, truthOf } from '../published.ts'
import { keepingLogger } from '../quiet-logger.ts'
import { visualCrossingAnswer } from '../visual-crossing/fake-visual-crossing.ts'
import { type FakeRequest, type FakeServer, fakeServer, seededFaults } from './fake-server.ts'
import { golden, sourceOptions } from './scripted-upstream.ts'

const KEY = 'k3y-that-nobody-may-see'
const START = Date.UTC(2025, 2, 29, 12)
const REVISED_AFTER = 6 * HOUR_MS
const RAIN = golden(new URL('../openweathermap/golden/rain.json', import.meta.url)) as object

/** Of every hour a temperature that is revised once; a forecast is another at every look. */
const temperature = (at: number, now: number): number =>
  at > now ? -((now / MINUTE_MS) % 97) : ((at / HOUR_MS) % 30) + (now - at >= REVISED_AFTER ? 0.5 : 0)

interface World {
  readonly kind: UpstreamKind
  /** Between two polls. */
  readonly stepMs: number
  readonly answer: (request: FakeRequest, now: number) => unknown
}

const worlds: readonly World[] = [
  {
    kind: openMeteoKind({ archiveUrl: null }),
    stepMs: 20 * MINUTE_MS,
    answer: ({ query }, now) =>
      openMeteoAnswer(Object.fromEntries(query), now, (at) => ({ temp: temperature(at, now), sum: 0.2, code: 61 })),
  },
  {
    kind: visualCrossing,
    stepMs: 40 * MINUTE_MS,
    answer: ({ path }, now) =>
      visualCrossingAnswer(path, (at) => ({ temp: temperature(at, now), source: at + HOUR_MS <= now ? 'obs' : 'fcst' })),
  },
  {
    kind: openWeatherMap,
    stepMs: 2 * MINUTE_MS,
    // An observation every seven minutes; now and then a server answers that still has the one before.
    answer: (_, now) => {
      const dt = Math.floor(now / (7 * MINUTE_MS)) * 420 - ((now / MINUTE_MS) % 11 === 0 ? 420 : 0)
      return { ...RAIN, dt }
    },
  },
]

const closers: Array<() => Promise<void>> = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A source that asks a server on loopback, each question once. */
async function serving({ kind, answer }: World, clock: ManualClock): Promise<{ server: FakeServer; open: () => Source }> {
  const server = await fakeServer((request) => ({ body: answer(request, clock.now()) }))
  closers.push(server.close)
  const given = { baseUrl: server.url, userAgent: 'windrow/test', logger: keepingLogger(), quota: null, tries: 1 }
  const upstream = httpUpstream({ source: kind.title, clock, ...given, ...(kind.hint === undefined ? {} : { hint: kind.hint }) })
  closers.push(upstream.close)
  const days = { backfillMs: DAY_MS, revisionsMs: DAY_MS }
  return { server, open: () => kind.open(sourceOptions(upstream, days, { kind: 'key', key: new Secret(KEY) })) }
}

describe.each(worlds.map((world) => [world.kind.name, world] as const))('%s over HTTP', (_, world) => {
  test('follows a redirect on the same host', async () => {
    const clock = manualClock(START)
    const { server, open } = await serving(world, clock)
    const smooth = await polled(open(), { clock })
    server.script('redirect-here')
    expect((await polled(open(), { clock })).readings).toEqual(smooth.readings)
  })

  test.each([1, 2])('publishes everything once, with faults in a fifth of the calls and kill -9 (seed %i)', async (seed) => {
    const clock = manualClock(START)
    const { server, open } = await serving(world, clock)
    const [log, disk] = [memoryLog(), memoryDisk()]
    const random = seededFaults(seed, 0.2)
    const polls = 60
    server.faultsBy(seededFaults(seed * 7, 0.2, [{ status: 500 }, 'half', 'html', { status: 429 }, 'reset-before']))
    for (let i = 0; i < polls; i++) {
      // The last polls are smooth, so that in the end all is there; in the middle it is off for nine hours.
      if (i === polls - 2) server.faultsBy(null)
      if (i === 30) await clock.advance(9 * HOUR_MS)
      const session = log.connect()
      const kv = memoryKv(disk)
      const point = CRASH_POINTS[i % CRASH_POINTS.length] ?? 'before-commit'
      const isCrash = i < polls - 2 && random() !== null
      const options = { kv, source: open(), partitions: 1, clock, logger: keepingLogger(), maxBatchRecords: 7 }
      const through = isCrash ? crashingLog(session, { point, nth: 1 + (i % 3) }) : session
      await produce({ ...options, log: through }).catch((error: unknown) => {
        if (!isWindrowError(error)) throw error
      })
      session.kill()
      await kv.close()
      await clock.advance(world.stepMs)
    }
    const readings = await readingsIn(log, weatherReadings as never)
    expect(await deadLettersIn(log)).toEqual([])
    const said = readings.map(({ timestamp, revised_at, temperature: value }) =>
      JSON.stringify(world.kind.hasHistory ? [timestamp, value] : [timestamp, revised_at]),
    )
    expect(new Set(said).size).toBe(said.length)
    expect(said.length).toBeGreaterThan(10)
    check(world, [...truthOf(readings).values()], readings, clock.now() - world.stepMs)
  })
})

/** That the truth is what the upstream says at the end, without a hole, and that no forecast that went out was lost. */
function check(world: World, truth: readonly LoggedReading[], all: readonly LoggedReading[], now: number): void {
  const starts = truth.map(({ timestamp }) => timestamp).sort((a, b) => a - b)
  if (!world.kind.hasHistory) {
    for (const reading of truth) {
      const dates = all.filter(({ timestamp }) => timestamp === reading.timestamp).map(({ revised_at }) => revised_at ?? 0)
      expect(reading.revised_at).toBe(Math.max(...dates))
      expect(dates).toEqual([...dates].sort((a, b) => a - b))
    }
    return
  }
  expect(starts).toEqual(Array.from(starts, (_, i) => (starts[0] ?? 0) + i * HOUR_MS))
  expect(starts.at(-1)).toBe(Math.floor(now / HOUR_MS) * HOUR_MS - HOUR_MS)
  let forecasts = 0
  for (const reading of truth) {
    if (world.kind.name === 'open-meteo') expect(reading.temperature).toBe(temperature(reading.timestamp, now))
    const same = all.filter(({ timestamp }) => timestamp === reading.timestamp)
    const [expected, ...others] = new Set(same.map(({ next_hour_temp }) => next_hour_temp))
    expect(others).toEqual([])
    if (expected !== null) forecasts += 1
  }
  expect(forecasts).toBeGreaterThan(5)
}

test('A key that is not active yet is told apart from a wrong one by what to do', async () => {
  const clock = manualClock(START)
  const world = worlds.find(({ kind }) => kind === openWeatherMap)
  if (world === undefined) throw new Error('there is one')
  const { server, open } = await serving(world, clock)
  server.script({ status: 401, body: { cod: 401, message: 'Invalid API key' } })
  const { error } = await polled(open(), { clock })
  expect(error).toMatchObject({ code: 'WR_UPSTREAM_REFUSED', remedy: expect.stringContaining('two hours') })
})

test('The archive of Open-Meteo is asked where it is, the rest where that is', async () => {
  const clock = manualClock(START)
  const [world] = worlds
  if (world === undefined) throw new Error('there is one')
  const archive = await fakeServer((request) => ({ body: world.answer(request, clock.now()) }))
  closers.push(archive.close)
  const { server, open } = await serving({ ...world, kind: openMeteoKind({ archiveUrl: archive.url }) }, clock)
  const { readings } = await polled(open(), { clock, readThrough: START - 9 * DAY_MS })
  expect(readings).toHaveLength(9 * 24)
  expect([archive, server].map(({ requests }) => requests.map(({ path }) => path))).toEqual([['/v1/archive'], ['/v1/forecast']])
})
