import type { RecordBatch } from '../core/record-block.ts'
import { fitBatch, indexOfOffset, joinBatches, sliceBatch } from '../core/slice-batch.ts'
import { offsetOutOfRange } from './errors.ts'
import type { LogReader, Topic } from './port.ts'

/** Where a reader finds the blocks of its partition. */
export interface BlockSource {
  readonly topic: Topic
  readonly partition: number
  /** The next offset that will be given out; throws when the topic is gone. */
  end(): number
  /** The block whose range of offsets holds the position, else the first one after it, else null. */
  blockAt(position: number): RecordBatch | null
  /** Resolves when the partition may reach beyond the position, or the signal aborts. */
  whenBeyond(position: number, signal: AbortSignal): Promise<void>
}

const DEFAULT_BYTES = 1024 * 1024
/** Blocks smaller than this are joined on reading; larger ones are handed out as they are, without another copy. */
const JOIN_BYTES = 64 * 1024

/** Reads a partition that is stored in blocks. */
export class BlockReader implements LogReader {
  private readonly source: BlockSource
  private at: number
  private current: RecordBatch | null = null
  private knownEnd = -1
  private closed = false

  constructor(source: BlockSource, from: number) {
    this.source = source
    this.at = from
  }

  get position(): number {
    return this.at
  }

  async next(maxBytes: number = DEFAULT_BYTES): Promise<RecordBatch | null> {
    const parts: RecordBatch[] = []
    let room = maxBytes
    while (room > 0 && !this.closed) {
      const block = this.block()
      if (block === null) break
      const large = block.bytes.byteLength >= JOIN_BYTES
      if (large && parts.length > 0) break
      const from = indexOfOffset(block, this.at)
      const to = from === 0 && block.bytes.byteLength <= room ? block.count : fitBatch(block, from, room)
      const part = sliceBatch(block, from, to)
      this.at = part.nextOffset
      if (to === block.count) this.current = null
      if (part.count === 0) continue
      parts.push(part)
      if (large || to < block.count) break
      room -= block.bytes.byteLength
    }
    return parts.length === 0 ? null : joinBatches(parts)
  }

  whenMore(signal: AbortSignal): Promise<void> {
    if (this.closed || signal.aborted) return Promise.resolve()
    return this.source.whenBeyond(this.at, signal)
  }

  async close(): Promise<void> {
    this.closed = true
    this.current = null
  }

  /** The block to go on with, null at the end for now. */
  private block(): RecordBatch | null {
    if (this.current !== null) return this.current
    if (this.at >= this.knownEnd) {
      // Asked before the block is looked for: what the end promises must then be there, or was compacted away.
      const end = this.source.end()
      if (!Number.isInteger(this.at) || this.at < 0 || (this.knownEnd < 0 && this.at > end)) {
        throw offsetOutOfRange(this.source.topic, this.source.partition, this.at, end)
      }
      this.knownEnd = end
      if (this.at >= end) return null
    }
    this.current = this.source.blockAt(this.at)
    if (this.current === null) this.at = this.knownEnd
    return this.current
  }
}
