import type { RecordBatch } from '../../core/record-block.ts'
import { crc32 } from './crc32.ts'

/*
 * A stored block: the records of the offsets [base, next) of a partition in one value of the store. Little endian.
 *
 *   0  u32  crc32 of the rest of the header
 *   4  u8   format version (1)
 *   5  u8   flags: 1 offsets are explicit, 2 some records have headers, 4 some records are tombstones
 *   6  u16  zero
 *   8  u32  record count n
 *  12  u32  payload bytes
 *  16  f64  base
 *  24  f64  next
 *  32  u32  count r of runs of records that were appended together
 *  36  u32  crc32 of everything from 40 on
 *  40  f64[r]   when each run was appended, ms since the epoch
 *      u32[r]   index of each run's first record
 *      i32[n]   where each key ends in the payload
 *      i32[n+1] where each record begins, and where the last one ends
 *      i32[n]   where each value ends, -1: tombstone     (flags 2 or 4)
 *      i32[n]   where each record's headers end, -1: none (flags 2 or 4)
 *      u32[n]   offset - base                             (flag 1)
 *      payload: key, value, headers of each record
 *
 * Without tombstones and headers, the usual case, a value begins where its key ends and ends where the next record begins, so
 * that a reader takes the arrays as they are.
 */
const HEADER_BYTES = 40
const VERSION = 1
const EXPLICIT_OFFSETS = 1
const WITH_HEADERS = 2
const WITH_TOMBSTONES = 4

/** What a block is made of; the arrays are as in the layout above. */
export interface BlockParts {
  readonly count: number
  readonly base: number
  readonly next: number
  readonly runTimes: ArrayLike<number>
  readonly runStarts: ArrayLike<number>
  readonly keyEnd: Int32Array
  /** One more than there are records. */
  readonly begin: Int32Array
  readonly valueEnd: Int32Array
  readonly headerEnd: Int32Array
  readonly withHeaders: boolean
  readonly withTombstones: boolean
  /** Null: the offsets are base, base + 1, ... */
  readonly offsets: Float64Array | null
  readonly payload: Uint8Array
}

export function encodeBlock(parts: BlockParts): Uint8Array<ArrayBuffer> {
  const { count, base, payload } = parts
  const runs = parts.runTimes.length
  const arrays = [parts.keyEnd, parts.begin]
  if (parts.withHeaders || parts.withTombstones) arrays.push(parts.valueEnd, parts.headerEnd)
  const words = arrays.reduce((sum, array) => sum + array.length, 0) + (parts.offsets === null ? 0 : count)
  const bytes = new Uint8Array(new ArrayBuffer(HEADER_BYTES + runs * 12 + words * 4 + payload.byteLength))
  const view = new DataView(bytes.buffer)
  view.setUint8(4, VERSION)
  view.setUint8(5, flagsOf(parts))
  view.setUint32(8, count, true)
  view.setUint32(12, payload.byteLength, true)
  view.setUint32(32, runs, true)
  new Float64Array(bytes.buffer, HEADER_BYTES, runs).set(parts.runTimes)
  new Uint32Array(bytes.buffer, HEADER_BYTES + runs * 8, runs).set(parts.runStarts)
  let at = HEADER_BYTES + runs * 12
  for (const array of arrays) {
    new Int32Array(bytes.buffer, at, array.length).set(array)
    at += array.length * 4
  }
  if (parts.offsets !== null) {
    const deltas = new Uint32Array(bytes.buffer, at, count)
    for (let i = 0; i < count; i++) deltas[i] = (parts.offsets[i] as number) - base
    at += count * 4
  }
  bytes.set(payload, at)
  view.setUint32(36, crc32(bytes.subarray(HEADER_BYTES)), true)
  stampBlock(bytes, base, parts.next)
  return bytes
}

/** Says of an encoded block which range of offsets it holds; cheap, since the header has a checksum of its own. */
export function stampBlock(bytes: Uint8Array<ArrayBuffer>, base: number, next: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  view.setFloat64(16, base, true)
  view.setFloat64(24, next, true)
  view.setUint32(0, crc32(bytes.subarray(4, HEADER_BYTES)), true)
}

function flagsOf({ offsets, withHeaders, withTombstones }: BlockParts): number {
  return (offsets === null ? 0 : EXPLICIT_OFFSETS) | (withHeaders ? WITH_HEADERS : 0) | (withTombstones ? WITH_TOMBSTONES : 0)
}

/** The block as a batch whose bytes are the value's own memory; null when the value is damaged. Takes the value over. */
export function decodeBlock(value: Uint8Array): RecordBatch | null {
  const bytes = value.byteOffset % 8 === 0 ? value : value.slice()
  if (bytes.byteLength < HEADER_BYTES) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint8(4) !== VERSION || view.getUint32(0, true) !== crc32(bytes.subarray(4, HEADER_BYTES))) return null
  if (view.getUint32(36, true) !== crc32(bytes.subarray(HEADER_BYTES))) return null
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
  const keyEnd = new Int32Array(buffer, at, count)
  const begin = new Int32Array(buffer, at + count * 4, count + 1)
  at += count * 8 + 4
  let positions: Positions
  if ((flags & (WITH_HEADERS | WITH_TOMBSTONES)) === 0) {
    positions = plainPositions(count, keyEnd, begin)
  } else {
    positions = mixedPositions(begin, keyEnd, new Int32Array(buffer, at, count), new Int32Array(buffer, at + count * 4, count))
    at += count * 8
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
    ...positions,
    offsets,
    appendedAt: timesOf(count, runTimes, runStarts),
    nextOffset: view.getFloat64(24, true),
  }
}

type Positions = Pick<RecordBatch, 'keyStart' | 'keyEnd' | 'valueStart' | 'valueEnd' | 'headerStart' | 'headerEnd'>

/** Nobody changes the arrays of a block, so that all blocks without headers share this one. */
let noHeaders = new Int32Array(4096).fill(-1)

function plainPositions(count: number, keyEnd: Int32Array, begin: Int32Array): Positions {
  if (noHeaders.length < count) noHeaders = new Int32Array(count * 2).fill(-1)
  const none = noHeaders.subarray(0, count)
  return {
    keyStart: begin.subarray(0, count),
    keyEnd,
    valueStart: keyEnd,
    valueEnd: begin.subarray(1),
    headerStart: none,
    headerEnd: none,
  }
}

function mixedPositions(begin: Int32Array, keyEnd: Int32Array, valueEnd: Int32Array, headerEnd: Int32Array): Positions {
  const count = keyEnd.length
  const valueStart = new Int32Array(count)
  const headerStart = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const key = keyEnd[i] as number
    const value = valueEnd[i] as number
    valueStart[i] = value < 0 ? -1 : key
    headerStart[i] = (headerEnd[i] as number) < 0 ? -1 : Math.max(key, value)
  }
  return { keyStart: begin.subarray(0, count), keyEnd, valueStart, valueEnd, headerStart, headerEnd }
}

function timesOf(count: number, times: Float64Array, starts: Uint32Array): Float64Array {
  const appendedAt = new Float64Array(count)
  for (let run = 0; run < times.length; run++) {
    appendedAt.fill(times[run] as number, starts[run], run + 1 < starts.length ? starts[run + 1] : count)
  }
  return appendedAt
}
