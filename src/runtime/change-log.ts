import type { EventType } from '../events/event-type.ts'
import type { ReadingBatch } from '../events/reading-batch.ts'
import type { Changes, ReadingView } from '../streams/changes.ts'

/** The changes that a batch of readings made, in arrays that are used again and again. */
export class ChangeLog implements Changes {
  readonly event: EventType
  readonly view: ReadingView
  count = 0
  keys = new Int32Array(1024)
  subKeys = new Int32Array(1024)
  timestamps = new Float64Array(1024)
  rows: Float64Array = new Float64Array(0)
  rowAt = new Int32Array(1024)
  previous = new Float64Array(0)
  previousAt = new Int32Array(1024)
  readonly emit = false
  private previousCount = 0
  private readonly width: number
  private ofArrivals: ChangeLog | null = null

  constructor(event: EventType, view: ReadingView, width: number) {
    this.event = event
    this.view = view
    this.width = width
  }

  get arrivals(): Changes | null {
    const { ofArrivals } = this
    return ofArrivals === null || ofArrivals.count === 0 ? null : ofArrivals
  }

  start(batch: ReadingBatch): void {
    this.count = 0
    this.previousCount = 0
    this.rows = batch.rows
    this.ofArrivals?.start(batch)
    if (this.keys.length >= batch.count) return
    this.keys = new Int32Array(batch.count)
    this.subKeys = new Int32Array(batch.count)
    this.timestamps = new Float64Array(batch.count)
    this.rowAt = new Int32Array(batch.count)
    this.previousAt = new Int32Array(batch.count)
  }

  /** Reading i is new. */
  inserted(batch: ReadingBatch, i: number): void {
    const at = this.count++
    this.keys[at] = batch.keys[i] as number
    this.subKeys[at] = batch.subKeys[i] as number
    this.timestamps[at] = batch.rows[i * this.width] as number
    this.rowAt[at] = i
    this.previousAt[at] = -1
  }

  /** Reading i takes the place of the row at `base` of `rows`, which still holds the old one. */
  replaced(batch: ReadingBatch, i: number, rows: Float64Array, base: number): void {
    this.inserted(batch, i)
    const at = this.previousCount++
    if (this.previous.length < this.previousCount * this.width) {
      const grown = new Float64Array(Math.max(64, this.previousCount * 2) * this.width)
      grown.set(this.previous)
      this.previous = grown
    }
    this.previous.set(rows.subarray(base, base + this.width), at * this.width)
    this.previousAt[this.count - 1] = at
  }

  /** Reading i changed no more of the row at `base` of `rows` than how it arrived, which it says already. */
  arrived(batch: ReadingBatch, i: number, rows: Float64Array, base: number): void {
    let log = this.ofArrivals
    if (log === null) {
      log = new ChangeLog(this.event, this.view, this.width)
      log.start(batch)
      this.ofArrivals = log
    }
    log.replaced(batch, i, rows, base)
    // An older revision may name another place than the one in force, which is what both sides of this change are.
    log.rows = log.previous
    log.rowAt[log.count - 1] = log.previousAt[log.count - 1] as number
  }
}
