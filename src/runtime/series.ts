import { DAY_MS } from '../core/calendar.ts'
import type { TimeZone } from '../core/time-zone.ts'
import type { Segment } from './segment.ts'

/** The readings of one key and sub-key: a segment a UTC day, in memory or (null) on disk. */
export class Series {
  readonly id: number
  readonly key: number
  readonly subKey: number
  /** Ascending day numbers; `segments[i]` belongs to `days[i]`. */
  readonly days: number[]
  readonly segments: Array<Segment | null>
  /** The segment of the last day while it is in memory: most readings go there. */
  last: Segment | null = null
  /** Latest end among the current readings; NaN until it has been worked out from the disk. */
  watermark: number
  /** The watermark when rows were last emitted. */
  watermarkBefore: number
  /** Greatest end of any reading taken so far, for the allowed lateness: never goes back. */
  greatestEnd = Number.NEGATIVE_INFINITY
  readonly zones: TimeZone[] = []
  lastPlace = -1
  /** True while it is in the list of those that changed since rows were last emitted. */
  touched = false
  /** True while its entry on disk is behind. */
  dirty = false

  constructor(id: number, key: number, subKey: number, days: number[]) {
    this.id = id
    this.key = key
    this.subKey = subKey
    this.days = days
    this.segments = days.map(() => null)
    this.watermark = days.length === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
    this.watermarkBefore = this.watermark
  }

  /** The index of the first day at or after `day`. */
  dayIndex(day: number): number {
    const { days } = this
    let low = 0
    let high = days.length
    if (high > 0 && (days[high - 1] as number) < day) return high
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((days[middle] as number) < day) low = middle + 1
      else high = middle
    }
    return low
  }

  put(segment: Segment): void {
    const i = this.dayIndex(segment.day)
    if (this.days[i] === segment.day) this.segments[i] = segment
    else {
      this.days.splice(i, 0, segment.day)
      this.segments.splice(i, 0, segment)
    }
    if (i === this.days.length - 1) this.last = segment
  }

  /** Leaves the segment to the disk. */
  release(segment: Segment): void {
    const i = this.dayIndex(segment.day)
    this.segments[i] = null
    if (this.last === segment) this.last = null
  }

  get lastDay(): number {
    return this.days.length === 0 ? Number.NEGATIVE_INFINITY : (this.days[this.days.length - 1] as number)
  }

  static dayOf(instant: number): number {
    return Math.floor(instant / DAY_MS)
  }
}
