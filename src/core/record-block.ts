import { putShortAscii } from './short-ascii.ts'

/** Headers of a record: short texts, for instance `{ new: '1' }`. */
export type RecordHeaders = Readonly<Record<string, string>>

/**
 * Records of one partition in one piece of memory, without an object a record: `bytes` holds keys, values and headers,
 * the arrays say where. Entry i is `bytes[keyStart[i], keyEnd[i])`; a tombstone has `valueStart[i]` = -1, a record
 * without headers `headerStart[i]` = -1 (else the JSON text of a RecordHeaders). Whoever holds a block owns its memory: nobody changes it later.
 */
export interface RecordBlock {
  readonly count: number
  readonly bytes: Uint8Array
  /** Over exactly the same memory as `bytes`, for reading numbers. */
  readonly view: DataView
  readonly keyStart: Int32Array
  readonly keyEnd: Int32Array
  readonly valueStart: Int32Array
  readonly valueEnd: Int32Array
  readonly headerStart: Int32Array
  readonly headerEnd: Int32Array
}

/** A block as it stands in the log. */
export interface RecordBatch extends RecordBlock {
  /** Ascending; gaps are possible (compaction, transaction markers). */
  readonly offsets: Float64Array
  /** When the log took the record, milliseconds since the epoch: operational, never part of a row. */
  readonly appendedAt: Float64Array
  /** Where reading goes on: greater than the last offset, also where the last records of the range were compacted away. */
  readonly nextOffset: number
}

const utf8Encoder = new TextEncoder()
const utf8Decoder = new TextDecoder()

/** Collects records and seals them into a block. Reusable after `build`. */
export class RecordBlockBuilder {
  private bytes: Uint8Array
  private used = 0
  private records = 0
  private keyStart = new Int32Array(64)
  private keyEnd = new Int32Array(64)
  private valueStart = new Int32Array(64)
  private valueEnd = new Int32Array(64)
  private headerStart = new Int32Array(64)
  private headerEnd = new Int32Array(64)
  /** Most records of a block have the same headers, in one object. */
  private lastHeaders: RecordHeaders = {}
  private lastHeaderText = '{}'

  constructor(initialBytes = 16 * 1024) {
    this.bytes = new Uint8Array(initialBytes)
  }

  get count(): number {
    return this.records
  }

  get byteLength(): number {
    return this.used
  }

  /** `headers` must not be changed later. */
  add(key: Uint8Array | string, value: Uint8Array | null, headers?: RecordHeaders): void {
    const i = this.records
    if (i === this.keyStart.length) this.growPositions()
    this.keyStart[i] = this.used
    if (typeof key === 'string') this.putText(key)
    else this.put(key)
    this.keyEnd[i] = this.used
    this.valueStart[i] = value === null ? -1 : this.used
    if (value !== null) this.put(value)
    this.valueEnd[i] = value === null ? -1 : this.used
    this.headerStart[i] = headers === undefined ? -1 : this.used
    if (headers !== undefined) this.putHeaders(headers)
    this.headerEnd[i] = headers === undefined ? -1 : this.used
    this.records = i + 1
  }

  build(): RecordBlock {
    const count = this.records
    const bytes = this.bytes.slice(0, this.used)
    const block: RecordBlock = {
      count,
      bytes,
      view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      keyStart: this.keyStart.slice(0, count),
      keyEnd: this.keyEnd.slice(0, count),
      valueStart: this.valueStart.slice(0, count),
      valueEnd: this.valueEnd.slice(0, count),
      headerStart: this.headerStart.slice(0, count),
      headerEnd: this.headerEnd.slice(0, count),
    }
    this.used = 0
    this.records = 0
    return block
  }

  private put(part: Uint8Array): void {
    this.reserve(part.byteLength)
    this.bytes.set(part, this.used)
    this.used += part.byteLength
  }

  private putText(text: string): void {
    this.reserve(text.length * 3)
    const end = putShortAscii(text, this.bytes, this.used)
    this.used = end >= 0 ? end : this.used + utf8Encoder.encodeInto(text, this.bytes.subarray(this.used)).written
  }

  private putHeaders(headers: RecordHeaders): void {
    if (headers !== this.lastHeaders) {
      this.lastHeaders = headers
      this.lastHeaderText = JSON.stringify(headers)
    }
    this.putText(this.lastHeaderText)
  }

  private reserve(more: number): void {
    if (this.used + more <= this.bytes.byteLength) return
    const grown = new Uint8Array(Math.max(this.bytes.byteLength * 2, this.used + more))
    grown.set(this.bytes.subarray(0, this.used))
    this.bytes = grown
  }

  private growPositions(): void {
    this.keyStart = twiceAsLong(this.keyStart)
    this.keyEnd = twiceAsLong(this.keyEnd)
    this.valueStart = twiceAsLong(this.valueStart)
    this.valueEnd = twiceAsLong(this.valueEnd)
    this.headerStart = twiceAsLong(this.headerStart)
    this.headerEnd = twiceAsLong(this.headerEnd)
  }
}

function twiceAsLong(positions: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(positions.length * 2)
  longer.set(positions)
  return longer
}

/** The key of record i as text. */
export function keyText(block: RecordBlock, i: number): string {
  return utf8Decoder.decode(block.bytes.subarray(block.keyStart[i], block.keyEnd[i]))
}

/** The value of record i (a window into the block's memory), null for a tombstone. */
export function valueBytes(block: RecordBlock, i: number): Uint8Array | null {
  const start = block.valueStart[i] ?? -1
  return start < 0 ? null : block.bytes.subarray(start, block.valueEnd[i])
}

/** The headers of record i, empty when it has none. */
export function headersOf(block: RecordBlock, i: number): RecordHeaders {
  const start = block.headerStart[i] ?? -1
  if (start < 0) return {}
  return JSON.parse(utf8Decoder.decode(block.bytes.subarray(start, block.headerEnd[i]))) as RecordHeaders
}
