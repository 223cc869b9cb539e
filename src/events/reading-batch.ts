import type { Dictionaries } from './dictionaries.ts'

/** Layout of a row of doubles: the common fields, then the payload columns in the event's order. Null is NaN. */
export const ROW_TIMESTAMP = 0
export const ROW_INTERVAL = 1
export const ROW_REVISED_AT = 2
/** Index into `Dictionaries.places`. */
export const ROW_PLACE = 3
/** How it arrived, as arrival.ts packs it: no part of what the reading says. */
export const ROW_ARRIVAL = 4
export const ROW_PAYLOAD = 5

/** A record that is no usable reading. */
export interface Fault {
  readonly offset: number
  readonly key: Uint8Array
  /** The original bytes, null for a tombstone. */
  readonly value: Uint8Array | null
  readonly code: `WR_${string}`
  readonly message: string
}

/**
 * Decoded readings of a part of one partition, in offset order, in columns. Row i is
 * `rows[i * width, (i + 1) * width)` in the layout above; a number column holds its value or NaN, a flag 1, 0 or NaN, a text
 * column an index into `dictionaries.texts` or NaN.
 */
export interface ReadingBatch {
  count: number
  readonly width: number
  readonly dictionaries: Dictionaries
  offsets: Float64Array
  /** Index into `dictionaries.keys`. */
  keys: Int32Array
  /** Index into `dictionaries.subKeys`; 0 is the empty sub-key. */
  subKeys: Int32Array
  ingestedAt: Float64Array
  /** Index into `dictionaries.origins`; empty where there is none. */
  origins: Int32Array
  rows: Float64Array
  /** What could not be used; count + faults.length records were read. */
  faults: Fault[]
}

/** An empty batch with room for `capacity` readings. */
export function newReadingBatch(width: number, dictionaries: Dictionaries, capacity: number): ReadingBatch {
  return {
    count: 0,
    width,
    dictionaries,
    offsets: new Float64Array(capacity),
    keys: new Int32Array(capacity),
    subKeys: new Int32Array(capacity),
    ingestedAt: new Float64Array(capacity),
    origins: new Int32Array(dictionaries.origins === null ? 0 : capacity),
    rows: new Float64Array(capacity * width),
    faults: [],
  }
}

/** Empties the batch and makes room for `capacity` readings; what it held is lost. */
export function resetReadingBatch(batch: ReadingBatch, capacity: number): void {
  if (batch.offsets.length < capacity) Object.assign(batch, newReadingBatch(batch.width, batch.dictionaries, capacity))
  batch.count = 0
  batch.faults = []
}

/** The readings [from, to) of the batch, over the same memory, without its faults. */
export function sliceReadings(batch: ReadingBatch, from: number, to: number): ReadingBatch {
  return {
    count: to - from,
    width: batch.width,
    dictionaries: batch.dictionaries,
    offsets: batch.offsets.subarray(from, to),
    keys: batch.keys.subarray(from, to),
    subKeys: batch.subKeys.subarray(from, to),
    ingestedAt: batch.ingestedAt.subarray(from, to),
    origins: batch.origins.subarray(from, to),
    rows: batch.rows.subarray(from * batch.width, to * batch.width),
    faults: [],
  }
}
