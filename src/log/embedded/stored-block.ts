import type { RecordBatch } from '../../core/record-block.ts'
import { crc32 } from './crc32.ts'

/*
 * A stored block: the records of the offsets [base, next) of a partition in one value of the store. Little endian.
 *
 *   0  u32  crc32 of everything after it
 *   4  u8   format version (1)
 *   5  u8   flags: 1 offsets are explicit, 2 some records have headers
 *   6  u16  zero
 *   8  u32  record count n
 *  12  u32  payload bytes
 *  16  f64  base
 *  24  f64  next
 *  32  u32  count r of runs of records that were appended together
 *  36  u32  zero
 *  40  f64[r] when each run was appended, ms since the epoch
 *      u32[r] index of each run's first record
 *      i32[n] keyEnd     into the payload; a record starts where the one before it ends
 *      i32[n] valueEnd   -1: tombstone
 *      i32[n] headerEnd  -1: none            (flag 2)
 *      u32[n] offset - base                  (flag 1)
 *      payload: key, value, headers of each record
 */
const HEADER_BYTES = 40
const VERSION = 1
const EXPLICIT_OFFSETS = 1
const WITH_HEADERS = 2

/** What a block is made of; `keyEnd`, `valueEnd` and `headerEnd` as in the layout above. */
export interface BlockParts {
  readonly count: number
  readonly base: number
  readonly next: number
  readonly runTimes: ArrayLike<number>
  readonly runStarts: ArrayLike<number>
  readonly keyEnd: Int32Array
  readonly valueEnd: Int32Array
  readonly headerEnd: Int32Array | null
  /** Null: the offsets are base, base + 1, ... */
  readonly offsets: Float64Array | null
  readonly payload: Uint8Array
}

export function encodeBlock(parts: BlockParts): Uint8Array {
  const { count, base, payload } = parts
  const runs = parts.runTimes.length
  const arrays = 2 + (parts.headerEnd === null ? 0 : 1) + (parts.offsets === null ? 0 : 1)
  const payloadAt = HEADER_BYTES + runs * 12 + arrays * count * 4
  const bytes = new Uint8Array(new ArrayBuffer(payloadAt + payload.byteLength))
  const view = new DataView(bytes.buffer)
  view.setUint8(4, VERSION)
  view.setUint8(5, (parts.offsets === null ? 0 : EXPLICIT_OFFSETS) | (parts.headerEnd === null ? 0 : WITH_HEADERS))
  view.setUint32(8, count, true)
  view.setUint32(12, payload.byteLength, true)
  view.setFloat64(16, base, true)
  view.setFloat64(24, parts.next, true)
  view.setUint32(32, runs, true)
  new Float64Array(bytes.buffer, HEADER_BYTES, runs).set(parts.runTimes)
  new Uint32Array(bytes.buffer, HEADER_BYTES + runs * 8, runs).set(parts.runStarts)
  let at = HEADER_BYTES + runs * 12
  for (const ends of [parts.keyEnd, parts.valueEnd, parts.headerEnd]) {
    if (ends === null) continue
    new Int32Array(bytes.buffer, at, count).set(ends)
    at += count * 4
  }
  if (parts.offsets !== null) {
    const deltas = new Uint32Array(bytes.buffer, at, count)
    for (let i = 0; i < count; i++) deltas[i] = (parts.offsets[i] as number) - base
    at += count * 4
  }
  bytes.set(payload, at)
  view.setUint32(0, crc32(bytes.subarray(4)), true)
  return bytes
}

/** The block as a batch whose bytes are the value's own memory; null when the value is damaged. Takes the value over. */
export function decodeBlock(value: Uint8Array): RecordBatch | null {
  const bytes = value.byteOffset % 8 === 0 ? value : value.slice()
  if (bytes.byteLength < HEADER_BYTES) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint8(4) !== VERSION || view.getUint32(0, true) !== crc32(bytes.subarray(4))) return null
  const flags = view.getUint8(5)
  const count = view.getUint32(8, true)
  const payloadBytes = view.getUint32(12, true)
  const base = view.getFloat64(16, true)
  const runs = view.getUint32(32, true)
  const { buffer } = bytes
  let at = bytes.byteOffset + HEADER_BYTES
  const runTimes = new Float64Array(buffer, at, runs)
  const runStarts = new Uint32Array(buffer, at + runs * 8, runs)
  at += runs * 12
  const keyEnds = new Int32Array(buffer, at, count)
  const valueEnds = new Int32Array(buffer, at + count * 4, count)
  at += count * 8
  let headerEnds: Int32Array | null = null
  if ((flags & WITH_HEADERS) !== 0) {
    headerEnds = new Int32Array(buffer, at, count)
    at += count * 4
  }
  const offsets = new Float64Array(count)
  if ((flags & EXPLICIT_OFFSETS) !== 0) {
    const deltas = new Uint32Array(buffer, at, count)
    for (let i = 0; i < count; i++) offsets[i] = base + (deltas[i] as number)
    at += count * 4
  } else {
    for (let i = 0; i < count; i++) offsets[i] = base + i
  }
  return {
    count,
    bytes: new Uint8Array(buffer, at, payloadBytes),
    view: new DataView(buffer, at, payloadBytes),
    ...positionsOf(count, keyEnds, valueEnds, headerEnds),
    offsets,
    appendedAt: timesOf(count, runTimes, runStarts),
    nextOffset: view.getFloat64(24, true),
  }
}

type Positions = Pick<RecordBatch, 'keyStart' | 'keyEnd' | 'valueStart' | 'valueEnd' | 'headerStart' | 'headerEnd'>

function positionsOf(count: number, keyEnds: Int32Array, valueEnds: Int32Array, headerEnds: Int32Array | null): Positions {
  const keyStart = new Int32Array(count)
  const valueStart = new Int32Array(count)
  const headerStart = new Int32Array(count)
  let at = 0
  if (headerEnds === null) {
    headerStart.fill(-1)
    for (let i = 0; i < count; i++) {
      keyStart[i] = at
      at = keyEnds[i] as number
      const valueEnd = valueEnds[i] as number
      valueStart[i] = valueEnd < 0 ? -1 : at
      if (valueEnd >= 0) at = valueEnd
    }
    return { keyStart, keyEnd: keyEnds, valueStart, valueEnd: valueEnds, headerStart, headerEnd: headerStart }
  }
  for (let i = 0; i < count; i++) {
    keyStart[i] = at
    at = keyEnds[i] as number
    const valueEnd = valueEnds[i] as number
    valueStart[i] = valueEnd < 0 ? -1 : at
    if (valueEnd >= 0) at = valueEnd
    const headerEnd = headerEnds[i] as number
    headerStart[i] = headerEnd < 0 ? -1 : at
    if (headerEnd >= 0) at = headerEnd
  }
  return { keyStart, keyEnd: keyEnds, valueStart, valueEnd: valueEnds, headerStart, headerEnd: headerEnds }
}

function timesOf(count: number, times: Float64Array, starts: Uint32Array): Float64Array {
  const appendedAt = new Float64Array(count)
  for (let run = 0; run < times.length; run++) {
    appendedAt.fill(times[run] as number, starts[run], run + 1 < starts.length ? starts[run + 1] : count)
  }
  return appendedAt
}
