import { formatInstant } from '../../views/row-key.ts'
import type { Cell, View, ViewColumn } from '../../views/view.ts'
import { intBytes, textBytes } from './cell-bytes.ts'

/** The part of a row's time that is put into the partition key, so that no partition grows without bound. */
export interface Bucket {
  readonly column: string
  readonly type: 'text' | 'int'
  /** Where its time is among the cells of a key. */
  readonly of: number
}

/** How the rows of a view lie in Cassandra. Indexes are those of the view's key. */
export interface TableLayout {
  /** The partition key, without the bucket, which comes last. */
  readonly partition: readonly number[]
  readonly bucket: Bucket | null
  /** The time by which rows of a partition are in order, newest first; null where the whole key is the partition key. */
  readonly clustering: number | null
}

const DAY_MS = 86_400_000
const layouts = new WeakMap<View, TableLayout>()

/**
 * Rows lie by their last key column of time, those of a UTC month together (instants) or of a year (days); months are so few that they need no
 * more. All other key columns are the partition key. Without a time, every row is a partition.
 */
export function layoutOf(view: View): TableLayout {
  let layout = layouts.get(view)
  if (layout === undefined) {
    layout = plan(view)
    layouts.set(view, layout)
  }
  return layout
}

function plan(view: View): TableLayout {
  const time = view.key.findLastIndex(({ type }) => type === 'instant' || type === 'day' || type === 'month')
  const others = view.key.map((_, i) => i).filter((i) => i !== time)
  if (time < 0) return { partition: others, bucket: null, clustering: null }
  // A key of nothing but a month: all of it is the partition key, for there has to be one.
  const { type } = view.key[time] as ViewColumn
  if (type === 'month')
    return others.length === 0
      ? { partition: [time], bucket: null, clustering: null }
      : { partition: others, bucket: null, clustering: time }
  const name = type === 'instant' ? 'month' : 'year'
  return {
    partition: others,
    bucket: { column: freeName(view, name), type: type === 'instant' ? 'text' : 'int', of: time },
    clustering: time,
  }
}

function freeName(view: View, name: string): string {
  let free = name
  while (view.columns.some(({ column }) => column === free)) free = `partition_${free}`
  return free
}

/** `2025-01` of an instant, 2025 of a day. */
export function bucketOf(bucket: Bucket, keyCells: readonly Cell[]): string | number {
  const time = keyCells[bucket.of] as Cell
  return bucket.type === 'int' ? Number.parseInt(time as string, 10) : monthOf(time as number)
}

// Rows come in runs of one month.
let monthFrom = Number.NaN
let monthTo = Number.NaN
let monthText = ''

function monthOf(ms: number): string {
  if (ms >= monthFrom && ms < monthTo) return monthText
  const text = formatInstant(ms)
  monthText = text.slice(0, text.indexOf('-', 1) + 3)
  const date = new Date(ms)
  const start = (months: number): number => new Date(date).setUTCFullYear(date.getUTCFullYear(), date.getUTCMonth() + months, 1)
  monthFrom = Math.floor(start(0) / DAY_MS) * DAY_MS
  monthTo = Math.floor(start(1) / DAY_MS) * DAY_MS
  return monthText
}

export function bucketBytes(value: string | number): Buffer {
  return typeof value === 'number' ? intBytes(value) : textBytes(value)
}
