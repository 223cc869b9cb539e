import { describeProducersV0 } from '@platformatic/kafka'
import { isWindrowError } from '../../core/errors.ts'
import type { BrokerConnection } from './broker-connection.ts'
import type { Cluster } from './cluster.ts'
import { AnsweredError, isAnswer, LEADER_AWAY } from './kafka-errors.ts'
import { byTopic, type PartitionOfTopic } from './transaction-requests.ts'

const DESCRIBE = [describeProducersV0]

/**
 * Those of the partitions in which the producer has written records of which it is not decided whether they are committed. In a topic
 * that is gone nothing is.
 */
export async function withOpenTransaction<P extends PartitionOfTopic>(
  cluster: Cluster,
  partitions: readonly P[],
  producerId: bigint,
): Promise<P[]> {
  const leaders = new Map<BrokerConnection, P[]>()
  for (const one of partitions) {
    const leader = await leaderIfThere(cluster, one)
    if (leader !== null) leaders.set(leader, [...(leaders.get(leader) ?? []), one])
  }
  const found = await Promise.all([...leaders].map(([leader, led]) => openAt(cluster, leader, led, producerId)))
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

async function openAt<P extends PartitionOfTopic>(
  cluster: Cluster,
  leader: BrokerConnection,
  partitions: readonly P[],
  producerId: bigint,
): Promise<P[]> {
  const topics = byTopic(partitions).map(([name, partitionIndexes]) => ({ name, partitionIndexes }))
  const answer = await leader.call(DESCRIBE, 'DescribeProducers', topics)
  return partitions.filter(({ topic, partition }) => {
    const ofTopic = answer.topics.find(({ name }) => name === topic.name)
    const state = ofTopic?.partitions.find(({ partitionIndex }) => partitionIndex === partition)
    const error = new AnsweredError(`the producers of ${topic.name}/${partition}`, state?.errorCode ?? 0)
    if (isAnswer(error, ...LEADER_AWAY)) cluster.forget(topic)
    if (error.code !== 0) throw error
    return state?.activeProducers.some((one) => one.producerId === producerId && one.currentTxnStartOffset >= 0n) ?? false
  })
}
