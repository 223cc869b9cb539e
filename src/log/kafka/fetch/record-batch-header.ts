import { crc32c } from '@node-rs/crc32'
import { corrupt, oldFormat } from './fetch-errors.ts'

/*
 * A record batch of Kafka's message format v2, big endian:
 *
 *   0  i64  base offset
 *   8  i32  length of all that follows
 *  12  i32  leader epoch of the partition
 *  16  i8   magic: 2 (at the same place in the older formats)
 *  17  u32  CRC-32C of everything from 21 on
 *  21  i16  attributes: 0-2 compression, 3 log-append time, 4 transactional, 5 control, 6 the first time is a delete horizon
 *  23  i32  last offset - base offset, kept when the last records are compacted away
 *  27  i64  time that the records' times are counted from
 *  35  i64  greatest time
 *  43  i64  producer id, -1: none
 *  51  i16  producer epoch
 *  53  i32  first sequence number
 *  57  i32  record count
 *  61       records, compressed as a whole
 */
const HEAD_BYTES = 12
const RECORDS_AT = 61
const SMALLEST_RECORD = 7

/** What the head of a batch says, and where its records are in the answer. */
export interface BatchHeader {
  readonly baseOffset: number
  readonly lastOffset: number
  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  readonly codec: number
  readonly isLogAppendTime: boolean
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly firstTime: number
  readonly maxTime: number
  readonly producerId: number
  readonly count: number
  readonly start: number
  readonly end: number
}

/**
 * The whole batches of an answer, in order, each with a right checksum. What is left behind the last whole one was cut off by the
 * broker, which counts bytes, and comes again with the next Fetch.
 */
export function readBatchHeaders(bytes: Uint8Array, view: DataView, from: number, to: number): BatchHeader[] {
  const headers: BatchHeader[] = []
  let at = from
  while (to - at >= RECORDS_AT) {
    const magic = view.getInt8(at + 16)
    const baseOffset = readInt64(view, at)
    if (magic !== 2) {
      // Only whole batches can be told from noise.
      if (magic === 0 || magic === 1) throw oldFormat(magic, baseOffset)
      throw corrupt(`its message format is ${magic}`, baseOffset)
    }
    const end = at + HEAD_BYTES + view.getInt32(at + 8)
    if (end < at + RECORDS_AT) throw corrupt(`its length is ${end - at - HEAD_BYTES}`, baseOffset)
    if (end > to) break
    if (crc32c(bytes.subarray(at + 21, end)) !== view.getUint32(at + 17)) throw corrupt('its checksum is wrong', baseOffset)
    headers.push(headerAt(view, at, end, baseOffset))
    at = end
  }
  return headers
}

/** How many bytes the first batch of an answer takes, 0 when that cannot be seen. */
export function firstBatchBytes(view: DataView, from: number, to: number): number {
  return to - from < HEAD_BYTES ? 0 : HEAD_BYTES + view.getInt32(from + 8)
}

function headerAt(view: DataView, at: number, end: number, baseOffset: number): BatchHeader {
  const attributes = view.getInt16(at + 21)
  const lastDelta = view.getInt32(at + 23)
  const count = view.getInt32(at + 57)
  const codec = attributes & 7
  // Refused before memory is taken for them. A compressed record may take less than a byte.
  const sane = count >= 0 && lastDelta >= 0 && count <= lastDelta + 1 && codec <= 4
  if (!sane || (codec === 0 && count * SMALLEST_RECORD > end - at - RECORDS_AT)) {
    throw corrupt(`it says of itself: ${count} records, ${lastDelta + 1} offsets, codec ${codec}`, baseOffset)
  }
  return {
    baseOffset,
    lastOffset: baseOffset + lastDelta,
    codec,
    isLogAppendTime: (attributes & 8) !== 0,
    isTransactional: (attributes & 16) !== 0,
    isControl: (attributes & 32) !== 0,
    firstTime: readInt64(view, at + 27),
    maxTime: readInt64(view, at + 35),
    producerId: readInt64(view, at + 43),
    count,
    start: at + RECORDS_AT,
    end,
  }
}

/** Exact up to 2^53; offsets, times and producer ids stay far below. */
export function readInt64(view: DataView, at: number): number {
  return view.getInt32(at) * 4294967296 + view.getUint32(at + 4)
}
