import { partitionOf } from '../../src/core/murmur2.ts'
import { RecordBlockBuilder } from '../../src/core/record-block.ts'
import { readingEncoder } from '../../src/events/reading-encoder.ts'
import type { Log, Topic } from '../../src/log/port.ts'
import type { Workload } from '../workloads/workload.ts'

/** Collects readings of a workload by partition and appends them. */
export interface ReadingAppender {
  readonly count: number
  /** Bytes of keys and values added so far. */
  readonly bytes: number
  add(index: number): void
  /** Resolves when all that was added is durable. */
  append(): Promise<void>
}

export function readingAppender(log: Log, topic: Topic, workload: Workload, schemaId: number): ReadingAppender {
  const encoder = readingEncoder(workload.event, schemaId)
  const builders = Array.from({ length: topic.partitions }, () => new RecordBlockBuilder())
  const partitions = new Map<string, number>()
  let count = 0
  let bytes = 0
  return {
    get count() {
      return count
    },
    get bytes() {
      return bytes
    },
    add(index) {
      const key = workload.keyOf(index)
      let partition = partitions.get(key)
      if (partition === undefined) {
        partition = partitionOf(Buffer.from(key), topic.partitions)
        partitions.set(key, partition)
      }
      const builder = builders[partition] as RecordBlockBuilder
      const before = builder.byteLength
      builder.add(key, encoder.encode(workload.reading(index)))
      bytes += builder.byteLength - before
      count += 1
    },
    async append() {
      const writes = builders.flatMap((builder, partition) =>
        builder.count === 0 ? [] : [{ topic, partition, block: builder.build() }],
      )
      count = 0
      await log.append(writes)
    },
  }
}
