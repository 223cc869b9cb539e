import fc from 'fast-check'
import type { Reading, WeatherReading } from '../../src/events/reading.ts'
import {
  weatherDaily,
  weatherData,
  weatherHourly,
  weatherMonthly,
  weatherStations,
} from '../../src/streams/topologies/weather.ts'
import type { Topology } from '../../src/streams/topology.ts'
import { type NamedRow, topologyDriver } from '../../src/testing/topology-driver.ts'
import { weatherReading } from '../events/readings.ts'

export const weatherTopologies: readonly Topology[] = [weatherData, weatherHourly, weatherDaily, weatherMonthly, weatherStations]

const MINUTE = 60_000
/** A day before clocks change in Paris, three before a month begins. */
const BASE = Date.UTC(2025, 2, 29, 6)

const measured = fc.option(
  fc.integer({ min: -300, max: 300 }).map((tenths) => tenths / 10),
  { nil: null, freq: 6 },
)

/**
 * A reading of one of two stations, in one of few time slots, so that several tell of the same one; four days around a change of clocks
 * and of the month.
 */
export const toldReading: fc.Arbitrary<WeatherReading> = fc
  .record({
    stationId: fc.constantFrom('a', 'b'),
    slot: fc.nat(35),
    intervalMinutes: fc.constantFrom(30, 60, 160),
    timeZone: fc.constantFrom('Europe/Paris', 'Europe/Paris', 'UTC', 'Asia/Kolkata', 'America/Santiago'),
    revision: fc.option(fc.nat(3), { nil: null }),
    temperature: measured,
    windSpeed: fc.option(fc.nat(9), { nil: null }),
    windDirection: fc.option(fc.nat(360), { nil: null }),
    precipitation: measured,
    isRain: fc.option(fc.boolean(), { nil: null }),
    hoursUntilIngested: fc.nat(300),
  })
  .map(({ slot, timeZone, revision, hoursUntilIngested, ...values }) => ({
    ...weatherReading,
    ...values,
    timestamp: BASE + slot * 160 * MINUTE,
    location: { city: timeZone, country: null, latitude: null, longitude: null, timeZone },
    revisedAt: revision === null ? null : BASE + revision,
    ingestedAt: BASE + (slot * 160 + hoursUntilIngested * 60) * MINUTE,
  }))

/** What identifies a reading. */
export function identityOf(reading: WeatherReading): string {
  return `${reading.stationId} ${reading.timestamp}`
}

/** The rows of a topology after readings that came in batches, one commit a batch. */
export function rowsAfter<R extends Reading>(
  topology: Topology,
  batches: readonly (readonly R[])[],
): ReadonlyMap<string, NamedRow> {
  const driver = topologyDriver<R>(topology)
  for (const batch of batches) driver.pipe(...batch)
  return driver.rows()
}
