import type { RecordBatch, RecordBlock } from '../../core/record-block.ts'
import type { KeyValueChange, KeyValueCondition, KeyValueStore } from '../../kv/port.ts'
import type { Topic } from '../port.ts'
import type { BlockAssembler } from './block-assembler.ts'
import { blockKey, headKey } from './log-keys.ts'
import { decodeHead, encodeHead, type PartitionHead } from './partition-head.ts'
import { decodeBlock, stampBlock } from './stored-block.ts'

/** A block is closed beyond this; large records make larger ones. */
const BLOCK_BYTES = 512 * 1024
/** The last block is merged with what is appended while it is smaller than this: about a page of the store. */
const OPEN_TAIL_BYTES = 3_900
/**
 * From this size on the blocks are encoded once, before the end of the partition is read. What lies between reading the end
 * and writing behind it must be short, or others who append little and often would always be faster.
 */
const ENCODE_AHEAD_BYTES = 64 * 1024

/** An attempt to append: what to write, on which condition, and the offset of the first record. */
export interface AppendAttempt {
  readonly changes: readonly KeyValueChange[]
  readonly condition: KeyValueCondition
  readonly base: number
}

interface EncodedBlock {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly records: number
}

/** Everything that one commit, or several together, append to a partition. */
export class PartitionAppend {
  readonly topic: Topic
  readonly partition: number
  private readonly blocks: RecordBlock[] = []
  private records = 0
  private bytes = 0
  private ahead: EncodedBlock[] | null = null

  constructor(topic: Topic, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  /** Returns how many records of this append come before those of the block. */
  add(block: RecordBlock): number {
    const before = this.records
    this.blocks.push(block)
    this.records += block.count
    this.bytes += block.bytes.byteLength
    return before
  }

  /** Against the end of the partition as it is now; null when the topic is gone. */
  attempt(kv: KeyValueStore, assembler: BlockAssembler): AppendAttempt | null {
    if (this.bytes >= ENCODE_AHEAD_BYTES) this.ahead ??= this.encode(assembler, 0)
    const key = headKey(this.topic.id, this.partition)
    const found = kv.get(key)
    if (found === undefined) return null
    const head = decodeHead(found)
    const tail = this.ahead === null ? this.openTail(kv, head) : null
    const blocks = this.ahead ?? this.encode(assembler, tail === null ? head.next : head.tailBase, tail)
    const changes: KeyValueChange[] = []
    let base = tail === null ? head.next : head.tailBase
    let { tailBase, tailBytes } = head
    for (const { bytes, records } of blocks) {
      if (this.ahead !== null) stampBlock(bytes, base, base + records)
      changes.push({ key: blockKey(this.topic.id, this.partition, base), value: bytes })
      tailBase = base
      tailBytes = bytes.byteLength
      base += records
    }
    const next = head.next + this.records
    changes.push({ key, value: encodeHead({ next, tailBase, tailBytes, revision: head.revision + 1 }) })
    return { changes, condition: { key, expected: found }, base: head.next }
  }

  /** The last block, when it is small enough to be written again with what is appended. */
  private openTail(kv: KeyValueStore, head: PartitionHead): RecordBatch | null {
    if (head.tailBase < 0 || head.tailBytes >= OPEN_TAIL_BYTES || this.records === 0) return null
    const value = kv.get(blockKey(this.topic.id, this.partition, head.tailBase))
    const tail = value === undefined ? null : decodeBlock(value)
    // A damaged block stays as it is, for its reader to report; one that somebody rewrote meanwhile fails the attempt anyway.
    return tail !== null && tail.nextOffset === head.next ? tail : null
  }

  /** The blocks, the first of which begins at `base` with the records of the tail; `records` counts offsets, gaps included. */
  private encode(assembler: BlockAssembler, base: number, tail: RecordBatch | null = null): EncodedBlock[] {
    const now = Date.now()
    const encoded: EncodedBlock[] = []
    let begin = base
    let next = base
    assembler.start(begin)
    if (tail !== null) {
      for (let i = 0; i < tail.count; i++) assembler.addOne(tail, i, tail.offsets[i] as number, tail.appendedAt[i] as number)
      next = tail.nextOffset
    }
    const seal = (): void => {
      if (next === begin) return
      encoded.push({ bytes: assembler.seal(next), records: next - begin })
      begin = next
      assembler.start(begin)
    }
    for (const block of this.blocks) {
      for (let from = 0; from < block.count; ) {
        const to = fittingEnd(block, from, BLOCK_BYTES - assembler.byteLength, assembler.records === 0)
        assembler.addRange(block, from, to, next, now)
        next += to - from
        from = to
        if (from < block.count) seal()
      }
    }
    seal()
    return encoded
  }
}

/** How far the records from `from` on fit into `room` bytes; with `atLeastOne` never less than one record. */
function fittingEnd(block: RecordBlock, from: number, room: number, atLeastOne: boolean): number {
  let used = 0
  let i = from
  for (; i < block.count; i++) {
    used += sizeOf(block, i)
    if (used > room) break
  }
  return i === from && atLeastOne ? from + 1 : i
}

function sizeOf(block: RecordBlock, i: number): number {
  const key = (block.keyEnd[i] as number) - (block.keyStart[i] as number)
  const value = (block.valueEnd[i] as number) - (block.valueStart[i] as number)
  const header = (block.headerEnd[i] as number) - (block.headerStart[i] as number)
  return key + value + header + 16
}
