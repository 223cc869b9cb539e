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
  private keyStart: number[] = []
  private keyEnd: number[] = []
  private valueStart: number[] = []
  private valueEnd: number[] = []
  private headerStart: number[] = []
  private headerEnd: number[] = []

  constructor(initialBytes = 16 * 1024) {
    this.bytes = new Uint8Array(initialBytes)
  }

  get count(): number {
    return this.keyStart.length
  }

  get byteLength(): number {
    return this.used
  }

  add(key: Uint8Array | string, value: Uint8Array | null, headers?: RecordHeaders): void {
    this.keyStart.push(this.used)
    if (typeof key === 'string') this.putText(key)
    else this.put(key)
    this.keyEnd.push(this.used)
    this.valueStart.push(value === null ? -1 : this.used)
    if (value !== null) this.put(value)
    this.valueEnd.push(value === null ? -1 : this.used)
    this.headerStart.push(headers === undefined ? -1 : this.used)
    if (headers !== undefined) this.putText(JSON.stringify(headers))
    this.headerEnd.push(headers === undefined ? -1 : this.used)
  }

  build(): RecordBlock {
    const bytes = this.bytes.slice(0, this.used)
    const block: RecordBlock = {
      count: this.keyStart.length,
      bytes,
      view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      keyStart: Int32Array.from(this.keyStart),
      keyEnd: Int32Array.from(this.keyEnd),
      valueStart: Int32Array.from(this.valueStart),
      valueEnd: Int32Array.from(this.valueEnd),
      headerStart: Int32Array.from(this.headerStart),
      headerEnd: Int32Array.from(this.headerEnd),
    }
    this.used = 0
    this.keyStart = []
    this.keyEnd = []
    this.valueStart = []
    this.valueEnd = []
    this.headerStart = []
    this.headerEnd = []
    return block
  }

  private put(part: Uint8Array): void {
    this.reserve(part.byteLength)
    this.bytes.set(part, this.used)
    this.used += part.byteLength
  }

  private putText(text: string): void {
    this.reserve(text.length * 3)
    this.used += utf8Encoder.encodeInto(text, this.bytes.subarray(this.used)).written
  }

  private reserve(more: number): void {
    if (this.used + more <= this.bytes.byteLength) return
    const grown = new Uint8Array(Math.max(this.bytes.byteLength * 2, this.used + more))
    grown.set(this.bytes.subarray(0, this.used))
    this.bytes = grown
  }
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
