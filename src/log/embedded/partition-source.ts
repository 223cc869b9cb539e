import type { KeyValueStore } from '../../kv/port.ts'
import type { BlockSource } from '../block-reader.ts'
import { topicGone } from '../errors.ts'
import type { Topic } from '../port.ts'
import { headKey } from './log-keys.ts'
import { decodeHead } from './partition-head.ts'
import { StoredBlocks } from './stored-blocks.ts'
import type { TailWatch } from './tail-watch.ts'

/** What a reader needs of one partition in the store. */
export function partitionSource(kv: KeyValueStore, tails: TailWatch, topic: Topic, partition: number): BlockSource {
  const blocks = new StoredBlocks(kv, topic, partition)
  return {
    topic,
    partition,
    end() {
      const head = kv.get(headKey(topic.id, partition))
      if (head === undefined) throw topicGone(topic)
      return decodeHead(head).next
    },
    blockAt: (position) => blocks.at(position),
    whenBeyond: (position, signal) => tails.whenBeyond(topic.id, partition, position, signal),
  }
}
