import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dayText } from '../../../src/core/calendar.ts'
import { contentHash } from '../../../src/events/content-hash.ts'
import { readingEncoder } from '../../../src/events/reading-encoder.ts'
import { fileSource } from '../../../src/producers/file/file-source.ts'
import { arrivals, type SimulatedReading } from '../../../src/producers/simulator/arrivals.ts'
import { simSeries } from '../../../src/producers/simulator/sim-series.ts'
import { simulatorSource } from '../../../src/producers/simulator/simulator-source.ts'
import { manualClock } from '../../../src/testing/manual-clock.ts'
import { canonicalCsv } from '../canonical-csv.ts'
import { polled } from '../polled.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const FROM = Date.UTC(2024, 11, 20)

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}

type Fields = Readonly<Record<string, number>>
const fields = ({ reading }: SimulatedReading): Fields => reading as unknown as Fields
const identity = ({ series, reading, arrivedAt }: SimulatedReading): string =>
  `${arrivedAt} ${series.station} ${reading.timestamp} ${reading.revisedAt} ${contentHash(series.event, reading)}`
const world = (seed: number, from: number, to: number): SimulatedReading[] => [
  ...arrivals(simSeries(seed), { from, to, earliest: FROM }),
]

/** What every instrument measures at each hour of every second day of a year. */
const year: SimulatedReading[] = simSeries(7).flatMap((series) =>
  [...Array(183 * 24).keys()].map((i) => {
    const time = FROM + Math.floor(i / 24) * 2 * DAY + (i % 24) * HOUR
    return { series, reading: series.read(time, false), arrivedAt: time + series.intervalMs }
  }),
)
const of = (station: string): SimulatedReading[] => year.filter(({ series }) => series.station === station)
const mean = (readings: readonly SimulatedReading[], field: string): number =>
  readings.reduce((sum, each) => sum + (fields(each)[field] as number), 0) / readings.length
const inMonth = (readings: readonly SimulatedReading[], ...months: readonly number[]): SimulatedReading[] =>
  readings.filter(({ reading }) => months.includes(new Date(reading.timestamp).getUTCMonth() + 1))
const atHour = (readings: readonly SimulatedReading[], hour: number): SimulatedReading[] =>
  readings.filter(({ reading }) => new Date(reading.timestamp).getUTCHours() === hour)

describe('the simulated world', () => {
  test('is the same for the same seed, however its time is cut into pieces', () => {
    const to = FROM + 6 * DAY
    const whole = world(3, FROM, to).map(identity)
    const cuts = fc.array(fc.integer({ min: FROM, max: to }), { maxLength: 6 })
    fc.assert(
      fc.property(cuts, (middle) => {
        const ends = [...middle, to].sort((a, b) => a - b)
        const pieces = ends.flatMap((end, i) => world(3, ends[i - 1] ?? FROM, end).map(identity))
        expect(pieces).toEqual(whole)
      }),
      { numRuns: 8 },
    )
  })

  test('is another for another seed', () => {
    expect(world(1, FROM, FROM + DAY).map(identity)).not.toEqual(world(2, FROM, FROM + DAY).map(identity))
  })

  test('has readings that anybody may publish, each after the end of its interval', () => {
    const encoders = new Map(
      [...new Set(year.map(({ series }) => series.event))].map((event) => [event, readingEncoder(event, 1)]),
    )
    for (const each of [...year.filter((_, i) => i % 11 === 0), ...world(7, FROM, FROM + 3 * DAY)]) {
      const { series, reading, arrivedAt } = each
      expect(arrivedAt).toBeGreaterThanOrEqual(reading.timestamp + series.intervalMs)
      reading.ingestedAt = arrivedAt
      encoders.get(series.event)?.encode(reading)
    }
  })

  test('stays within what nature allows', () => {
    const bounds: Readonly<Record<string, readonly [number, number]>> = {
      ...{ temperature: [-35, 48], humidity: [10, 100], pressure: [955, 1050], windSpeed: [0, 40], windDirection: [0, 360] },
      ...{ precipitation: [0, 15], nextHourTemp: [-35, 48], nextHourPrecip: [0, 60] },
      ...{ co: [0, 5], no2: [0, 250], o3: [0, 250], pm10: [0, 250], pm25: [0, 150] },
    }
    for (const each of year) {
      for (const [field, [low, high]] of Object.entries(bounds)) {
        const value = fields(each)[field]
        if (value !== undefined && !(value >= low && value <= high)) throw new Error(`${field} is ${value}`)
      }
    }
    const power = groupBy(of('sim-FR'), ({ reading }) => String((reading as unknown as Fields).productionType))
    for (const [series, low, high] of [
      ['SOLAR', -5, 21_000],
      ['WIND', 0, 23_000],
      ['null', 28_000, 100_000],
    ] as const) {
      const all = (power.get(series) ?? []).map((each) => fields(each).value as number)
      expect(Math.min(...all)).toBeGreaterThanOrEqual(low)
      expect(Math.max(...all)).toBeLessThanOrEqual(high)
      expect(Math.max(...all)).toBeGreaterThan(0.6 * high)
    }
  })

  test('has seasons, the other way round in the south', () => {
    const change = (station: string): number =>
      mean(inMonth(of(station), 7), 'temperature') - mean(inMonth(of(station), 1), 'temperature')
    for (const station of ['sim-paris', 'sim-lyon', 'sim-madrid', 'sim-oslo']) expect(change(station)).toBeGreaterThan(8)
    expect(change('sim-sydney')).toBeLessThan(-5)
  })

  test('is warm by day and cold by night, and has the sun by day only', () => {
    const summer = inMonth(of('sim-madrid'), 6, 7, 8)
    expect(mean(atHour(summer, 15), 'temperature') - mean(atHour(summer, 4), 'temperature')).toBeGreaterThan(5)
    const solar = of('sim-FR').filter(({ reading }) => (reading as unknown as Record<string, unknown>).productionType === 'SOLAR')
    for (const each of atHour(solar, 0)) expect(fields(each).value).toBeLessThanOrEqual(0)
    expect(mean(atHour(inMonth(solar, 6), 12), 'value')).toBeGreaterThan(2 * mean(atHour(inMonth(solar, 12), 12), 'value'))
  })

  test('has rain where the pressure is low and the wind is strong', () => {
    const paris = of('sim-paris')
    const wet = paris.filter((each) => (fields(each).precipitation as number) > 0.2)
    expect(wet.length / paris.length).toBeGreaterThan(0.02)
    expect(wet.length / paris.length).toBeLessThan(0.2)
    expect(mean(wet, 'pressure')).toBeLessThan(mean(paris, 'pressure') - 5)
    expect(mean(wet, 'windSpeed')).toBeGreaterThan(mean(paris, 'windSpeed') + 2)
    for (const each of paris) {
      const { isRain, precipitation, temperature } = each.reading as unknown as {
        isRain: boolean
        precipitation: number
        temperature: number
      }
      if (isRain) expect([precipitation > 0, temperature > 0.5]).toEqual([true, true])
    }
  })

  test('needs more power in winter, on working days and by day', () => {
    const demand = of('sim-FR').filter(({ reading }) => (reading as unknown as Record<string, unknown>).productionType === null)
    const isWeekend = ({ reading }: SimulatedReading): boolean => [0, 6].includes(new Date(reading.timestamp).getUTCDay())
    expect(mean(inMonth(demand, 1), 'value')).toBeGreaterThan(1.2 * mean(inMonth(demand, 7), 'value'))
    expect(mean(demand.filter(isWeekend), 'value')).toBeLessThan(
      0.97 *
        mean(
          demand.filter((each) => !isWeekend(each)),
          'value',
        ),
    )
    expect(mean(atHour(demand, 18), 'value')).toBeGreaterThan(1.1 * mean(atHour(demand, 3), 'value'))
  })

  test('has traffic in its air: NO2 at rush hour, ozone in the afternoon sun', () => {
    const air = of('sim-air-paris')
    expect(mean(atHour(air, 17), 'no2')).toBeGreaterThan(1.5 * mean(atHour(air, 2), 'no2'))
    expect(mean(atHour(inMonth(air, 7), 14), 'o3')).toBeGreaterThan(1.5 * mean(atHour(inMonth(air, 1), 14), 'o3'))
  })

  test('has gaps, repeats, late arrivals, revisions, and old states that come again', () => {
    const all = world(5, FROM, FROM + 30 * DAY)
    const byIdentity = groupBy(all, ({ series, reading }) => `${series.channel} ${reading.timestamp}`)
    const slots = simSeries(5).reduce((sum, { intervalMs }) => sum + (30 * DAY) / intervalMs, 0)
    const share = (count: number): number => count / slots
    expect(share(slots - byIdentity.size)).toBeGreaterThan(0.005)
    expect(share(slots - byIdentity.size)).toBeLessThan(0.05)
    const groups = [...byIdentity.values()]
    const repeated = groups.filter((group) =>
      group.some(
        (each, i) =>
          i > 0 && contentHash(each.series.event, each.reading) === contentHash(group[0]!.series.event, group[0]!.reading),
      ),
    )
    const revised = groups.filter((group) => group.some(({ reading }) => reading.revisedAt !== null))
    const echoed = revised.filter((group) => group.at(-1)?.reading.revisedAt === null)
    const late = all.filter(
      ({ series, reading, arrivedAt }) => reading.revisedAt === null && arrivedAt > reading.timestamp + series.intervalMs,
    )
    for (const each of [repeated, revised, late]) expect(share(each.length)).toBeGreaterThan(0.004)
    expect(echoed.length).toBeGreaterThan(0)
    const corrected = revised.filter((group) => group.length > 1)
    expect(corrected.every((group) => new Set(group.map(({ reading }) => reading.revisedAt)).size === 2)).toBe(true)
  })
})

describe('the simulator', () => {
  test('begins with whole days before today, and then gives what arrived since', async () => {
    const clock = manualClock(FROM + 5 * DAY + 7 * HOUR)
    const source = simulatorSource({ clock, days: 2, seed: 4 })
    const first = await polled(source)
    expect(dayText(Math.min(...first.readings.map(({ timestamp }) => timestamp)) / DAY)).toBe('2024-12-23')
    source.published?.()
    await clock.advance(3 * HOUR)
    const second = await polled(source)
    const whole = await polled(simulatorSource({ clock, days: 2, seed: 4 }))
    expect(second.readings.length).toBeGreaterThan(50)
    expect([...first.readings, ...second.readings]).toEqual(whole.readings)
  })

  test('gives again what was not published', async () => {
    const clock = manualClock(FROM + DAY)
    const source = simulatorSource({ clock, days: 1 })
    const first = await polled(source)
    expect((await polled(source)).readings).toEqual(first.readings)
    source.published?.()
    expect((await polled(source)).readings).toEqual([])
  })

  test('goes faster than the clock where that is wanted, and dates its readings so', async () => {
    const clock = manualClock(FROM + DAY)
    const source = simulatorSource({ clock, days: 1, speed: 60 })
    await clock.advance(HOUR)
    expect(source.clock?.now()).toBe(FROM + DAY + 60 * HOUR)
    const { readings } = await polled(source)
    expect(Math.max(...readings.map(({ timestamp }) => timestamp))).toBeGreaterThan(FROM + DAY + 55 * HOUR)
  })

  test('can be asked for some stations and a range', async () => {
    const source = simulatorSource({ clock: manualClock(FROM + 900 * DAY), from: FROM, to: FROM + DAY, stations: ['sim-oslo'] })
    const { readings } = await polled(source)
    expect(new Set(readings.map(({ stationId }) => stationId))).toEqual(new Set(['sim-oslo']))
    expect(readings.length).toBeGreaterThan(80)
    expect(readings.length).toBeLessThan(105)
    expect(() => simulatorSource({ clock: manualClock(), stations: ['sim-atlantis'] })).toThrow(
      expect.objectContaining({ code: 'WR_SIMULATOR_STATION', remedy: expect.stringContaining('sim-FR') }),
    )
  })
})

test('The sample file of the examples is what the simulator says of two stations', async () => {
  const clock = manualClock(Date.UTC(2025, 0, 4))
  const range = { from: Date.UTC(2025, 0, 1), to: Date.UTC(2025, 0, 3) }
  const { found, readings } = await polled(simulatorSource({ clock, ...range, stations: ['sim-paris', 'sim-sydney'] }))
  const event = found[0]?.event
  if (event === undefined) throw new Error('the simulator said nothing')
  const sample = fileURLToPath(new URL('../../../examples/sample-readings.csv', import.meta.url))
  await expect(canonicalCsv(event, readings)).toMatchFileSnapshot(sample)
  expect(readings.length).toBeGreaterThan(300)
  expect((await polled(await fileSource({ path: sample }))).readings).toEqual(readings)
})
