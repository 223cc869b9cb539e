import type { Reading } from '../../src/events/reading.ts'
import type { ExpectedRow, ExpectedRows } from './log-record.ts'
import type { Identity } from './resolve-readings.ts'
import { groupBy, rowKey } from './window-rows.ts'

/** One row a station, as its newest reading describes it; of readings that begin together the one whose sub-key is greatest. */
export function stationRows<R extends Reading>(kind: string, current: readonly R[], identity: Identity<R>): ExpectedRows {
  const rows = new Map<string, ExpectedRow>()
  for (const [stationId, readings] of groupBy(current, identity.key)) {
    const newest = readings.reduce((a, b) => {
      if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp ? a : b
      return identity.subKey(a) > identity.subKey(b) ? a : b
    })
    const { city, country, latitude, longitude, timeZone } = newest.location
    rows.set(rowKey(kind, stationId), {
      kind,
      stationId,
      city,
      country,
      latitude,
      longitude,
      timeZone,
      intervalMinutes: newest.intervalMinutes,
      firstReading: Math.min(...readings.map((reading) => reading.timestamp)),
      lastReading: newest.timestamp,
    })
  }
  return rows
}
