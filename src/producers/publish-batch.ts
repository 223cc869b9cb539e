import { partitionOf } from '../core/murmur2.ts'
import { RecordBlockBuilder } from '../core/record-block.ts'
import type { Topic, Write } from '../log/port.ts'

interface Key {
  readonly bytes: Uint8Array
  readonly partition: number
}

/** Keys of one topic that are remembered with their partition. */
const MAX_KEYS = 50_000

const encoder = new TextEncoder()

/** Records on their way to the log: of several topics, each record in the partition of its key. */
export class PublishBatch {
  private readonly blocks = new Map<Topic, Array<RecordBlockBuilder | undefined>>()
  private readonly keys = new Map<Topic, Map<string, Key>>()
  count = 0
  byteLength = 0

  add(topic: Topic, key: string, value: Uint8Array): void {
    const { bytes, partition } = this.keyOf(topic, key)
    let blocks = this.blocks.get(topic)
    if (blocks === undefined) {
      blocks = new Array<RecordBlockBuilder | undefined>(topic.partitions)
      this.blocks.set(topic, blocks)
    }
    let block = blocks[partition]
    if (block === undefined) {
      block = new RecordBlockBuilder()
      blocks[partition] = block
    }
    block.add(bytes, value)
    this.count += 1
    this.byteLength += bytes.byteLength + value.byteLength
  }

  /** Everything that was added since the last call. */
  take(): Write[] {
    const writes: Write[] = []
    for (const [topic, blocks] of this.blocks) {
      blocks.forEach((block, partition) => {
        if (block !== undefined && block.count > 0) writes.push({ topic, partition, block: block.build() })
      })
    }
    this.count = 0
    this.byteLength = 0
    return writes
  }

  private keyOf(topic: Topic, text: string): Key {
    let keys = this.keys.get(topic)
    if (keys === undefined) {
      keys = new Map()
      this.keys.set(topic, keys)
    }
    let key = keys.get(text)
    if (key === undefined) {
      const bytes = encoder.encode(text)
      key = { bytes, partition: partitionOf(bytes, topic.partitions) }
      if (keys.size >= MAX_KEYS) keys.clear()
      keys.set(text, key)
    }
    return key
  }
}
