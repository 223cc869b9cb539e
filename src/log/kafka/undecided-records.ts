import { describeProducersV0 } from '@platformatic/kafka'
import { isWindrowError } from '../../core/errors.ts'
import type { BrokerConnection } from './broker-connection.ts'
import type { Cluster } from './cluster.ts'
import { AnsweredError, isAnswer, LEADER_AWAY } from './kafka-errors.ts'
import { byTopic, type PartitionOfTopic } from './transaction-requests.ts'

const DESCRIBE = [describeProducersV0]

/** Records of one producer in a partition of which it is not decided whether they are committed: readers wait at the first of them. */
export interface UndecidedRecords extends PartitionOfTopic {
  readonly producerId: bigint
  readonly startOffset: number
  /** When the producer wrote last into the partition, milliseconds since the epoch. */
  readonly lastWriteAt: number
}

/** What is undecided in the partitions, as their leaders say. In a topic that is gone nothing is. */
export async function undecidedRecords(cluster: Cluster, partitions: readonly PartitionOfTopic[]): Promise<UndecidedRecords[]> {
  const leaders = new Map<BrokerConnection, PartitionOfTopic[]>()
  for (const one of partitions) {
    const leader = await leaderIfThere(cluster, one)
    if (leader !== null) leaders.set(leader, [...(leaders.get(leader) ?? []), one])
  }
  const found = await Promise.all([...leaders].map(([leader, led]) => undecidedAt(cluster, leader, led)))
  return found.flat()
}

async function leaderIfThere(cluster: Cluster, { topic, partition }: PartitionOfTopic): Promise<BrokerConnection | null> {
  try {
    return await cluster.leaderConnection(topic, partition, 'shared')
  } catch (error) {
    if (isWindrowError(error, 'WR_TOPIC_GONE')) return null
    throw error
  }
}

async function undecidedAt(
  cluster: Cluster,
  leader: BrokerConnection,
  partitions: readonly PartitionOfTopic[],
): Promise<UndecidedRecords[]> {
  const topics = byTopic(partitions).map(([name, partitionIndexes]) => ({ name, partitionIndexes }))
  const answer = await leader.call(DESCRIBE, 'DescribeProducers', topics)
  return partitions.flatMap(({ topic, partition }) => {
    const ofTopic = answer.topics.find(({ name }) => name === topic.name)
    const state = ofTopic?.partitions.find(({ partitionIndex }) => partitionIndex === partition)
    const error = new AnsweredError(`telling who produces to ${topic.name}/${partition}`, state?.errorCode ?? 0)
    if (isAnswer(error, ...LEADER_AWAY)) cluster.forget(topic)
    if (error.code !== 0) throw error
    return (state?.activeProducers ?? [])
      .filter(({ currentTxnStartOffset }) => currentTxnStartOffset >= 0n)
      .map(({ producerId, lastTimestamp, currentTxnStartOffset }) => ({
        topic,
        partition,
        producerId,
        startOffset: Number(currentTxnStartOffset),
        lastWriteAt: Number(lastTimestamp),
      }))
  })
}
