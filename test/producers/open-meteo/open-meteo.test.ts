import { describe, expect, test } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../../src/core/calendar.ts'
import { openMeteoHours } from '../../../src/producers/open-meteo/answer.ts'
import { openMeteoKind } from '../../../src/producers/open-meteo/open-meteo.ts'
import { openMeteoPieces } from '../../../src/producers/open-meteo/pieces.ts'
import type { UpstreamSourceOptions } from '../../../src/producers/upstream-kind.ts'
import { manualClock } from '../../../src/testing/manual-clock.ts'
import { type Polled, polled } from '../polled.ts'
import {
  answerOf,
  away,
  golden,
  PARIS,
  type ScriptedUpstream,
  scriptedUpstream,
  sourceOptions,
} from '../upstreams/scripted-upstream.ts'
import { openMeteoAnswer, type Row } from './fake-open-meteo.ts'

const openMeteo = openMeteoKind({ archiveUrl: 'https://archive-api.open-meteo.com' })

const PRESENT = golden(new URL('golden/present.json', import.meta.url)) as {
  readonly hourly: Readonly<Record<string, unknown[]>>
  readonly hourly_units: Readonly<Record<string, string>>
}
const AT_9 = Date.UTC(2025, 5, 1, 9)
const wideOpen = [0, Number.MAX_SAFE_INTEGER] as const

/** Temperature is the number of hours since the day began, precipitation its tenth. */
const byClock = (at: number): Row => ({ temp: (at % DAY_MS) / HOUR_MS, sum: (at % DAY_MS) / HOUR_MS / 10, code: 3 })

const open = (upstream: ScriptedUpstream, given: Partial<UpstreamSourceOptions> = {}) =>
  openMeteo.open(sourceOptions(upstream, { backfillMs: 7 * DAY_MS, revisionsMs: 2 * DAY_MS, ...given }, { kind: 'none' }))

/** A poll at that time of an upstream whose rows up to `until` are there. */
async function pollAt(
  now: number,
  {
    row = byClock,
    before,
    readThrough = null,
    date = null,
    ...given
  }: Partial<UpstreamSourceOptions> & {
    readonly row?: (at: number) => Row
    readonly before?: Polled
    readonly readThrough?: number | null
    /** What upstream's clock shows; else it shows no time. */
    readonly date?: number | null
  } = {},
) {
  const upstream = scriptedUpstream((_, query) => openMeteoAnswer(query, date ?? now, row), date)
  const context = { clock: manualClock(now), readThrough, ...(before === undefined ? {} : { before }) }
  return { upstream, ...(await polled(open(upstream, given), context)) }
}

describe('an answer of Open-Meteo', () => {
  test('is hours: the instants in which they begin, and the precipitation and the code of their end', () => {
    const hours = [...openMeteoHours(answerOf(PRESENT), PARIS).hours(...wideOpen)]
    const common = { intervalMinutes: 60, location: PARIS.place, revisedAt: null, ingestedAt: 0, dataOrigin: 'open-meteo' }
    const rest = { stationId: 'station_Paris_FR', nextHourTemp: null, nextHourPrecip: null }
    const nothing = { temperature: null, humidity: null, pressure: null, windSpeed: null, windDirection: null }
    const noWeather = { precipitation: null, weatherCondition: null, isRain: null, isStorm: null }
    expect(hours.map((hour) => (hour.kind === 'reading' ? hour.reading : null))).toEqual([
      {
        ...{ timestamp: AT_9, temperature: 18.5, humidity: 65, pressure: 1013.2, windSpeed: 3.4, windDirection: 310 },
        ...{ precipitation: 0.3, weatherCondition: 'Slight rain', isRain: true, isStorm: false, ...common, ...rest },
      },
      {
        ...{ timestamp: AT_9 + HOUR_MS, temperature: 19.1, humidity: 60, pressure: 1013, windSpeed: 3, windDirection: 300 },
        ...{ ...noWeather, ...common, ...rest },
      },
      {
        ...{ timestamp: AT_9 + 2 * HOUR_MS, ...nothing, precipitation: null, weatherCondition: 'Thunderstorm' },
        ...{ isRain: null, isStorm: true, ...common, ...rest },
      },
      {
        ...{ timestamp: AT_9 + 3 * HOUR_MS, temperature: 20.4, humidity: 52, pressure: null, windSpeed: 0, windDirection: 0 },
        ...{ precipitation: 0.2, weatherCondition: 'Slight rain showers', isRain: true, isStorm: false, ...common, ...rest },
      },
      {
        ...{ timestamp: AT_9 + 4 * HOUR_MS, temperature: 21, humidity: 50, pressure: 1012.4, windSpeed: 2.2, windDirection: 290 },
        ...{ ...noWeather, ...common, ...rest },
      },
    ])
  })

  test('in another unit than asked for, or without a quantity, is none, and the place is named', () => {
    const read = (answer: unknown) => () => openMeteoHours(answerOf(answer), PARIS)
    const wrong = (place: string) =>
      expect.objectContaining({ code: 'WR_UPSTREAM_ANSWER', facts: expect.objectContaining({ place }) })
    const units = { ...PRESENT.hourly_units, wind_speed_10m: 'km/h' }
    expect(read({ ...PRESENT, hourly_units: units })).toThrow(wrong('/hourly_units/wind_speed_10m'))
    const { pressure_msl: _, ...without } = PRESENT.hourly
    expect(read({ ...PRESENT, hourly: without })).toThrow(wrong('/hourly'))
    const shorter = { ...PRESENT.hourly, temperature_2m: [1] }
    expect(read({ ...PRESENT, hourly: shorter })).toThrow(wrong('/hourly/temperature_2m'))
    expect(read({ ...PRESENT, hourly: { ...PRESENT.hourly, time: ['2025-06-01T09:00'] } })).toThrow(wrong('/hourly/time/0'))
    for (const none of [null, [], {}, 'x', { error: true, reason: 'no' }]) expect(read(none)).toThrow(wrong('the document'))
  })

  test('with a value that is none costs that hour alone, with its own bytes', () => {
    const temperatures = [18.5, 'warm', null, 20.4, 21]
    const hourly = { ...PRESENT.hourly, temperature_2m: temperatures, weather_code: [3, 61, null, 123, 80] }
    const hours = [...openMeteoHours(answerOf({ ...PRESENT, hourly }), PARIS).hours(...wideOpen)]
    expect(hours.map(({ kind }) => kind)).toEqual(['reading', 'bad', 'bad', 'reading', 'reading'])
    const [, bad, code] = hours
    if (bad?.kind !== 'bad' || code?.kind !== 'bad') throw new Error('both are bad')
    expect(bad.bad).toMatchObject({ code: 'WR_READING_FIELD', station: PARIS.id })
    expect(JSON.parse(Buffer.from(bad.bad.bytes).toString())).toMatchObject({ time: AT_9 / 1000 + 3600, temperature_2m: 'warm' })
    expect(code.bad.message).toContain('123')
  })

  test('tells rain in a thunderstorm by its precipitation, and names a code that it has no words for', () => {
    const of = (code: number, sum: number | null) => {
      const hourly = { ...PRESENT.hourly, weather_code: [0, code, 0, 0, 0], precipitation: [0, sum, 0, 0, 0] }
      const [first] = openMeteoHours(answerOf({ ...PRESENT, hourly }), PARIS).hours(...wideOpen)
      return first?.kind === 'reading' ? [first.reading.weatherCondition, first.reading.isRain, first.reading.isStorm] : null
    }
    expect(of(96, 2)).toEqual(['Thunderstorm with slight hail', true, true])
    expect(of(95, 0)).toEqual(['Thunderstorm', false, true])
    expect(of(95, null)).toEqual(['Thunderstorm', null, true])
    expect(of(53, 0)).toEqual(['Moderate drizzle', true, false])
    expect(of(73, 1)).toEqual(['Moderate snowfall', false, false])
    expect(of(17, 0)).toEqual(['WMO code 17', false, false])
  })
})

describe('a poll of Open-Meteo', () => {
  const now = Date.UTC(2025, 5, 10, 14, 20)
  const at14 = Date.UTC(2025, 5, 10, 14)

  test('asks first for the days to fill, and says every hour that is over, once', async () => {
    const { upstream, readings, through } = await pollAt(now)
    expect(upstream.asked).toEqual([
      {
        ...{ base: '', path: '/v1/forecast' },
        query: {
          ...{ latitude: '48.8566', longitude: '2.3522', wind_speed_unit: 'ms', timeformat: 'unixtime' },
          ...{ past_days: '7', forecast_days: '2' },
          hourly: 'temperature_2m,relative_humidity_2m,pressure_msl,precipitation,wind_speed_10m,wind_direction_10m,weather_code',
        },
      },
    ])
    const starts = Array.from({ length: 7 * 24 }, (_, i) => at14 - (7 * 24 - i) * HOUR_MS)
    expect(readings.map(({ timestamp }) => timestamp)).toEqual(starts)
    expect(through).toEqual([at14])
  })

  test('gives the latest hour what is expected of the next; the others none', async () => {
    const { readings } = await pollAt(now)
    const [latest, ...others] = [...readings].reverse()
    expect(latest).toMatchObject({ timestamp: at14 - HOUR_MS, temperature: 13, precipitation: 1.4 })
    expect(latest).toMatchObject({ nextHourTemp: 14, nextHourPrecip: 1.5 })
    expect(others.every(({ nextHourTemp, nextHourPrecip }) => nextHourTemp === null && nextHourPrecip === null)).toBe(true)
  })

  test('at every hour of the day', async () => {
    for (let hour = 0; hour < 24; hour++) {
      const { readings } = await pollAt(Date.UTC(2025, 5, 10, hour, 59, 59))
      const expected = hour === 23 ? [23, 0] : [hour, (hour + 1) / 10]
      expect([readings.at(-1)?.nextHourTemp, readings.at(-1)?.nextHourPrecip]).toEqual(expected)
    }
  })

  test('keeps what was expected when an hour was the latest, whatever is expected later', async () => {
    const first = await pollAt(now)
    const other = (at: number): Row => ({ ...byClock(at), ...(at > now ? { temp: -5, sum: 9 } : {}) })
    const again = await pollAt(now + 20 * 60_000, { row: other, before: first, readThrough: at14 })
    expect(again.readings.at(-1)).toEqual(first.readings.at(-1))
    const later = await pollAt(now + HOUR_MS, { before: again, readThrough: at14 })
    expect(later.readings.at(-2)).toEqual(first.readings.at(-1))
    expect(later.readings.at(-1)).toMatchObject({ nextHourTemp: 15, nextHourPrecip: 1.6 })
  })

  test('goes on from the last, however long that was ago, and looks back for revisions', async () => {
    const { upstream, readings } = await pollAt(now, { readThrough: at14 })
    expect(upstream.asked[0]?.query.past_days).toBe('2')
    expect(readings[0]?.timestamp).toBe(at14 - 48 * HOUR_MS)
    const gap = await pollAt(now, { readThrough: at14 - 30 * DAY_MS })
    expect(gap.readings.map(({ timestamp }) => timestamp)).toEqual(
      Array.from({ length: 30 * 24 }, (_, i) => at14 - (30 * 24 - i) * HOUR_MS),
    )
    expect(gap.upstream.asked.map(({ path }) => path)).toEqual(['/v1/archive', '/v1/archive', '/v1/forecast'])
    expect(gap.upstream.asked[0]).toMatchObject({
      base: 'https://archive-api.open-meteo.com',
      query: { start_date: '2025-05-11', end_date: '2025-05-24' },
    })
    expect(gap.through).toEqual([Date.UTC(2025, 4, 24), Date.UTC(2025, 5, 3), at14])
  })

  test('asks again for hours that upstream does not have yet, but not for ever', async () => {
    const none: Row = { temp: null, sum: null, code: null }
    const lag = (hours: number) => (at: number) => (at < at14 - hours * HOUR_MS ? byClock(at) : none)
    const { readings, through } = await pollAt(now, { row: lag(5), readThrough: at14 - 8 * HOUR_MS })
    expect(readings.at(-1)).toMatchObject({ timestamp: at14 - 6 * HOUR_MS, temperature: 8, precipitation: null })
    expect(through).toEqual([at14 - 5 * HOUR_MS])
    const dead = await pollAt(now, { row: lag(24 * 60), readThrough: at14 - 72 * HOUR_MS })
    expect(dead.readings).toEqual([])
    expect(dead.through).toEqual([at14 - 48 * HOUR_MS])
  })

  test('takes no forecast for a reading where the clock is ahead of that of Open-Meteo', async () => {
    const right = await pollAt(now)
    for (const ahead of [50 * 60_000, 5 * HOUR_MS, 40 * HOUR_MS, 20 * DAY_MS]) {
      const { readings, through, lines } = await pollAt(now + ahead, { date: now, backfillMs: 7 * DAY_MS + ahead })
      expect(readings.at(-1), `${ahead}`).toEqual(right.readings.at(-1))
      expect(through.every((at) => at <= at14)).toBe(true)
      expect(lines).toMatchObject([{ level: 'warn', facts: { source: 'open-meteo', ahead_seconds: ahead / 1000 } }])
    }
    const justAfter = at14 + 60_000
    for (const date of [justAfter - 120_000, justAfter + 5 * HOUR_MS]) {
      const { readings, lines } = await pollAt(justAfter, { date })
      expect(readings.at(-1)?.timestamp).toBe(at14 - HOUR_MS)
      expect(lines).toEqual([])
    }
  })

  test('that fails in the middle has said how far it came', async () => {
    const upstream = scriptedUpstream((path, query) => (path === '/v1/forecast' ? away : openMeteoAnswer(query, now, byClock)))
    const result = await polled(open(upstream), { clock: manualClock(now), readThrough: at14 - 20 * DAY_MS })
    expect(result.error).toBe(away)
    expect(result.through).toEqual([Date.UTC(2025, 5, 3)])
    expect(result.readings).toHaveLength(24 * 13 - 14)
  })
})

describe('the history of Open-Meteo', () => {
  const now = Date.UTC(2025, 5, 10, 14, 20)

  test('is asked of the archive where it is old enough, in calls that count as one, and moves no cursor', async () => {
    const range = { from: Date.UTC(2025, 2, 1), to: Date.UTC(2025, 5, 5, 12, 30) }
    const { upstream, readings, through } = await pollAt(now, { range })
    expect(through).toEqual([])
    const hours = (Date.UTC(2025, 5, 5, 13) - range.from) / HOUR_MS
    expect(readings.map(({ timestamp }) => timestamp)).toEqual(Array.from({ length: hours }, (_, i) => range.from + i * HOUR_MS))
    expect(readings.every(({ temperature, precipitation }) => temperature !== null && precipitation !== null)).toBe(true)
    for (const { path, query } of upstream.asked) {
      const { start_date = '', end_date = '', past_days } = query
      const days = path === '/v1/forecast' ? Number(past_days) + 2 : (Date.parse(end_date) - Date.parse(start_date)) / DAY_MS + 1
      expect(days).toBeLessThanOrEqual(14)
    }
  })

  test('of the future is nothing, and asks nothing', async () => {
    const { upstream, readings } = await pollAt(now, { range: { from: now + DAY_MS, to: now + 2 * DAY_MS } })
    expect([upstream.asked, readings]).toEqual([[], []])
  })

  test('has days of 23 and 25 hours where clocks change, and no hour twice', async () => {
    const local = { from: Date.UTC(2025, 9, 25, 22), to: Date.UTC(2025, 9, 26, 23) }
    const { readings } = await pollAt(Date.UTC(2025, 9, 28), { range: local })
    expect(new Set(readings.map(({ timestamp }) => timestamp)).size).toBe(25)
    const spring = { from: Date.UTC(2025, 2, 29, 23), to: Date.UTC(2025, 2, 30, 22) }
    expect((await pollAt(now, { range: spring })).readings).toHaveLength(23)
  })

  test('is cut without gaps, and how old an hour is decides where it is asked', () => {
    for (const days of [0, 2, 9, 40]) {
      const pieces = openMeteoPieces({ from: now - 60 * DAY_MS, to: now }, now, days * DAY_MS)
      for (const [i, piece] of pieces.entries()) if (i > 0) expect(piece.from).toBe(pieces[i - 1]?.to)
      const [recent] = pieces.filter(({ endpoint }) => endpoint === 'forecast')
      expect(recent?.from).toBe(Date.UTC(2025, 5, 10) - Math.min(Math.max(days, 7), 12) * DAY_MS)
      const alone = openMeteoPieces({ from: now - DAY_MS, to: now }, now, days * DAY_MS)
      expect(alone.map(({ endpoint }) => endpoint)).toEqual(['forecast'])
    }
  })

  test('is where the rest is on a server of one’s own', async () => {
    const upstream = scriptedUpstream((_, query) => openMeteoAnswer(query, now, byClock))
    const range = { from: Date.UTC(2025, 2, 1), to: Date.UTC(2025, 2, 2) }
    await polled(openMeteoKind({ archiveUrl: null }).open(sourceOptions(upstream, { range })), { clock: manualClock(now) })
    expect(upstream.asked.map(({ base, path }) => [base, path])).toEqual([['', '/v1/archive']])
  })

  test('needs coordinates', () => {
    const station = { ...PARIS, place: { ...PARIS.place, latitude: null } }
    expect(() =>
      open(
        scriptedUpstream(() => null),
        { station },
      ),
    ).toThrow(expect.objectContaining({ code: 'WR_STATION_COORDINATES', kind: 'usage' }))
  })
})
