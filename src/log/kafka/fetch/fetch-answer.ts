import type { AbortedTransaction } from './committed-batches.ts'
import { readInt64 } from './record-batch-header.ts'

/** What a broker answers about one partition. */
export interface PartitionAnswer {
  readonly errorCode: number
  /** Reading goes up to here for now. */
  readonly lastStableOffset: number
  readonly logStartOffset: number
  readonly aborted: readonly AbortedTransaction[]
  /** The whole answer; the record batches are in `[recordsStart, recordsEnd)`. */
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly recordsStart: number
  readonly recordsEnd: number
}

export interface FetchAnswer {
  readonly throttleMs: number
  readonly errorCode: number
  /** Null in an answer that only says how long to wait. */
  readonly partition: PartitionAnswer | null
}

/** Takes the answer to a Fetch of a single partition apart (versions 13 to 17, which are alike here), without touching the records. */
export function readFetchAnswer(bytes: Uint8Array): FetchAnswer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const cursor = new Cursor(view)
  const throttleMs = cursor.int32()
  const errorCode = cursor.int16()
  cursor.skip(4)
  if (cursor.unsigned() <= 1) return { throttleMs, errorCode, partition: null }
  cursor.skip(16)
  if (cursor.unsigned() <= 1) return { throttleMs, errorCode, partition: null }
  cursor.skip(4)
  const partitionError = cursor.int16()
  cursor.skip(8)
  const lastStableOffset = cursor.int64()
  const logStartOffset = cursor.int64()
  const aborted: AbortedTransaction[] = []
  for (let left = cursor.unsigned() - 1; left > 0; left--) {
    aborted.push({ producerId: cursor.int64(), firstOffset: cursor.int64() })
    cursor.skipTags()
  }
  cursor.skip(4)
  const recordBytes = Math.max(0, cursor.unsigned() - 1)
  const recordsStart = cursor.at
  cursor.skip(recordBytes)
  const partition = { errorCode: partitionError, lastStableOffset, logStartOffset, aborted, bytes, view, recordsStart }
  return { throttleMs, errorCode, partition: { ...partition, recordsEnd: cursor.at } }
}

/** Reads on from where it is; a RangeError past the end. */
class Cursor {
  private readonly view: DataView
  at = 0

  constructor(view: DataView) {
    this.view = view
  }

  int16(): number {
    this.at += 2
    return this.view.getInt16(this.at - 2)
  }

  int32(): number {
    this.at += 4
    return this.view.getInt32(this.at - 4)
  }

  int64(): number {
    this.at += 8
    return readInt64(this.view, this.at - 8)
  }

  unsigned(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.view.getUint8(this.at++)
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }

  skip(bytes: number): void {
    this.at += bytes
    if (this.at > this.view.byteLength) throw new RangeError(`The answer ends before byte ${this.at}`)
  }

  skipTags(): void {
    for (let left = this.unsigned(); left > 0; left--) {
      this.unsigned()
      this.skip(this.unsigned())
    }
  }
}
