import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AirReading, EnergyReading, WeatherReading } from '../../src/events/reading.ts'
import { airDataQuality, energyDataQuality, weatherDataQuality } from '../../src/streams/topologies/quality.ts'
import { weatherDaily, weatherData } from '../../src/streams/topologies/weather.ts'
import { topologyDriver } from '../../src/testing/topology-driver.ts'
import { air, energy, place, weather } from './readings.ts'

const HOUR_MS = 3_600_000
const DAY = Date.parse('2025-06-01T00:00:00Z')
const KEY = '["weather","w","all","2025-06-01"]'

/** A reading of the hour of the day. */
const at = (hour: number, values: Partial<WeatherReading> = {}): WeatherReading => weather(DAY + hour * HOUR_MS, values)

function rowOf(readings: readonly WeatherReading[], key = KEY) {
  const driver = topologyDriver<WeatherReading>(weatherDataQuality)
  driver.pipe(...readings)
  return driver.rows().get(key)
}

const allDay = (values: (hour: number) => Partial<WeatherReading>): WeatherReading[] =>
  Array.from({ length: 24 }, (_, hour) => at(hour, values(hour)))

describe('the quality of a day', () => {
  test('is 100 where all came and all of it can be true', () => {
    expect(rowOf(allDay((hour) => ({ temperature: 10 + hour / 2, humidity: 60 })))).toMatchObject({
      ...{ kind: 'weather', stationId: 'w', series: 'all', day: '2025-06-01' },
      ...{ n: 24, expected: 24, coverage: 1, complete: true, completeness: 1, validity: 1, regularity: 1, score: 100 },
      ...{ quantityN: 2, valueN: 48, missingN: 0, implausibleN: 0, judgedN: 44, outlierN: 0 },
    })
  })

  test('lacks what did not come: half of the readings are half of completeness', () => {
    const readings = allDay(() => ({ precipitation: 0 })).filter((_, hour) => hour % 2 === 0)
    // The watermark has to pass the day: only then nothing more is to be waited for.
    expect(rowOf([...readings, at(24)])).toMatchObject({
      ...{ n: 12, complete: true, completeness: 0.5, validity: 1, regularity: null },
      score: (100 * (40 * 0.5 + 30)) / 70,
    })
  })

  test('of an unfinished day is that of its part so far', () => {
    const readings = [at(0, { temperature: 1 }), at(1, { temperature: 1 }), at(3, { temperature: 1 })]
    expect(rowOf(readings)).toMatchObject({ complete: false, coverage: 3 / 24, completeness: 0.75 })
  })

  test('becomes that of the whole day when a later reading completes it', () => {
    const driver = topologyDriver<WeatherReading>(weatherDataQuality)
    expect(driver.pipe(at(0, { temperature: 1 }))[0]?.row).toMatchObject({ completeness: 1, complete: false })
    expect(driver.pipe(at(30)).find(({ key }) => key === KEY)?.row).toMatchObject({ completeness: 1 / 24, complete: true })
  })

  test('counts a quantity that some readings lack, and none that no reading has', () => {
    expect(rowOf(allDay((hour) => ({ temperature: 10, humidity: hour < 18 ? 50 : null })))).toMatchObject({
      ...{ quantityN: 2, valueN: 42, missingN: 6, validity: 42 / 48 },
    })
  })

  test('is 0 where readings came without any value', () => {
    expect(rowOf(allDay(() => ({ isRain: true })))).toMatchObject({
      ...{ completeness: 1, validity: null, regularity: null, quantityN: 0, score: 0 },
    })
  })

  test('tells values that cannot be true, at the bounds they still can', () => {
    const values = [-80.1, -80, 60, 60.1]
    expect(rowOf(values.map((temperature, hour) => at(hour, { temperature })))).toMatchObject({ implausibleN: 2, validity: 0.5 })
  })
})

describe('timeliness', () => {
  const MINUTE_MS = 60_000
  const END = DAY + HOUR_MS
  /** The first hour of the day, published so long after its end. */
  const delayed = (ms: number, values: Partial<WeatherReading> = {}) => at(0, { temperature: 1, ingestedAt: END + ms, ...values })

  test('is the share of readings that came within two hours after their end', () => {
    const delays = [0, 30, 119, 120, 121, 600].map((minutes) => minutes * MINUTE_MS)
    const readings = delays.map((delay, hour) => at(hour, { temperature: 1, ingestedAt: END + hour * HOUR_MS + delay }))
    expect(rowOf(readings)).toMatchObject({
      ...{ timedN: 6, lateN: 2, timeliness: 4 / 6, delayMedian: 119.5 * 60, delayMax: 600 * 60 },
      score: (100 * (40 + 30 + 15 * (4 / 6) + 15)) / 100,
    })
  })

  test('has the delay in the middle, or half of the two', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 60 }), (minutes) => {
        const readings = minutes.map((delay, i) =>
          weather(DAY + i * MINUTE_MS, { intervalMinutes: 1, ingestedAt: DAY + (i + 1 + delay) * MINUTE_MS }),
        )
        const sorted = minutes.map((delay) => delay * 60).sort((a, b) => a - b)
        const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1] as number, sorted[sorted.length >> 1] as number]
        expect(rowOf(readings)).toMatchObject({ delayMedian: (low + high) / 2, delayMax: sorted.at(-1) })
      }),
      { numRuns: 60 },
    )
  })

  test('counts whole seconds: a reading is late from one second after that on', () => {
    expect(rowOf([delayed(2 * HOUR_MS + 999)])).toMatchObject({ lateN: 0, delayMax: 7200 })
    expect(rowOf([delayed(2 * HOUR_MS + 1000)])).toMatchObject({ lateN: 1, delayMax: 7201 })
  })

  test('gives a reading as long as its interval', () => {
    const day = (delay: number) => rowOf([at(0, { temperature: 1, intervalMinutes: 1440, ingestedAt: DAY + 86_400_000 + delay })])
    expect(day(24 * HOUR_MS)).toMatchObject({ lateN: 0 })
    expect(day(24 * HOUR_MS + 1000)).toMatchObject({ lateN: 1 })
  })

  test('knows no delay where a reading comes before it ends', () => {
    expect(rowOf([delayed(-50 * MINUTE_MS), at(1, { ingestedAt: DAY - 10 * HOUR_MS })])).toMatchObject({
      ...{ timedN: 2, lateN: 0, delayMedian: 0, delayMax: 0 },
    })
  })

  test('says nothing of what came more than seven days later', () => {
    expect(rowOf([delayed(7 * 24 * HOUR_MS)])).toMatchObject({ timedN: 1, lateN: 1, timeliness: 0 })
    expect(rowOf([delayed(7 * 24 * HOUR_MS + 1000)])).toMatchObject({
      ...{ timedN: 0, lateN: 0, timeliness: null, delayMedian: null, delayMax: null, score: 100 },
    })
  })

  test('is of the first record of a reading, whichever comes first in the log and whatever it says', () => {
    const soon = delayed(MINUTE_MS)
    const later = delayed(90 * HOUR_MS)
    const revised = delayed(90 * HOUR_MS, { temperature: 2, revisedAt: DAY + 5 })
    const stale = delayed(MINUTE_MS, { temperature: 3 })
    for (const told of [
      [soon, later],
      [later, soon],
      [soon, revised],
      [revised, stale],
      [later, soon, revised],
    ]) {
      const apart = topologyDriver<WeatherReading>(weatherDataQuality)
      for (const reading of told) apart.pipe(reading)
      expect(apart.rows().get(KEY)).toMatchObject({ timedN: 1, lateN: 0, delayMax: 60 })
      expect(rowOf(told)).toEqual(apart.rows().get(KEY))
    }
  })

  test('has its row made again when nothing but the first arrival changes, and no other view has', () => {
    const drivers = [weatherDataQuality, weatherDaily, weatherData].map((topology) => topologyDriver<WeatherReading>(topology))
    const told = [delayed(90 * HOUR_MS, { revisedAt: DAY }), delayed(91 * HOUR_MS), delayed(MINUTE_MS)]
    const changed = told.map((reading) => drivers.map((driver) => driver.pipe(reading).length))
    expect(changed).toEqual([
      [1, 1, 1],
      [0, 0, 0],
      [1, 0, 0],
    ])
  })

  test('stays that of an hour whose place was revised', () => {
    const driver = topologyDriver<WeatherReading>(weatherDataQuality)
    driver.pipe(delayed(90 * HOUR_MS), delayed(91 * HOUR_MS, { location: place('Asia/Tokyo'), revisedAt: 1 }))
    driver.pipe(delayed(MINUTE_MS))
    expect([...driver.rows().values()]).toMatchObject([{ city: null, n: 1, lateN: 0, delayMax: 60 }])
  })
})

describe('duplicates', () => {
  const told = at(0, { temperature: 1, revisedAt: DAY })
  const again = { ...told, ingestedAt: told.ingestedAt + 1, dataOrigin: 'again' }
  const counted = (readings: readonly WeatherReading[], allowedLatenessMinutes?: number) => {
    const driver = topologyDriver<WeatherReading>(
      weatherDataQuality,
      allowedLatenessMinutes === undefined ? {} : { allowedLatenessMinutes },
    )
    for (const reading of readings) driver.pipe(reading)
    const together = rowOf(readings)
    if (allowedLatenessMinutes === undefined) expect(together).toEqual(driver.rows().get(KEY))
    return driver.rows().get(KEY)?.duplicateN
  }

  test('are records that say again what is in force, by whatever producer', () => {
    expect(counted([told])).toBe(0)
    expect(counted([told, again, at(1), again, at(1)])).toBe(3)
  })

  test('are no corrections and no older revisions, and stay counted after a correction', () => {
    const corrected = { ...told, temperature: 2, revisedAt: DAY + 1 }
    expect(counted([told, corrected])).toBe(0)
    expect(counted([told, { ...told, temperature: 2 }])).toBe(0)
    expect(counted([told, corrected, again])).toBe(0)
    expect(counted([told, again, corrected, corrected])).toBe(2)
  })

  test('leave every other figure as it is', () => {
    const { duplicateN: _, ...once } = rowOf([told]) as Record<string, unknown>
    expect(rowOf([told, again])).toMatchObject(once)
  })

  test('are not counted beyond the allowed lateness', () => {
    expect(counted([told, at(2), again], 120)).toBe(1)
    expect(counted([told, at(2), again], 119)).toBe(0)
  })

  test('are counted up to 1,023 a reading', () => {
    expect(rowOf([told, ...Array.from({ length: 1030 }, () => again), at(1), at(1)])?.duplicateN).toBe(1024)
  })
})

describe('an outlier', () => {
  const outliers = (values: Readonly<Record<number, number | null>>, usual: (hour: number) => number = () => 10): unknown =>
    rowOf(allDay((hour) => ({ temperature: hour in values ? (values[hour] ?? null) : usual(hour) })))?.outlierN

  test('stands out from both its neighbours, up or down', () => {
    expect(outliers({ 12: 17 })).toBe(1)
    expect(outliers({ 12: 3 })).toBe(1)
    expect(outliers({ 5: 17, 12: 3 })).toBe(2)
  })

  test('does so by more than the rule of its quantity says', () => {
    expect(outliers({ 12: 16 })).toBe(0)
    expect(outliers({ 12: 16.01 })).toBe(1)
  })

  test('is no step to another level, and no slope', () => {
    expect(outliers({}, (hour) => (hour < 12 ? 0 : 30))).toBe(0)
    expect(outliers({}, (hour) => hour * 5 - 60)).toBe(0)
  })

  test('is nothing unusual on a day that goes up and down by as much', () => {
    expect(outliers({}, (hour) => (hour % 2) * 8)).toBe(0)
    // 5.19 times the usual step of 8 is 41.5, below 8.
    expect(outliers({ 12: -33.6 }, (hour) => (hour % 2) * 8)).toBe(1)
    expect(outliers({ 12: -33.4 }, (hour) => (hour % 2) * 8)).toBe(0)
  })

  test('is looked for between neighbours only: not at the ends of the day nor beside a gap', () => {
    expect(outliers({ 0: 40, 23: 40 })).toBe(0)
    expect(outliers({ 10: null, 11: null, 12: 40 })).toBe(0)
    expect(outliers({ 11: null, 12: 40 })).toBe(1)
  })

  test('has no implausible neighbour, which would hide it', () => {
    expect(outliers({ 11: 99, 12: 40 })).toBe(1)
  })

  test('is not judged among few values', () => {
    const five = [1, 1, 40, 1, 1].map((temperature, hour) => at(hour, { temperature }))
    expect(rowOf(five)).toMatchObject({ judgedN: 0, outlierN: 0, regularity: null })
    expect(rowOf([...five, at(5, { temperature: 1 })])).toMatchObject({ judgedN: 4, outlierN: 1, regularity: 0.75 })
  })

  test('of power is one by a fifth of the greatest value of the day', () => {
    const driver = topologyDriver<EnergyReading>(energyDataQuality)
    const power = (values: readonly number[]) => values.map((value, i) => energy(DAY + i * 900_000, null, value))
    driver.pipe(...power([1000, 1000, 1000, 1000, 1251, 1000, 1000]))
    expect([...driver.rows().values()]).toMatchObject([{ outlierN: 1 }])
    driver.pipe(...power([1000, 1000, 1000, 1000, 1249, 1000, 1000]).map((reading) => ({ ...reading, revisedAt: 1 })))
    expect([...driver.rows().values()]).toMatchObject([{ outlierN: 0 }])
  })
})

describe('the key', () => {
  test('has each series of a zone, which have cadences and ends of their own', () => {
    const driver = topologyDriver<EnergyReading>(energyDataQuality)
    driver.pipe(energy(DAY, null, 50_000), energy(DAY, 'SOLAR', 0, { intervalMinutes: 60 }), energy(DAY + 86_400_000, 'SOLAR', 0))
    expect([...driver.rows()].map(([key, { expected, complete }]) => [key, expected, complete])).toEqual([
      ['["energy","FR","consumption","2025-06-01"]', 96, false],
      ['["energy","FR","production/SOLAR","2025-06-01"]', 24, true],
      ['["energy","FR","production/SOLAR","2025-06-02"]', 96, false],
    ])
  })

  test('goes with the row when the station moves to another zone', () => {
    const driver = topologyDriver<AirReading>(airDataQuality)
    driver.pipe(air('2025-01-01T23:30:00Z', { co: 1 }))
    const moved = driver.pipe(air('2025-01-01T23:30:00Z', { co: 1, revisedAt: 1, location: place('Europe/Paris') }))
    expect(moved.map(({ key, row }) => [key, row === null])).toEqual([
      ['["air","a","all","2025-01-01"]', true],
      ['["air","a","all","2025-01-02"]', false],
    ])
  })
})
