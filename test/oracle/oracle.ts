import type { AirReading, EnergyReading, Reading, WeatherReading } from '../../src/events/reading.ts'
import { airRows } from './air-rows.ts'
import { energyRows, energySubKey } from './energy-rows.ts'
import type { ExpectedRows, Fate, LogRecord } from './log-record.ts'
import { qualityRows } from './quality-rows.ts'
import { type Identity, resolveReadings } from './resolve-readings.ts'
import { stationRows } from './station-rows.ts'
import { weatherRows } from './weather-rows.ts'

/** The events that windrow comes with. */
export type EventName = 'weather' | 'energy' | 'air'

export interface Expectation {
  readonly fates: readonly Fate[]
  /** The latest revision of every reading. */
  readonly current: readonly Reading[]
  /** The rows of every view that the event's readings make, by the view's name. */
  readonly views: Readonly<Record<string, ExpectedRows>>
}

/**
 * What the records of one reading topic must lead to, worked out from scratch: plain maps and sums, luxon for the calendar, and
 * nothing of the engine.
 */
export function oracle(event: EventName, records: readonly LogRecord[], allowedLatenessMs: number | null): Expectation {
  switch (event) {
    case 'weather': {
      const identity: Identity<WeatherReading> = { key: (reading) => reading.stationId, subKey: () => '' }
      return expectation(records as readonly LogRecord<WeatherReading>[], 'weather', identity, weatherRows, allowedLatenessMs)
    }
    case 'energy': {
      const identity: Identity<EnergyReading> = { key: (reading) => reading.zoneId, subKey: energySubKey }
      return expectation(records as readonly LogRecord<EnergyReading>[], 'energy', identity, energyRows, allowedLatenessMs)
    }
    case 'air': {
      const identity: Identity<AirReading> = { key: (reading) => reading.stationId, subKey: () => '' }
      return expectation(records as readonly LogRecord<AirReading>[], 'air', identity, airRows, allowedLatenessMs)
    }
  }
}

function expectation<R extends Reading>(
  records: readonly LogRecord<R>[],
  kind: string,
  identity: Identity<R>,
  rowsOf: (current: readonly R[]) => Record<string, ExpectedRows>,
  allowedLatenessMs: number | null,
): Expectation {
  const { current, arrivals, fates } = resolveReadings(records, identity, allowedLatenessMs)
  const common = { stations: stationRows(kind, current, identity), data_quality: qualityRows(kind, current, arrivals, identity) }
  return { fates, current, views: { ...rowsOf(current), ...common } }
}
