import { createAPI, produceV9, produceV10, produceV11, Writer } from '@platformatic/kafka'
import type { RecordBlock } from '../../core/record-block.ts'
import type { Topic, Write } from '../port.ts'
import type { BrokerConnection } from './broker-connection.ts'
import { type BlockRange, recordBytes } from './encode-batch.ts'
import { AnsweredError } from './kafka-errors.ts'

/** Records for one partition, in the order in which they shall stand there. */
export interface PartitionWrites {
  readonly topic: Topic
  readonly partition: number
  /** Cut so that each can be one batch. */
  readonly batches: ReadonlyArray<readonly BlockRange[]>
  /** Where each write's first record is: its number in all writes (`write`), the batch, and its place in it. */
  readonly firsts: ReadonlyArray<{ readonly write: number; readonly batch: number; readonly index: number }>
}

/** One batch on its way. */
export interface Batch {
  readonly topic: string
  readonly partition: number
  readonly bytes: Buffer
}

/** Where nothing else is said a batch is closed at about this size; brokers take 1 MiB unless told otherwise. */
export const MAX_BATCH_BYTES = 960 * 1024
const ALL_REPLICAS = -1
const BROKER_WAITS_MS = 10_000

/** Brings the writes of each partition together and cuts them into batches. Writes without records are left out. */
export function byPartition(writes: readonly Write[], maxBatchBytes = MAX_BATCH_BYTES): PartitionWrites[] {
  const found = new Map<string, { topic: Topic; partition: number; parts: Array<{ write: number; block: RecordBlock }> }>()
  for (const [write, { topic, partition, block }] of writes.entries()) {
    if (block.count === 0) continue
    const name = `${topic.id}/${partition}`
    const entry = found.get(name) ?? { topic, partition, parts: [] }
    entry.parts.push({ write, block })
    found.set(name, entry)
  }
  return [...found.values()].map(({ topic, partition, parts }) => ({ topic, partition, ...cut(parts, maxBatchBytes) }))
}

function cut(
  parts: ReadonlyArray<{ write: number; block: RecordBlock }>,
  maxBatchBytes: number,
): Pick<PartitionWrites, 'batches' | 'firsts'> {
  const batches: BlockRange[][] = [[]]
  const firsts: Array<{ write: number; batch: number; index: number }> = []
  let bytes = 0
  let records = 0
  for (const { write, block } of parts) {
    let from = 0
    for (let i = 0; i < block.count; i++) {
      const size = recordBytes(block, i)
      if (records > 0 && bytes + size > maxBatchBytes) {
        if (i > from) batches.at(-1)?.push({ block, from, to: i })
        batches.push([])
        from = i
        bytes = 0
        records = 0
      }
      if (i === 0) firsts.push({ write, batch: batches.length - 1, index: records })
      bytes += size
      records++
    }
    batches.at(-1)?.push({ block, from, to: block.count })
  }
  return { batches, firsts }
}

export function countOf(ranges: readonly BlockRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0)
}

function requestOf(transactionalId: string | null, batches: readonly Batch[]): Writer {
  const topics = new Map<string, Batch[]>()
  for (const batch of batches) topics.set(batch.topic, [...(topics.get(batch.topic) ?? []), batch])
  return Writer.create()
    .appendString(transactionalId)
    .appendInt16(ALL_REPLICAS)
    .appendInt32(BROKER_WAITS_MS)
    .appendArray([...topics], (topicWriter, [topic, ofTopic]) => {
      topicWriter.appendString(topic).appendArray(ofTopic, (writer, { partition, bytes }) => {
        writer.appendInt32(partition).appendBytes(bytes)
      })
    })
    .appendTaggedFields()
}

// The library's own request wants an object a record; its answer's parser is as good as any. Version 12 would change the protocol of
// transactions, and the library does not know the other requests of that.
const PRODUCE = [
  { api: createAPI(0, 11, requestOf, produceV11.parseResponse) },
  { api: createAPI(0, 10, requestOf, produceV10.parseResponse) },
  { api: createAPI(0, 9, requestOf, produceV9.parseResponse) },
]

/** Sends at most one batch a partition; resolves with their base offsets once all in-sync replicas have them. */
export async function produce(
  connection: BrokerConnection,
  transactionalId: string | null,
  batches: readonly Batch[],
): Promise<number[]> {
  const answer = await connection.call(PRODUCE, 'Produce', transactionalId, batches)
  const bases = new Map<string, number>()
  for (const { name, partitionResponses } of answer.responses) {
    for (const { index, errorCode, baseOffset } of partitionResponses) {
      if (errorCode !== 0) throw new AnsweredError(`writing to ${name}/${index}`, errorCode)
      bases.set(`${name}/${index}`, Number(baseOffset))
    }
  }
  return batches.map(({ topic, partition }) => bases.get(`${topic}/${partition}`) ?? -1)
}
