import type { TimeZone } from '../core/time-zone.ts'
import type { Dictionaries } from '../events/dictionaries.ts'
import type { EventType } from '../events/event-type.ts'
import type { Reading } from '../events/reading.ts'

/** Rows of readings, lo inclusive to hi exclusive, in time order: `rows[i * width + column]`. Reused from call to call. */
export class Runs {
  count = 0
  readonly rows: Float64Array[] = []
  readonly lo: number[] = []
  readonly hi: number[] = []

  clear(): void {
    this.count = 0
  }

  add(rows: Float64Array, lo: number, hi: number): void {
    if (lo >= hi) return
    this.rows[this.count] = rows
    this.lo[this.count] = lo
    this.hi[this.count] = hi
    this.count += 1
  }
}

/**
 * The latest revision of every reading of one partition, as operators see it. Keys and sub-keys are indexes into
 * `dictionaries`; instants are milliseconds since the epoch. What is read is valid until the next change of the view.
 */
export interface ReadingView {
  readonly event: EventType
  readonly dictionaries: Dictionaries
  /** Doubles a row; the layout is that of a ReadingBatch. */
  readonly width: number
  /** The sub-keys under which the key has readings. */
  subKeysOf(key: number): readonly number[]
  /** Appends the readings with from <= timestamp < to, in time order. */
  scan(key: number, subKey: number, from: number, to: number, runs: Runs): void
  /** The timestamp of the first reading at or after `from`, Infinity when there is none. */
  nextTimestamp(key: number, subKey: number, from: number): number
  /** The timestamp of the last reading, -Infinity when there is none. */
  lastTimestamp(key: number, subKey: number): number
  /** The latest end (timestamp + interval) among the readings, -Infinity when there are none. */
  watermark(key: number, subKey: number): number
  /** The same as it was when rows were last emitted. */
  watermarkBefore(key: number, subKey: number): number
  /** The zones that readings of this key ever named. */
  zonesOf(key: number, subKey: number): readonly TimeZone[]
  zoneOfPlace(place: number): TimeZone
}

/**
 * What a batch of readings changed in the view: for each change the reading as it is now and, where it took the place of an
 * older revision, what it was. The view already holds the new state when a batch is delivered.
 */
export interface Changes<R extends Reading = Reading> {
  readonly event: EventType<R>
  readonly view: ReadingView
  readonly count: number
  readonly keys: Int32Array
  readonly subKeys: Int32Array
  readonly timestamps: Float64Array
  /** Row `rowAt[i]` of `rows` is the reading of change i. */
  readonly rows: Float64Array
  readonly rowAt: Int32Array
  /** Row `previousAt[i]` of `previous` is what it replaced; -1 where it is new. */
  readonly previous: Float64Array
  readonly previousAt: Int32Array
  /**
   * The readings of which no more changed than how they arrived, which is what `ROW_ARRIVAL` of their rows says; to operators they are changes
   * like others. Apart from the others, since hardly any view asks: the rest would make rows again that are the same. Null where there are none.
   */
  readonly arrivals: Changes<R> | null
  /** True when the rows that changed since the last such batch are to be emitted now. */
  readonly emit: boolean
}
