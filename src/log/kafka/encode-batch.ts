import { crc32c } from '@node-rs/crc32'
import type { RecordBlock } from '../../core/record-block.ts'
import { type Compression, compress, compressionNumber } from './compress.ts'

/** Some records of a block: [from, to). */
export interface BlockRange {
  readonly block: RecordBlock
  readonly from: number
  readonly to: number
}

/** Who writes, so that the broker takes each batch once, in order, and only from the latest holder. */
export interface ProducerState {
  readonly producerId: bigint
  readonly epoch: number
  /** Of the batch's first record, counted for each partition. */
  readonly sequence: number
  readonly transactional: boolean
}

const HEADER_BYTES = 61
const CRC_FROM = 21
const TRANSACTIONAL = 0x10
/** Length, attributes, time, offset, and the lengths of key and value take at most this. */
const MOST_AROUND_RECORD = 32
const decoder = new TextDecoder()

/** About how many bytes the record takes in a batch. */
export function recordBytes(block: RecordBlock, i: number): number {
  const key = (block.keyEnd[i] as number) - (block.keyStart[i] as number)
  const value = (block.valueEnd[i] as number) - (block.valueStart[i] as number)
  const headers = (block.headerEnd[i] as number) - (block.headerStart[i] as number)
  return key + value + headers + MOST_AROUND_RECORD
}

/** Encodes records as one record batch of Kafka's format (version 2), compressed where that makes it smaller. */
export function encodeBatch(
  ranges: readonly BlockRange[],
  producer: ProducerState,
  timestamp: number,
  compression: Compression,
): Buffer {
  let room = HEADER_BYTES
  let count = 0
  for (const { block, from, to } of ranges) {
    for (let i = from; i < to; i++) room += recordBytes(block, i)
    count += to - from
  }
  const writer = new BatchWriter(room)
  let index = 0
  for (const { block, from, to } of ranges) for (let i = from; i < to; i++) writer.record(block, i, index++)
  return writer.seal(count, producer, timestamp, compression)
}

class BatchWriter {
  private bytes: Buffer
  private at = HEADER_BYTES
  /** Headers of most records are the same: their JSON text as it was last, and its encoding. */
  private lastHeaderText: Uint8Array = new Uint8Array(0)
  private lastHeaders: Buffer = Buffer.of(0)

  constructor(room: number) {
    this.bytes = Buffer.allocUnsafe(room)
  }

  record(block: RecordBlock, i: number, index: number): void {
    const { bytes: source } = block
    const keyStart = block.keyStart[i] as number
    const keyBytes = (block.keyEnd[i] as number) - keyStart
    const valueStart = block.valueStart[i] as number
    const valueBytes = valueStart < 0 ? -1 : (block.valueEnd[i] as number) - valueStart
    const headers = this.headers(block, i)
    const length =
      2 +
      varintBytes(index) +
      varintBytes(keyBytes) +
      keyBytes +
      varintBytes(valueBytes) +
      Math.max(0, valueBytes) +
      headers.byteLength
    // Headers may take more than their JSON text.
    if (this.at + length + 5 > this.bytes.byteLength) this.grow(length + 5)
    this.varint(length)
    this.bytes[this.at++] = 0
    this.bytes[this.at++] = 0
    this.varint(index)
    this.varint(keyBytes)
    this.copy(source, keyStart, keyBytes)
    this.varint(valueBytes)
    if (valueBytes > 0) this.copy(source, valueStart, valueBytes)
    this.bytes.set(headers, this.at)
    this.at += headers.byteLength
  }

  seal(
    count: number,
    { producerId, epoch, sequence, transactional }: ProducerState,
    timestamp: number,
    compression: Compression,
  ): Buffer {
    const codec = this.compress(compression)
    const { bytes, at } = this
    bytes.writeBigInt64BE(0n, 0)
    bytes.writeInt32BE(at - 12, 8)
    bytes.writeInt32BE(-1, 12)
    bytes.writeInt8(2, 16)
    bytes.writeInt16BE(codec | (transactional ? TRANSACTIONAL : 0), 21)
    bytes.writeInt32BE(count - 1, 23)
    bytes.writeBigInt64BE(BigInt(timestamp), 27)
    bytes.writeBigInt64BE(BigInt(timestamp), 35)
    bytes.writeBigInt64BE(producerId, 43)
    bytes.writeInt16BE(epoch, 51)
    bytes.writeInt32BE(sequence, 53)
    bytes.writeInt32BE(count, 57)
    bytes.writeUInt32BE(crc32c(bytes.subarray(CRC_FROM, at)), 17)
    return bytes.subarray(0, at)
  }

  /** Puts the compressed records in the place of the plain ones; gives the number of the compression, 0 where it does not help. */
  private compress(compression: Compression): number {
    if (compression.type === 'none') return 0
    const compressed = compress(compression, this.bytes.subarray(HEADER_BYTES, this.at))
    if (compressed.byteLength >= this.at - HEADER_BYTES) return 0
    this.bytes.set(compressed, HEADER_BYTES)
    this.at = HEADER_BYTES + compressed.byteLength
    return compressionNumber(compression)
  }

  private headers(block: RecordBlock, i: number): Buffer {
    const start = block.headerStart[i] as number
    if (start < 0) {
      if (this.lastHeaderText.byteLength > 0) {
        this.lastHeaderText = new Uint8Array(0)
        this.lastHeaders = Buffer.of(0)
      }
      return this.lastHeaders
    }
    const text = block.bytes.subarray(start, block.headerEnd[i])
    if (Buffer.compare(text, this.lastHeaderText) !== 0) {
      this.lastHeaderText = text
      this.lastHeaders = encodeHeaders(text)
    }
    return this.lastHeaders
  }

  private copy(source: Uint8Array, start: number, length: number): void {
    const { bytes, at } = this
    // A call of `set` with a window costs more than some bytes by hand.
    if (length <= 32) for (let k = 0; k < length; k++) bytes[at + k] = source[start + k] as number
    else bytes.set(source.subarray(start, start + length), at)
    this.at += length
  }

  private varint(value: number): void {
    this.at = putVarint(this.bytes, this.at, value)
  }

  private grow(more: number): void {
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.byteLength * 2, this.at + more))
    grown.set(this.bytes.subarray(0, this.at))
    this.bytes = grown
  }
}

function encodeHeaders(json: Uint8Array): Buffer {
  const entries = Object.entries(JSON.parse(decoder.decode(json)) as Record<string, string>)
  const parts: Buffer[] = [varint(entries.length)]
  for (const [name, value] of entries) {
    for (const part of [Buffer.from(name), Buffer.from(value)]) parts.push(varint(part.byteLength), part)
  }
  return Buffer.concat(parts)
}

function varint(value: number): Buffer {
  const bytes = Buffer.alloc(5)
  return bytes.subarray(0, putVarint(bytes, 0, value))
}

/** Zigzag, seven bits a byte, the low ones first. */
function putVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let end = at
  while (rest > 0x7f) {
    bytes[end++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[end++] = rest
  return end
}

function varintBytes(value: number): number {
  const rest = ((value << 1) ^ (value >> 31)) >>> 0
  return rest < 0x80 ? 1 : rest < 0x4000 ? 2 : rest < 0x200000 ? 3 : rest < 0x10000000 ? 4 : 5
}
