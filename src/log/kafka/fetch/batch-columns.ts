import type { RecordBatch } from '../../../core/record-block.ts'

/** The arrays of a batch while it is being filled. */
export interface BatchColumns {
  readonly keyStart: Int32Array
  readonly keyEnd: Int32Array
  readonly valueStart: Int32Array
  readonly valueEnd: Int32Array
  readonly headerStart: Int32Array
  readonly headerEnd: Int32Array
  readonly offsets: Float64Array
  readonly appendedAt: Float64Array
}

/** Room for so many records, in one piece of memory. */
export function batchColumns(count: number): BatchColumns {
  const memory = new ArrayBuffer(count * (2 * 8 + 6 * 4))
  const ints = (column: number): Int32Array => new Int32Array(memory, count * (16 + column * 4), count)
  return {
    offsets: new Float64Array(memory, 0, count),
    appendedAt: new Float64Array(memory, count * 8, count),
    keyStart: ints(0),
    keyEnd: ints(1),
    valueStart: ints(2),
    valueEnd: ints(3),
    headerStart: ints(4),
    headerEnd: ints(5),
  }
}

/** The first `count` records as a batch over those bytes. */
export function sealColumns(columns: BatchColumns, count: number, bytes: Uint8Array, nextOffset: number): RecordBatch {
  const whole = count === columns.offsets.length
  const cut = <T extends Int32Array | Float64Array>(column: T): T => (whole ? column : (column.subarray(0, count) as T))
  return {
    count,
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    keyStart: cut(columns.keyStart),
    keyEnd: cut(columns.keyEnd),
    valueStart: cut(columns.valueStart),
    valueEnd: cut(columns.valueEnd),
    headerStart: cut(columns.headerStart),
    headerEnd: cut(columns.headerEnd),
    offsets: cut(columns.offsets),
    appendedAt: cut(columns.appendedAt),
    nextOffset,
  }
}
