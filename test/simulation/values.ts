import type { AirReading, EnergyReading, Reading, WeatherReading } from '../../src/events/reading.ts'
import type { Random } from './random.ts'

/** What a reading measures: its fields without those that every reading has, and without its key and sub-key. */
export type WeatherValues = Omit<WeatherReading, keyof Reading | 'stationId'>
export type AirValues = Omit<AirReading, keyof Reading | 'stationId'>
export type EnergyValues = Pick<EnergyReading, 'value'>

/** Tenths, so that many values of a history are equal, and sums in another order round differently. */
function tenths(random: Random, from: number, to: number): number {
  return random.int(from * 10, to * 10) / 10
}

function measured(random: Random, from: number, to: number): number | null {
  if (random.chance(0.15)) return null
  if (random.chance(0.1)) return 0
  // Digits that a sum cannot keep all of.
  if (random.chance(0.03)) return random.pick([1e15 / 3, -1e15 / 3, 1e-7 / 3, 5e-324, -0])
  return tenths(random, from, to)
}

function flag(random: Random): boolean | null {
  return random.pick([true, false, false, null])
}

export function weatherValues(random: Random): WeatherValues {
  return {
    temperature: measured(random, -30, 40),
    humidity: measured(random, 0, 100),
    pressure: measured(random, 950, 1050),
    windSpeed: random.chance(0.2) ? null : random.int(0, 20),
    windDirection: random.chance(0.2) ? null : random.pick([0, 90, 180, 270, 360, random.int(0, 360)]),
    precipitation: measured(random, 0, 20),
    weatherCondition: random.pick([null, 'Rain', 'Clear', 'Pluie, "forte"', '雨', '']),
    isRain: flag(random),
    isStorm: flag(random),
    nextHourTemp: random.chance(0.5) ? null : tenths(random, -30, 40),
    nextHourPrecip: random.chance(0.5) ? null : tenths(random, 0, 20),
  }
}

export function airValues(random: Random): AirValues {
  return {
    co: measured(random, 0, 8),
    no2: measured(random, 0, 200),
    o3: measured(random, 0, 200),
    pm10: measured(random, 0, 100),
    pm25: measured(random, 0, 40),
    temperature: measured(random, -30, 40),
    humidity: measured(random, 0, 100),
  }
}

/** Negative solar production happens at night; consumption is hardly ever negative, which is as good as any other number. */
export function energyValues(random: Random): EnergyValues {
  if (random.chance(0.12)) return { value: null }
  return { value: random.chance(0.25) ? random.int(-30, 0) : measured(random, 0, 60_000) }
}
