import { describe, expect, test } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../../src/core/calendar.ts'
import type { UpstreamSourceOptions } from '../../../src/producers/upstream-kind.ts'
import { visualCrossingHours } from '../../../src/producers/visual-crossing/answer.ts'
import { visualCrossing, visualCrossingKind } from '../../../src/producers/visual-crossing/visual-crossing.ts'
import { manualClock } from '../../../src/testing/manual-clock.ts'
import { type Polled, polled } from '../polled.ts'
import { answerOf, golden, PARIS, scriptedUpstream, sourceOptions } from '../upstreams/scripted-upstream.ts'
import { visualCrossingAnswer } from './fake-visual-crossing.ts'

type Hour = Readonly<Record<string, unknown>>
const PRESENT = golden(new URL('golden/present.json', import.meta.url)) as {
  readonly days: ReadonlyArray<{ readonly hours: Hour[] }>
}
const HOURS = PRESENT.days[0]?.hours ?? []
const AT_9 = Date.UTC(2025, 5, 1, 9)
const wideOpen = [0, Number.MAX_SAFE_INTEGER] as const
const said = (hours: readonly unknown[]) => [...visualCrossingHours(answerOf({ days: [{ hours }] }), PARIS).hours(...wideOpen)]

describe('an answer of Visual Crossing', () => {
  test('is hours with their precipitation, wind in m/s; a forecast is none', () => {
    const hours = [...visualCrossingHours(answerOf(PRESENT), PARIS).hours(...wideOpen)]
    const common = { intervalMinutes: 60, location: PARIS.place, revisedAt: null, ingestedAt: 0, dataOrigin: 'visual-crossing' }
    const rest = { ...common, stationId: 'station_Paris_FR', nextHourTemp: null, nextHourPrecip: null }
    const nothing = { humidity: null, pressure: null, windSpeed: null, windDirection: null }
    expect(hours.map((hour) => (hour.kind === 'reading' ? hour.reading : null))).toEqual([
      {
        ...{ timestamp: AT_9, temperature: 18.5, humidity: 65.2, pressure: 1013, windSpeed: 5, windDirection: 310 },
        ...{ precipitation: 0.3, weatherCondition: 'Rain, Overcast', isRain: true, isStorm: false, ...rest },
      },
      {
        ...{ timestamp: AT_9 + HOUR_MS, temperature: null, humidity: 60, pressure: null, windSpeed: 0, windDirection: null },
        ...{ precipitation: null, weatherCondition: 'Partially cloudy', isRain: false, isStorm: false, ...rest },
      },
      {
        ...{ timestamp: AT_9 + 2 * HOUR_MS, temperature: 20.1, ...nothing, precipitation: 0 },
        ...{ weatherCondition: null, isRain: false, isStorm: null, ...rest },
      },
      {
        ...{ timestamp: AT_9 + 3 * HOUR_MS, temperature: 20.4, ...nothing, precipitation: 1.2 },
        ...{ weatherCondition: 'Thunderstorm, Rain', isRain: true, isStorm: true, ...rest },
      },
    ])
    expect(visualCrossingHours(answerOf(PRESENT), PARIS).next(AT_9 + 4 * HOUR_MS)).toEqual({ temp: 21.5, precip: 0.1 })
  })

  test('does not know whether it rained where nothing tells', () => {
    const rain = (given: Hour) => {
      const [hour] = said([{ datetimeEpoch: 1, source: 'obs', ...given }])
      return hour?.kind === 'reading' ? hour.reading.isRain : hour
    }
    expect(rain({})).toBe(null)
    expect(rain({ preciptype: null, precip: null })).toBe(null)
    expect(rain({ precip: 0.4 })).toBe(null)
    expect(rain({ preciptype: ['snow'], precip: 0.4 })).toBe(false)
    expect(rain({ preciptype: ['snow', 'freezingrain'] })).toBe(true)
    expect(rain({ conditions: 'Light Drizzle' })).toBe(true)
  })

  test('with a value that is none costs that hour alone, with its own bytes', () => {
    const [first = {}, second = {}] = HOURS
    const broken = [
      { ...first, temp: 'warm' },
      { ...second, source: 'guess' },
      { ...second, datetimeEpoch: '10:00' },
      { ...second, preciptype: 'rain', datetimeEpoch: 1 },
      HOURS[2],
    ]
    const hours = said(broken)
    const bad = hours.flatMap((hour) => (hour.kind === 'bad' ? [hour.bad] : []))
    expect(bad.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()))).toEqual([
      broken[2],
      broken[3],
      broken[0],
      broken[1],
    ])
    expect(bad.map(({ code, message }) => `${code} ${message.split(':')[0]}`)).toEqual([
      'WR_READING_TIMESTAMP datetimeEpoch',
      'WR_READING_FIELD preciptype',
      'WR_READING_FIELD temp',
      'WR_READING_FIELD source',
    ])
    expect(hours.filter(({ kind }) => kind === 'reading')).toHaveLength(1)
  })

  test('of another form is none', () => {
    for (const none of [null, [], 'Bad API Request', {}, { days: {} }, { days: [{ hours: [1] }] }]) {
      expect(() => visualCrossingHours(answerOf(none), PARIS)).toThrow(expect.objectContaining({ code: 'WR_UPSTREAM_ANSWER' }))
    }
    expect([...visualCrossingHours(answerOf({ days: [{}, { hours: null }] }), PARIS).hours(...wideOpen)]).toEqual([])
  })
})

async function pollAt(
  now: number,
  given: Partial<UpstreamSourceOptions> & {
    readonly measured?: number
    readonly before?: Polled
    readonly readThrough?: number | null
  } = {},
) {
  const { measured = now - (now % HOUR_MS), before, readThrough = null, ...options } = given
  const upstream = scriptedUpstream((path) => {
    return visualCrossingAnswer(path, (at) => ({ temp: (at % DAY_MS) / HOUR_MS, source: at < measured ? 'obs' : 'fcst' }))
  })
  const source = visualCrossing.open(sourceOptions(upstream, { backfillMs: 3 * DAY_MS, revisionsMs: 3 * DAY_MS, ...options }))
  const context = { clock: manualClock(now), readThrough, ...(before === undefined ? {} : { before }) }
  const result = await polled(source, context)
  const asked = upstream.asked.map(({ path }) => path.split('/').slice(-2).join(' '))
  return { upstream, asked, ...result }
}

describe('a poll of Visual Crossing', () => {
  const now = Date.UTC(2025, 5, 10, 14, 20)
  const at14 = Date.UTC(2025, 5, 10, 14)
  const today = '2025-06-10 2025-06-10'

  test('asks in metric units, UTC and hours, for one day at a time', async () => {
    const { upstream, asked, readings, through } = await pollAt(now)
    expect(asked).toEqual(['2025-06-07 2025-06-07', '2025-06-08 2025-06-08', '2025-06-09 2025-06-09', today])
    expect(upstream.asked[0]?.path).toBe(
      '/VisualCrossingWebServices/rest/services/timeline/48.8566%2C2.3522/2025-06-07/2025-06-07',
    )
    expect(upstream.asked[0]?.query).toEqual({
      ...{ unitGroup: 'metric', include: 'hours', timezone: 'Z', contentType: 'json', key: 'geheim' },
    })
    const first = Date.UTC(2025, 5, 7)
    expect(readings.map(({ timestamp }) => timestamp)).toEqual(
      Array.from({ length: (at14 - first) / HOUR_MS }, (_, i) => first + i * HOUR_MS),
    )
    expect(through).toEqual([1, 2, 3].map((day) => first + day * DAY_MS).concat(at14))
  })

  test('asks for today alone while it is the same day, and once a day for what may have been revised', async () => {
    expect((await pollAt(now, { readThrough: at14 - HOUR_MS })).asked).toEqual([today])
    expect((await pollAt(now, { readThrough: at14 })).asked).toEqual([today])
    const midnight = Date.UTC(2025, 5, 10)
    const first = await pollAt(midnight + 5 * 60_000, { readThrough: midnight - HOUR_MS })
    expect(first.asked).toEqual(['2025-06-07 2025-06-07', '2025-06-08 2025-06-08', '2025-06-09 2025-06-09', today])
    expect(first.through.at(-1)).toBe(midnight)
    expect((await pollAt(midnight + 65 * 60_000, { readThrough: midnight })).asked).toEqual([today])
  })

  test('costs with its interval and its daily look back no more than its quota', () => {
    const [limit] = visualCrossing.quota
    const polls = 86_400 / visualCrossing.intervalSeconds
    expect(polls + visualCrossing.revisionDays).toBeLessThanOrEqual(limit?.calls ?? 0)
    expect((limit?.calls ?? 0) * 25).toBeLessThanOrEqual(1000)
    expect(visualCrossingKind({ recordsPerDay: 10_000, daysPerCall: 4 }).quota).toEqual([{ calls: 100, perMs: DAY_MS }])
    expect(() => visualCrossingKind({ recordsPerDay: 24, daysPerCall: 1 })).toThrow(
      expect.objectContaining({ code: 'WR_UPSTREAM_PLAN', kind: 'usage' }),
    )
  })

  test('gives the latest hour what is expected of the next, also over midnight, and keeps it', async () => {
    const first = await pollAt(now, { readThrough: at14 - HOUR_MS })
    expect(first.readings.at(-1)).toMatchObject({
      timestamp: at14 - HOUR_MS,
      temperature: 13,
      nextHourTemp: 14,
      nextHourPrecip: 1.4,
    })
    expect(first.readings.slice(0, -1).every(({ nextHourTemp }) => nextHourTemp === null)).toBe(true)
    const later = await pollAt(now + HOUR_MS, { before: first, readThrough: at14 })
    expect(later.readings.at(-2)).toEqual(first.readings.at(-1))
    const midnight = Date.UTC(2025, 5, 10)
    const night = await pollAt(midnight + 60_000, { readThrough: midnight - HOUR_MS })
    expect(night.readings.at(-1)).toMatchObject({ timestamp: midnight - HOUR_MS, nextHourTemp: 0, nextHourPrecip: 0 })
  })

  test('never takes the hour that has begun, whatever upstream calls it', async () => {
    const { readings, through } = await pollAt(now, { readThrough: at14, measured: at14 + 5 * HOUR_MS })
    expect(readings.at(-1)?.timestamp).toBe(at14 - HOUR_MS)
    expect(through).toEqual([at14])
  })

  test('asks again for hours that are only forecast yet, but not for ever', async () => {
    const { readings, through } = await pollAt(now, { readThrough: at14 - 4 * HOUR_MS, measured: at14 - 3 * HOUR_MS })
    expect(readings.at(-1)?.timestamp).toBe(at14 - 4 * HOUR_MS)
    expect(through).toEqual([at14 - 3 * HOUR_MS])
    const dead = await pollAt(now, { readThrough: at14 - 6 * DAY_MS, measured: 0 })
    expect(dead.through.at(-1)).toBe(at14 - 3 * DAY_MS)
  })

  test('fills a gap of days from where it ended', async () => {
    const { asked, readings } = await pollAt(now, { readThrough: at14 - 10 * DAY_MS })
    expect(asked).toHaveLength(11)
    expect(readings).toHaveLength(10 * 24 + 14)
  })

  test('of history asks for the days of that alone', async () => {
    const range = { from: Date.UTC(2025, 2, 29, 23), to: Date.UTC(2025, 2, 30, 22) }
    const { asked, readings, through } = await pollAt(now, { range })
    expect(asked).toEqual(['2025-03-29 2025-03-29', '2025-03-30 2025-03-30'])
    expect(readings).toHaveLength(23)
    expect(through).toEqual([])
  })

  test('asks by the name that a station has upstream', async () => {
    const station = { ...PARIS, upstreamId: 'Paris, FR', place: { ...PARIS.place, latitude: null } }
    const { upstream } = await pollAt(now, { station, readThrough: at14 })
    expect(upstream.asked[0]?.path).toContain('/timeline/Paris%2C%20FR/2025-06-10/')
    expect(() => visualCrossing.open(sourceOptions(upstream, { station: { ...station, upstreamId: null } }))).toThrow(
      expect.objectContaining({ code: 'WR_STATION_COORDINATES' }),
    )
  })
})
