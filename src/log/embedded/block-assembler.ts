import type { RecordBlock } from '../../core/record-block.ts'
import { type BlockParts, encodeBlock } from './stored-block.ts'

/** Collects records, whole ranges at a time, into one stored block. Reusable after `seal`. */
export class BlockAssembler {
  private base = 0
  private count = 0
  private used = 0
  private payload = new Uint8Array(16 * 1024)
  private begin = new Int32Array(256)
  private keyEnd = new Int32Array(256)
  private valueEnd = new Int32Array(256)
  private headerEnd = new Int32Array(256)
  private offsets = new Float64Array(256)
  private dense = true
  private withHeaders = false
  private withTombstones = false
  private runTimes: number[] = []
  private runStarts: number[] = []

  /** Starts a block whose range of offsets begins at `base`. */
  start(base: number): void {
    this.base = base
    this.count = 0
    this.used = 0
    this.dense = true
    this.withHeaders = false
    this.withTombstones = false
    this.runTimes = []
    this.runStarts = []
  }

  get records(): number {
    return this.count
  }

  /** About what the sealed block will take. */
  get byteLength(): number {
    return this.used + this.count * 12 + this.runTimes.length * 12 + 40
  }

  /** Adds the records [from, to) of the block with the offsets from `firstOffset` on. */
  addRange(block: RecordBlock, from: number, to: number, firstOffset: number, appendedAt: number): void {
    if (to <= from) return
    this.reserveRecords(to - from)
    this.noteTime(appendedAt)
    if (isContiguous(block, from, to)) this.copyContiguous(block, from, to, firstOffset)
    else for (let i = from; i < to; i++) this.copyOne(block, i, firstOffset + i - from)
  }

  /** Adds one record as it stands in the log. */
  addOne(block: RecordBlock, i: number, offset: number, appendedAt: number): void {
    this.reserveRecords(1)
    this.noteTime(appendedAt)
    this.copyOne(block, i, offset)
  }

  /** The block for the offsets [base, next). */
  seal(next: number): Uint8Array<ArrayBuffer> {
    this.begin[this.count] = this.used
    const parts: BlockParts = {
      count: this.count,
      base: this.base,
      next,
      runTimes: this.runTimes,
      runStarts: this.runStarts,
      keyEnd: this.keyEnd.subarray(0, this.count),
      begin: this.begin.subarray(0, this.count + 1),
      valueEnd: this.valueEnd.subarray(0, this.count),
      headerEnd: this.headerEnd.subarray(0, this.count),
      withHeaders: this.withHeaders,
      withTombstones: this.withTombstones,
      offsets: this.dense ? null : this.offsets.subarray(0, this.count),
      payload: this.payload.subarray(0, this.used),
    }
    return encodeBlock(parts)
  }

  private noteTime(appendedAt: number): void {
    if (this.runTimes.at(-1) === appendedAt) return
    this.runTimes.push(appendedAt)
    this.runStarts.push(this.count)
  }

  private copyContiguous(block: RecordBlock, from: number, to: number, firstOffset: number): void {
    const start = block.keyStart[from] as number
    const end = endOf(block, to - 1)
    this.reserveBytes(end - start)
    this.payload.set(block.bytes.subarray(start, end), this.used)
    const shift = this.used - start
    const { keyStart, keyEnd, valueEnd, headerEnd } = block
    let at = this.count
    for (let i = from; i < to; i++, at++) {
      this.begin[at] = (keyStart[i] as number) + shift
      this.keyEnd[at] = (keyEnd[i] as number) + shift
      const value = valueEnd[i] as number
      this.valueEnd[at] = value < 0 ? -1 : value + shift
      if (value < 0) this.withTombstones = true
      const header = headerEnd[i] as number
      this.headerEnd[at] = header < 0 ? -1 : header + shift
      if (header >= 0) this.withHeaders = true
      this.offsets[at] = firstOffset + i - from
    }
    if (firstOffset !== this.base + this.count) this.dense = false
    this.count = at
    this.used += end - start
  }

  private copyOne(block: RecordBlock, i: number, offset: number): void {
    const at = this.count++
    if (offset !== this.base + at) this.dense = false
    this.offsets[at] = offset
    this.begin[at] = this.used
    this.keyEnd[at] = this.copyBytes(block.bytes, block.keyStart[i] as number, block.keyEnd[i] as number)
    const value = this.copyBytes(block.bytes, block.valueStart[i] as number, block.valueEnd[i] as number)
    this.valueEnd[at] = value
    if (value < 0) this.withTombstones = true
    const header = this.copyBytes(block.bytes, block.headerStart[i] as number, block.headerEnd[i] as number)
    this.headerEnd[at] = header
    if (header >= 0) this.withHeaders = true
  }

  /** Where the copy ends, -1 for what is not there. */
  private copyBytes(bytes: Uint8Array, start: number, end: number): number {
    if (start < 0) return -1
    this.reserveBytes(end - start)
    this.payload.set(bytes.subarray(start, end), this.used)
    this.used += end - start
    return this.used
  }

  private reserveBytes(more: number): void {
    if (this.used + more <= this.payload.byteLength) return
    const grown = new Uint8Array(Math.max(this.payload.byteLength * 2, this.used + more))
    grown.set(this.payload.subarray(0, this.used))
    this.payload = grown
  }

  private reserveRecords(more: number): void {
    // One more than the records, for where the last one ends.
    if (this.count + more < this.keyEnd.length) return
    const size = Math.max(this.keyEnd.length * 2, this.count + more + 1)
    this.begin = grow(this.begin, new Int32Array(size))
    this.keyEnd = grow(this.keyEnd, new Int32Array(size))
    this.valueEnd = grow(this.valueEnd, new Int32Array(size))
    this.headerEnd = grow(this.headerEnd, new Int32Array(size))
    this.offsets = grow(this.offsets, new Float64Array(size))
  }
}

function grow<T extends Int32Array | Float64Array>(old: T, grown: T): T {
  grown.set(old)
  return grown
}

/** Where the bytes of record i end in a contiguous block. */
function endOf(block: RecordBlock, i: number): number {
  return Math.max(block.keyEnd[i] as number, block.valueEnd[i] as number, block.headerEnd[i] as number)
}

/** True when the records lie one after the other as key, value, headers, so that one copy takes them all. */
function isContiguous(block: RecordBlock, from: number, to: number): boolean {
  const { keyStart, keyEnd, valueStart, valueEnd, headerStart, headerEnd } = block
  let at = keyStart[from] as number
  for (let i = from; i < to; i++) {
    if (keyStart[i] !== at) return false
    at = keyEnd[i] as number
    const value = valueStart[i] as number
    if (value >= 0) {
      if (value !== at) return false
      at = valueEnd[i] as number
    }
    const header = headerStart[i] as number
    if (header >= 0) {
      if (header !== at) return false
      at = headerEnd[i] as number
    }
  }
  return true
}
