import { stringify } from 'csv-stringify/sync'
import { snakeCase } from '../../src/core/naming.ts'
import type { EventType } from '../../src/events/event-type.ts'
import type { Reading } from '../../src/events/reading.ts'

const PLACE = ['city', 'country', 'latitude', 'longitude', 'timeZone'] as const
const iso = (instant: number | null): string => (instant === null ? '' : new Date(instant).toISOString())

/** Readings of one event as a canonical CSV file, as a user would write one. */
export function canonicalCsv(event: EventType, readings: ReadonlyArray<Reading & Readonly<Record<string, unknown>>>): string {
  const payload = event.payload.map(({ name }) => name)
  const key = event.keyField.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
  const header = [
    event.keyField,
    'timestamp',
    'interval_minutes',
    ...PLACE.map(snakeCase),
    'revised_at',
    'data_origin',
    ...payload.map(snakeCase),
  ]
  const rows = readings.map((each) => [
    ...[each[key], iso(each.timestamp), each.intervalMinutes, ...PLACE.map((name) => each.location[name])],
    ...[iso(each.revisedAt), each.dataOrigin, ...payload.map((name) => each[name])],
  ])
  return stringify([header, ...rows], { cast: { boolean: (value) => String(value) } })
}
