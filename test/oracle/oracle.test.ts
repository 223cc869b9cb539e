import { expect, test } from 'vitest'
import type { EnergyReading, Reading, WeatherReading } from '../../src/events/reading.ts'
import { airReading, energyReading, weatherReading } from '../events/readings.ts'
import { exactSum } from './exact-sum.ts'
import { dayBounds, dayOf, hourBounds, monthBounds, startOfDay } from './local-calendar.ts'
import type { LogRecord } from './log-record.ts'
import { oracle } from './oracle.ts'

// The oracle judges the engine, so what it says is checked here against figures worked out by hand.

const at = (text: string) => Date.parse(text)
const hoursIn = ({ start, end }: { start: number; end: number }) => (end - start) / 3_600_000
const recordsOf = (readings: readonly Reading[]): LogRecord[] =>
  readings.map((reading, offset) => ({ partition: 0, offset, reading, code: null }))
const weather = (values: Partial<WeatherReading>): WeatherReading => ({ ...weatherReading, ...values })
const energy = (values: Partial<EnergyReading>): EnergyReading => ({ ...energyReading, revisedAt: null, ...values })

test('local days have as many hours as the clocks say', () => {
  expect(hoursIn(dayBounds('2025-03-30', 'Europe/Paris'))).toBe(23)
  expect(hoursIn(dayBounds('2025-10-26', 'Europe/Paris'))).toBe(25)
  expect(hoursIn(dayBounds('2025-04-06', 'Australia/Lord_Howe'))).toBe(24.5)
  expect(hoursIn(dayBounds('2025-09-07', 'America/Santiago'))).toBe(23)
  expect(startOfDay('2025-09-07', 'America/Santiago')).toBe(at('2025-09-07T04:00Z'))
  expect(hoursIn(dayBounds('2025-11-02', 'America/Havana'))).toBe(25)
  expect(hoursIn(dayBounds('2011-12-30', 'Pacific/Apia'))).toBe(0)
  expect(hoursIn(monthBounds('2025-03', 'Europe/Paris'))).toBe(31 * 24 - 1)
  expect(dayOf(at('2025-01-01T18:30Z'), 'Asia/Kolkata')).toBe('2025-01-02')
})

test('clock hours begin where the local clock says, and are cut where it changes by half an hour', () => {
  expect(hourBounds(at('2025-01-01T10:15Z'), 'Asia/Kolkata')).toEqual({
    start: at('2025-01-01T09:30Z'),
    end: at('2025-01-01T10:30Z'),
  })
  expect(hourBounds(at('2025-04-05T15:10Z'), 'Australia/Lord_Howe')).toEqual({
    start: at('2025-04-05T15:00Z'),
    end: at('2025-04-05T15:30Z'),
  })
  expect(hourBounds(at('2025-10-26T01:59Z'), 'Europe/Paris')).toEqual({
    start: at('2025-10-26T01:00Z'),
    end: at('2025-10-26T02:00Z'),
  })
})

test('sums lose nothing on the way', () => {
  expect(exactSum([1e15 / 3, 0.1, -1e15 / 3])).toBe(0.1)
  expect(exactSum([1e300, 1, -1e300, 5e-324])).toBe(1)
  expect(exactSum([5e-324, 5e-324])).toBe(1e-323)
  expect(exactSum([-0.5, 0.25])).toBe(-0.25)
  expect(exactSum([1.7e308, -0])).toBe(1.7e308)
})

test('every record has one fate', () => {
  const first = weather({})
  const revised = weather({ temperature: 2, revisedAt: at('2025-01-03T00:00Z') })
  const { fates } = oracle(
    'weather',
    [
      ...recordsOf([
        first,
        { ...first, ingestedAt: first.ingestedAt + 1, dataOrigin: 'again' },
        revised,
        weather({ temperature: 1, revisedAt: at('2025-01-02T00:00Z') }),
        { ...revised, temperature: 3 } as WeatherReading,
        weather({ timestamp: first.timestamp + 86_400_000 }),
        weather({ timestamp: first.timestamp - 60_000 }),
      ]),
      { partition: 0, offset: 7, reading: null, code: 'WR_READING_MALFORMED' },
    ],
    86_400_000,
  )
  expect(fates).toEqual(['superseded', 'duplicate', 'superseded', 'stale', 'current', 'current', 'tooLate', 'deadLettered'])
})

test('a day of weather', () => {
  const { views } = oracle(
    'weather',
    recordsOf([
      weather({ temperature: 1, windSpeed: 2, windDirection: 0, isRain: true, precipitation: 0.5 }),
      weather({
        timestamp: at('2025-01-01T00:30Z'),
        temperature: 4,
        windSpeed: 2,
        windDirection: 90,
        isRain: false,
        precipitation: null,
      }),
      weather({
        timestamp: at('2025-01-01T22:30Z'),
        intervalMinutes: 30,
        temperature: null,
        windSpeed: null,
        isRain: null,
        revisedAt: at('2025-01-02T00:00Z'),
      }),
      weather({ timestamp: at('2024-12-31T22:30Z'), intervalMinutes: 30, temperature: -3.5 }),
    ]),
    null,
  )
  expect(views.weather_daily?.get('["paris","2025-01-01"]')).toMatchObject({
    windowStart: at('2024-12-31T23:00Z'),
    n: 3,
    expected: 48,
    coverage: (30 + 60 + 30) / 1440,
    complete: true,
    revisedAt: at('2025-01-02T00:00Z'),
    updatedAt: at('2025-01-01T22:30Z'),
    temperatureMean: 2.5,
    temperatureAmplitude: 3,
    windSpeedMean: 2,
    windDirectionMean: expect.closeTo(45, 9),
    rainHours: 1,
    precipitationSum: 0.5,
  })
  expect(views.weather_monthly?.get('["paris","2025-01"]')).toMatchObject({ n: 3, temperatureTrend: 6, complete: false })
  expect(views.stations?.get('["weather","paris"]')).toMatchObject({ firstReading: at('2024-12-31T22:30Z'), intervalMinutes: 30 })
})

test('a day of energy', () => {
  const zero = at('2025-01-01T10:00Z')
  const { views } = oracle(
    'energy',
    recordsOf([
      energy({ series: 'consumption', productionType: null, timestamp: zero, value: 400 }),
      energy({ series: 'consumption', productionType: null, timestamp: zero + 900_000, value: 800 }),
      energy({ timestamp: zero, value: 100 }),
      energy({ timestamp: zero + 900_000, intervalMinutes: 30, value: -8 }),
      energy({ productionType: 'WIND', timestamp: zero + 86_400_000 }),
    ]),
    null,
  )
  expect(views.energies?.size).toBe(1)
  expect(views.energies?.get('["FR","2025-01-01T10:00:00Z"]')).toMatchObject({
    consommations: 400,
    productionPv: 100,
    clamped: false,
  })
  expect(views.daily_energy_summary?.get('["FR","2025-01-01"]')).toMatchObject({
    n: 2,
    expected: 48,
    coverage: 30 / 1440,
    complete: false,
    consumptionMean: 600,
    consumptionEnergyMwh: 300,
    loadFactor: 0.75,
    pvN: 2,
    pvEnergyMwh: 25,
    pvShare: 0.25,
    pvClampedN: 1,
  })
})

test('air is valid from three quarters of the time on', () => {
  const readings = Array.from({ length: 18 }, (_, i) => ({
    ...airReading,
    timestamp: at('2025-01-01T00:00Z') + i * 3_600_000,
    location: { ...airReading.location, timeZone: 'UTC' },
    co: 4.5,
    pm25: i === 0 ? null : 15,
  }))
  const { views } = oracle('air', recordsOf(readings), null)
  expect(views.daily_sensor_means?.get('["smart188","2025-01-01"]')).toMatchObject({
    coverage: 0.75,
    coValid: true,
    coExceedsWho: true,
    pm25N: 17,
    pm25Valid: false,
    pm25ExceedsWho: false,
    o3Mean: null,
    o3N: 0,
    o3Coverage: 0,
    complete: false,
  })
})
