import { DAY_MS, MINUTE_MS } from '../core/calendar.ts'
import { ROW_INTERVAL, ROW_TIMESTAMP } from '../events/reading-batch.ts'

/** Bytes that a segment takes in memory besides its rows, roughly: the object, the array's head and its place in the maps. */
const OVERHEAD_BYTES = 320

/**
 * The latest readings of one series (key and sub-key) and one UTC day, in time order, row-major. The unit of what goes to disk
 * and comes back.
 */
export class Segment {
  readonly series: number
  readonly day: number
  readonly width: number
  rows: Float64Array
  count = 0
  lastTimestamp = Number.NEGATIVE_INFINITY
  /** Latest end (timestamp + interval) among the rows, -Infinity without rows. */
  maxEnd = Number.NEGATIVE_INFINITY
  /** All records of this series below this offset are in the rows. */
  offset: number
  /** True while the rows hold what the disk does not. */
  dirty = false
  /** The batch that used it last: the coldest leave memory first. */
  used = 0
  /** First of the chain of readings of the batch under way that do not simply append; -1 for none. See ReadingStore. */
  pendingHead = -1
  pendingTail = -1

  constructor(series: number, day: number, width: number, rows: Float64Array, count: number, offset: number) {
    this.series = series
    this.day = day
    this.width = width
    this.rows = rows
    this.offset = offset
    this.count = count
    if (count > 0) this.measure()
  }

  get byteLength(): number {
    return this.rows.byteLength + OVERHEAD_BYTES
  }

  /** Makes room for one more row and returns true when memory was taken for it. */
  reserve(intervalMinutes: number): boolean {
    if ((this.count + 1) * this.width <= this.rows.length) return false
    // A day of this cadence fits exactly; what exceeds it grows by half.
    const day = Math.ceil(DAY_MS / MINUTE_MS / intervalMinutes)
    const doubled = Math.max(4, this.count * 2)
    const capacity = this.count < day ? Math.min(day, doubled) : Math.ceil(this.count * 1.5)
    const grown = new Float64Array(Math.max(capacity, this.count + 1) * this.width)
    grown.set(this.rows)
    this.rows = grown
    return true
  }

  /** The index of the first row at or after the instant. */
  lowerBound(instant: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.rows[middle * this.width + ROW_TIMESTAMP] as number) < instant) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The row at `base` has come in. To be followed by `settleEnds`. */
  noteEntered(base: number): void {
    const end = endOf(this.rows, base)
    if (end > this.maxEnd) this.maxEnd = end
  }

  /** The row at `base` is about to be replaced: if it was the one that ends last, only all the others together can say what does now. */
  noteLeaving(base: number): void {
    if (endOf(this.rows, base) === this.maxEnd) this.maxEnd = Number.NaN
  }

  /** Brings `lastTimestamp` and `maxEnd` up to the rows after some have come in or were replaced. */
  settleEnds(): void {
    if (Number.isNaN(this.maxEnd)) this.measure()
    else this.lastTimestamp = this.rows[(this.count - 1) * this.width + ROW_TIMESTAMP] as number
  }

  /** Takes `lastTimestamp` and `maxEnd` from the rows. */
  measure(): void {
    const { rows, width } = this
    let latest = Number.NEGATIVE_INFINITY
    for (let i = 0, base = 0; i < this.count; i++, base += width) latest = Math.max(latest, endOf(rows, base))
    this.maxEnd = latest
    this.lastTimestamp = this.count === 0 ? Number.NEGATIVE_INFINITY : (rows[(this.count - 1) * width + ROW_TIMESTAMP] as number)
  }
}

function endOf(rows: Float64Array, base: number): number {
  return (rows[base + ROW_TIMESTAMP] as number) + (rows[base + ROW_INTERVAL] as number) * MINUTE_MS
}
