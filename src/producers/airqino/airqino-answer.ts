import { createHash } from 'node:crypto'
import { airReadings } from '../../events/air.ts'
import type { EventType } from '../../events/event-type.ts'
import type { Place } from '../../events/reading.ts'
import { BadReading } from '../bad-reading.ts'
import type { RawCell } from '../file/cells.ts'
import type { FoundItem } from '../found-items.ts'
import { answerShape } from '../http/answer-shape.ts'
import { jsonBytes } from '../json-bytes.ts'
import { badInput } from '../source.ts'
import { type AirqinoRowSettings, airqinoRow } from './airqino-row.ts'

export interface AirqinoAnswer {
  readonly header?: { readonly station_lat?: unknown; readonly station_lon?: unknown } | null
  /** Rows; each is looked at by itself. */
  readonly data: readonly unknown[]
}

export const airqinoAnswer = answerShape<AirqinoAnswer>('AirQino', {
  type: 'object',
  required: ['data'],
  properties: { header: { type: 'object', nullable: true }, data: { type: 'array' } },
})

/** The station's place, with the answer's coordinates where the station says none. */
export function airqinoPlace(place: Place, header: AirqinoAnswer['header']): Place {
  const { station_lat: latitude, station_lon: longitude } = header ?? {}
  const isKnown = place.latitude !== null || place.longitude !== null
  if (isKnown || typeof latitude !== 'number' || typeof longitude !== 'number') return place
  return { ...place, latitude, longitude }
}

/** The reading of a row of an answer, or what is wrong with it. */
export function airqinoItem(row: unknown, settings: AirqinoRowSettings): FoundItem {
  const bytes = (): Uint8Array => jsonBytes(row)
  try {
    const cells = cellsOf(row)
    const reading = airqinoRow((column) => cells.get(column), settings)
    return { kind: 'reading', event: airReadings as EventType, reading, line: null, bytes }
  } catch (error) {
    if (!(error instanceof BadReading)) throw error
    return badInput(settings.stationId, null, bytes(), error)
  }
}

function cellsOf(row: unknown): ReadonlyMap<string, RawCell> {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    throw new BadReading('WR_READING_FIELD', 'the row is no JSON object')
  }
  return new Map(Object.entries(row).map(([name, value]) => [name.trim().toLowerCase(), value]))
}

/** The rows of each day that timestamps name, in the order of the answer. */
export function airqinoDays(data: readonly unknown[]): ReadonlyMap<string, readonly unknown[]> {
  const days = new Map<string, unknown[]>()
  for (const row of data) {
    const timestamp = typeof row === 'object' && row !== null && 'timestamp' in row ? row.timestamp : undefined
    const day = typeof timestamp === 'string' ? timestamp.trim().slice(0, 10) : ''
    const rows = days.get(day)
    if (rows === undefined) days.set(day, [row])
    else rows.push(row)
  }
  return days
}

/** What tells rows from others, whatever they hold. */
export function hashOfRows(rows: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(rows)).digest('base64')
}
