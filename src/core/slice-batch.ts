import type { RecordBatch } from './record-block.ts'

/** The records [from, to) of the batch, over the same memory. Reading goes on at `nextOffset`. */
export function sliceBatch(batch: RecordBatch, from: number, to: number): RecordBatch {
  if (from === 0 && to === batch.count) return batch
  return {
    count: to - from,
    bytes: batch.bytes,
    view: batch.view,
    keyStart: batch.keyStart.subarray(from, to),
    keyEnd: batch.keyEnd.subarray(from, to),
    valueStart: batch.valueStart.subarray(from, to),
    valueEnd: batch.valueEnd.subarray(from, to),
    headerStart: batch.headerStart.subarray(from, to),
    headerEnd: batch.headerEnd.subarray(from, to),
    offsets: batch.offsets.subarray(from, to),
    appendedAt: batch.appendedAt.subarray(from, to),
    nextOffset: to === batch.count ? batch.nextOffset : (batch.offsets[to] as number),
  }
}

/** Index of the first record at or after the offset, `count` when there is none. */
export function indexOfOffset(batch: RecordBatch, offset: number): number {
  let low = 0
  let high = batch.count
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((batch.offsets[middle] as number) < offset) low = middle + 1
    else high = middle
  }
  return low
}

/** How many records from `from` on make about `maxBytes`, at least one when there is one. */
export function fitBatch(batch: RecordBatch, from: number, maxBytes: number): number {
  let used = 0
  let i = from
  for (; i < batch.count; i++) {
    used += recordBytes(batch, i)
    if (used > maxBytes && i > from) break
  }
  return i
}

/** Joins batches that follow each other into one. */
export function joinBatches(batches: readonly RecordBatch[]): RecordBatch {
  const only = batches[0]
  if (batches.length === 1 && only !== undefined) return only
  const count = batches.reduce((sum, batch) => sum + batch.count, 0)
  const windows = batches.map(windowOf)
  const bytes = new Uint8Array(windows.reduce((sum, { start, end }) => sum + end - start, 0))
  const joined = {
    count,
    bytes,
    view: new DataView(bytes.buffer),
    keyStart: new Int32Array(count),
    keyEnd: new Int32Array(count),
    valueStart: new Int32Array(count),
    valueEnd: new Int32Array(count),
    headerStart: new Int32Array(count),
    headerEnd: new Int32Array(count),
    offsets: new Float64Array(count),
    appendedAt: new Float64Array(count),
    nextOffset: batches.at(-1)?.nextOffset ?? 0,
  }
  let record = 0
  let byte = 0
  batches.forEach((batch, b) => {
    const { start, end } = windows[b] as { start: number; end: number }
    bytes.set(batch.bytes.subarray(start, end), byte)
    const shift = byte - start
    shiftInto(joined.keyStart, batch.keyStart, record, shift)
    shiftInto(joined.keyEnd, batch.keyEnd, record, shift)
    shiftInto(joined.valueStart, batch.valueStart, record, shift)
    shiftInto(joined.valueEnd, batch.valueEnd, record, shift)
    shiftInto(joined.headerStart, batch.headerStart, record, shift)
    shiftInto(joined.headerEnd, batch.headerEnd, record, shift)
    joined.offsets.set(batch.offsets, record)
    joined.appendedAt.set(batch.appendedAt, record)
    record += batch.count
    byte += end - start
  })
  return joined
}

/** The bytes of key, value and headers of record i. */
export function recordBytes(batch: RecordBatch, i: number): number {
  const key = (batch.keyEnd[i] as number) - (batch.keyStart[i] as number)
  const value = (batch.valueEnd[i] as number) - (batch.valueStart[i] as number)
  return key + value + (batch.headerEnd[i] as number) - (batch.headerStart[i] as number)
}

/** The part of the memory that the records use: a slice of a batch shares the memory of the whole. */
function windowOf(batch: RecordBatch): { start: number; end: number } {
  let start = batch.bytes.byteLength
  let end = 0
  for (let i = 0; i < batch.count; i++) {
    start = Math.min(start, batch.keyStart[i] as number)
    end = Math.max(end, batch.keyEnd[i] as number, batch.valueEnd[i] as number, batch.headerEnd[i] as number)
  }
  return start > end ? { start: 0, end: 0 } : { start, end }
}

function shiftInto(target: Int32Array, source: Int32Array, at: number, shift: number): void {
  for (let i = 0; i < source.length; i++) {
    const position = source[i] as number
    target[at + i] = position < 0 ? -1 : position + shift
  }
}
