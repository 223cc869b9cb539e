import { airReadings } from '../../src/events/air.ts'
import type { EventType } from '../../src/events/event-type.ts'
import type { AirReading } from '../../src/events/reading.ts'
import { type BadInput, badInput, type Source, type SourceItem } from '../../src/producers/source.ts'

export const HOUR = 3_600_000
export const START = Date.UTC(2025, 0, 1)

/** What a made-up upstream says of one hour of one station. */
export interface Said {
  readonly station: string
  readonly hour: number
  readonly value: number
  readonly revisedAt?: number | null
}

export const air = airReadings as EventType

export function airItem({ station, hour, value, revisedAt = null }: Said): SourceItem {
  const reading: AirReading = {
    ...{ timestamp: START + hour * HOUR, intervalMinutes: 60, revisedAt, ingestedAt: 0, dataOrigin: 'test' },
    location: { city: null, country: null, latitude: null, longitude: null, timeZone: 'UTC' },
    ...{ stationId: station, co: value, no2: null, o3: null, pm10: null, pm25: null, temperature: null, humidity: null },
  }
  return { kind: 'reading', event: air, reading, line: null, bytes: null }
}

export function badItem(text: string, station = 'a', line = 1): BadInput {
  return badInput(station, line, new TextEncoder().encode(text), { code: 'WR_LINE_BROKEN', message: 'broken' })
}

/** A source that says the items of `next()` at each poll; an error among them is thrown there. */
export function listSource(next: () => ReadonlyArray<Said | BadInput | Error>, name = 'test', station = '*'): Source {
  return {
    name,
    station,
    events: [air],
    async *poll() {
      for (const item of next()) {
        if (item instanceof Error) throw item
        yield 'kind' in item ? item : airItem(item)
      }
    },
  }
}
