import type { Reading } from '../../src/events/reading.ts'
import { type Bounds, dayBounds, dayOf, hourBounds, monthBounds, monthOf } from './local-calendar.ts'
import type { ExpectedRow } from './log-record.ts'
import { coverageOf, expectedIn, greatestOf } from './statistics.ts'

/** A kind of window: which one an instant lies in, by a text that two instants of one window share, and its bounds in a zone. */
export interface WindowKind {
  /** The name of the key column. */
  readonly column: string
  readonly labelOf: (instant: number, zone: string) => string
  readonly boundsOf: (label: string, zone: string) => Bounds
  /** The cell of the key column. */
  readonly cellOf: (label: string) => string | number
}

/** The label is the instant at which the hour begins. */
export const hours: WindowKind = {
  column: 'hour',
  labelOf: (instant, zone) => String(hourBounds(instant, zone).start),
  boundsOf: (label, zone) => hourBounds(Number(label), zone),
  cellOf: Number,
}

export const days: WindowKind = { column: 'day', labelOf: dayOf, boundsOf: dayBounds, cellOf: (label) => label }

export const months: WindowKind = { column: 'month', labelOf: monthOf, boundsOf: monthBounds, cellOf: (label) => label }

/** Splits by a text, keeping the order within each part. */
export function groupBy<T>(items: readonly T[], textOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(textOf(item))
    if (group === undefined) groups.set(textOf(item), [item])
    else group.push(item)
  }
  return groups
}

/** The readings of each window, in time order; each reading belongs to the window of its own zone, by its start. */
export function byWindow<R extends Reading>(readings: readonly R[], kind: WindowKind): Map<string, R[]> {
  const inOrder = [...readings].sort((a, b) => a.timestamp - b.timestamp)
  return groupBy(inOrder, (reading) => kind.labelOf(reading.timestamp, reading.location.timeZone))
}

/** The columns that every windowed row has. Where readings disagree, place, zone and cadence are those of the newest. */
export function windowColumns(readings: readonly Reading[], label: string, kind: WindowKind, watermark: number): ExpectedRow {
  const newest = readings.at(-1) as Reading
  const bounds = kind.boundsOf(label, newest.location.timeZone)
  return {
    city: newest.location.city,
    country: newest.location.country,
    windowStart: bounds.start,
    n: readings.length,
    expected: expectedIn(bounds, newest),
    coverage: coverageOf(readings, bounds),
    complete: watermark >= bounds.end,
    revisedAt: greatestOf(readings.map((reading) => reading.revisedAt)),
    updatedAt: newest.timestamp,
  }
}

/** A row's key as the log has it. */
export function rowKey(...cells: (string | number)[]): string {
  return JSON.stringify(cells.map((cell) => (typeof cell === 'number' ? isoInstant(cell) : cell)))
}

function isoInstant(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}
