import { airReadings } from '../../src/events/air.ts'
import type { AirReading } from '../../src/events/reading.ts'
import { hundredths, randomAt } from './random.ts'
import { WORKLOAD_START, type Workload } from './workload.ts'

const location = { city: null, country: 'FR', latitude: 48.85, longitude: 2.35, timeZone: 'UTC' }

/** Air readings with every measurement there. */
export function airWorkload(stations: number, intervalMinutes: number): Workload {
  const keyOf = (index: number): string => `station-${String(index % stations).padStart(5, '0')}`
  return {
    event: airReadings,
    keyOf,
    reading(index): AirReading {
      const timestamp = WORKLOAD_START + Math.floor(index / stations) * intervalMinutes * 60_000
      return {
        stationId: keyOf(index),
        timestamp,
        intervalMinutes,
        location,
        revisedAt: null,
        ingestedAt: timestamp + (intervalMinutes + 5) * 60_000,
        dataOrigin: 'bench',
        co: hundredths(randomAt(index, 0) * 2),
        no2: hundredths(randomAt(index, 1) * 80),
        o3: hundredths(randomAt(index, 2) * 120),
        pm10: hundredths(randomAt(index, 3) * 50),
        pm25: hundredths(randomAt(index, 4) * 30),
        temperature: hundredths(randomAt(index, 5) * 35),
        humidity: hundredths(randomAt(index, 6) * 100),
      }
    },
  }
}
