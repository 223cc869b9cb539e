import { WindrowError } from '../../core/errors.ts'
import type { RecordBatch } from '../../core/record-block.ts'
import { justAfter } from '../../kv/bytes.ts'
import type { KeyValueStore } from '../../kv/port.ts'
import type { Topic } from '../port.ts'
import { baseOfBlockKey, blockKey } from './log-keys.ts'
import { decodeBlock } from './stored-block.ts'

/** The blocks of one partition in the store, decoded and checked. */
export class StoredBlocks {
  private readonly kv: KeyValueStore
  private readonly topic: Topic
  private readonly partition: number

  constructor(kv: KeyValueStore, topic: Topic, partition: number) {
    this.kv = kv
    this.topic = topic
    this.partition = partition
  }

  /** The block whose range of offsets holds the position, else the first one after it, else null. */
  at(position: number): RecordBatch | null {
    // Reading on from the end of a block, its successor begins exactly here.
    const next = this.kv.get(blockKey(this.topic.id, this.partition, position))
    if (next !== undefined) return this.decode(next, position)
    const start = blockKey(this.topic.id, this.partition, 0)
    const end = justAfter(blockKey(this.topic.id, this.partition, position))
    const [entry] = this.kv.range({ start, end, reverse: true, limit: 1 })
    const before = entry === undefined ? null : this.decode(entry.value, baseOfBlockKey(entry.key))
    return before !== null && before.nextOffset > position ? before : (this.from(position)?.batch ?? null)
  }

  /** The first block that begins in [position, before). */
  from(position: number, before = Number.MAX_SAFE_INTEGER): { readonly base: number; readonly batch: RecordBatch } | null {
    const start = blockKey(this.topic.id, this.partition, position)
    const end = blockKey(this.topic.id, this.partition, before)
    const [entry] = this.kv.range({ start, end, limit: 1 })
    if (entry === undefined) return null
    const base = baseOfBlockKey(entry.key)
    return { base, batch: this.decode(entry.value, base) }
  }

  private decode(value: Uint8Array, base: number): RecordBatch {
    const batch = decodeBlock(value)
    if (batch !== null) return batch
    const { name, id } = this.topic
    throw new WindrowError('WR_LOG_CORRUPT', {
      message: `The records of ${name}/${this.partition} from offset ${base} on are damaged on disk`,
      remedy:
        'Stop windrow, check the disk, and restore the data directory from a copy. Nothing after this offset is read until then.',
      facts: { topic: name, topicId: id, partition: this.partition, offset: base },
    })
  }
}

/** How many records of the batch have offsets below the end. */
export function countBelow(batch: RecordBatch, end: number): number {
  let count = batch.count
  while (count > 0 && (batch.offsets[count - 1] as number) >= end) count--
  return count
}
