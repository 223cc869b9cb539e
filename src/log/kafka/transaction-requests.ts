import {
  addOffsetsToTxnV3,
  addOffsetsToTxnV4,
  addPartitionsToTxnV3,
  describeTransactionsV0,
  endTxnV3,
  endTxnV4,
  initProducerIdV3,
  initProducerIdV4,
  txnOffsetCommitV3,
  txnOffsetCommitV4,
} from '@platformatic/kafka'
import type { Topic } from '../port.ts'
import type { ConnectionSettings } from './broker-connection.ts'
import type { Cluster } from './cluster.ts'
import { fetchOffsets } from './committed-offsets.ts'
import { Coordinator, type SharedConnections } from './coordinator.ts'
import { AnsweredError, isAnswer, LEADER_AWAY } from './kafka-errors.ts'
import { tryAgain } from './try-again.ts'

const INIT = [initProducerIdV4, initProducerIdV3]
const DESCRIBE = [describeTransactionsV0]
const ADD_PARTITIONS = [addPartitionsToTxnV3]
const ADD_OFFSETS = [addOffsetsToTxnV4, addOffsetsToTxnV3]
const COMMIT_OFFSETS = [txnOffsetCommitV4, txnOffsetCommitV3]
const END = [endTxnV4, endTxnV3]

/** A transaction that its producer left open is ended by the broker after this; until then it holds back readers. */
const TRANSACTION_TIMEOUT_MS = 10_000
const PATIENCE_MS = 60_000
/** Kafka's OPERATION_NOT_ATTEMPTED says that another partition failed. */
const NOT_ATTEMPTED = 55
const COMMITTED_STATES: ReadonlySet<string> = new Set(['PrepareCommit', 'CompleteCommit'])

/** Who a transactional id is to the brokers: an older epoch is fenced. */
export interface ProducerIdentity {
  readonly producerId: bigint
  readonly epoch: number
}

export interface PartitionOfTopic {
  readonly topic: Topic
  readonly partition: number
}

/** Where a group's progress on a partition is kept. */
export interface OffsetPlace extends PartitionOfTopic {
  readonly group: string
}

/** The progress that a commit carries. */
export interface OffsetCommit extends OffsetPlace {
  readonly offset: number
  readonly metadata: string
}

export type Outcome = 'commit' | 'abort'

/** The requests of one transactional id, each made once: an answer other than success rejects with AnsweredError. */
export class TransactionRequests {
  private readonly cluster: Cluster
  private readonly connections: ConnectionSettings | SharedConnections
  readonly id: string
  private readonly coordinator: Coordinator
  private groups: { readonly id: string; readonly coordinator: Coordinator } | null = null

  constructor(cluster: Cluster, connections: ConnectionSettings | SharedConnections, transactionalId: string) {
    this.cluster = cluster
    this.connections = connections
    this.id = transactionalId
    this.coordinator = new Coordinator(cluster, connections, 'transaction', transactionalId)
  }

  /** Ends what is open, and raises the epoch; null takes the id over from whoever has it. */
  async init(held: ProducerIdentity | null): Promise<ProducerIdentity> {
    const { producerId, epoch } = held ?? { producerId: -1n, epoch: -1 }
    const call = this.coordinator.call(INIT, 'InitProducerId', code, this.id, TRANSACTION_TIMEOUT_MS, producerId, epoch)
    const answer = await call
    return { producerId: answer.producerId, epoch: answer.producerEpoch }
  }

  /** How the last transaction of the id ended, or will end when it is taken over. */
  async lastOutcome(): Promise<Outcome> {
    type Answer = Awaited<ReturnType<typeof describeTransactionsV0.api.async>>
    const codeOf = (answer: Answer): number => answer.transactionStates[0]?.errorCode ?? 0
    try {
      const { transactionStates } = await this.coordinator.call(DESCRIBE, 'DescribeTransactions', codeOf, [this.id])
      return COMMITTED_STATES.has(transactionStates[0]?.transactionState ?? '') ? 'commit' : 'abort'
    } catch (error) {
      if (isAnswer(error, 'TRANSACTIONAL_ID_NOT_FOUND')) return 'abort'
      throw error
    }
  }

  async addPartitions({ producerId, epoch }: ProducerIdentity, partitions: readonly PartitionOfTopic[]): Promise<void> {
    const topics = byTopic(partitions).map(([name, numbers]) => ({ name, partitions: numbers }))
    const request = [{ transactionalId: this.id, producerId, producerEpoch: epoch, verifyOnly: false, topics }]
    type Answer = Awaited<ReturnType<typeof addPartitionsToTxnV3.api.async>>
    const codeOf = ({ resultsByTransaction }: Answer): number => {
      const results = resultsByTransaction.flatMap(({ topicResults }) => topicResults)
      const codes = results.flatMap(({ resultsByPartition }) => resultsByPartition.map((one) => one.partitionErrorCode))
      return firstFailure(codes)
    }
    await this.coordinator.call(ADD_PARTITIONS, 'AddPartitionsToTxn', codeOf, request)
  }

  async addOffsets({ producerId, epoch }: ProducerIdentity, { group }: OffsetPlace): Promise<void> {
    await this.coordinator.call(ADD_OFFSETS, 'AddOffsetsToTxn', code, this.id, producerId, epoch, group)
  }

  /** No member is named: who may commit is decided by the transactional id, which is taken over with the partition. */
  async commitOffsets({ producerId, epoch }: ProducerIdentity, progress: OffsetCommit): Promise<void> {
    const { group, topic, partition, offset, metadata } = progress
    const committed = { committedOffset: BigInt(offset), committedLeaderEpoch: -1, committedMetadata: metadata }
    const topics = [{ name: topic.name, partitions: [{ partitionIndex: partition, ...committed }] }]
    type Answer = Awaited<ReturnType<typeof txnOffsetCommitV4.api.async>>
    const codeOf = (answer: Answer): number =>
      firstFailure(answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)))
    const ids = [this.id, group, producerId, epoch] as const
    await this.groupCoordinator(group).call(COMMIT_OFFSETS, 'TxnOffsetCommit', codeOf, ...ids, -1, '', null, topics)
  }

  /** True while progress was written of which it is not decided whether it is committed. */
  async hasUndecidedOffsets({ group, topic, partition }: OffsetPlace): Promise<boolean> {
    try {
      await fetchOffsets(this.groupCoordinator(group), group, topic, [partition])
      return false
    } catch (error) {
      if (isAnswer(error, 'UNSTABLE_OFFSET_COMMIT')) return true
      throw error
    }
  }

  async end({ producerId, epoch }: ProducerIdentity, outcome: Outcome): Promise<void> {
    await this.coordinator.call(END, 'EndTxn', code, this.id, producerId, epoch, outcome === 'commit')
  }

  close(): void {
    this.coordinator.close()
    this.groups?.coordinator.close()
  }

  private groupCoordinator(group: string): Coordinator {
    if (this.groups?.id !== group) {
      this.groups?.coordinator.close()
      this.groups = { id: group, coordinator: new Coordinator(this.cluster, this.connections, 'group', group) }
    }
    return this.groups.coordinator
  }
}

/** True for a failure of a request after which the transaction, or the one that it was, may still be made. */
export function mayPass(error: unknown): boolean {
  return (
    Coordinator.mayPass(error) ||
    isAnswer(
      error,
      ...LEADER_AWAY,
      'CONCURRENT_TRANSACTIONS',
      'NETWORK_EXCEPTION',
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      'UNKNOWN_PRODUCER_ID',
    )
  )
}

/** Tries again while the coordinator moves or still ends the transaction before. */
export function onceEnded<T>(action: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return tryAgain(action, {
    after: (error) => error instanceof AnsweredError && mayPass(error),
    forMs: PATIENCE_MS,
    signal,
  })
}

/** The partitions' numbers for each topic's name. */
export function byTopic(partitions: readonly PartitionOfTopic[]): Array<[name: string, partitions: number[]]> {
  const found = new Map<string, number[]>()
  for (const { topic, partition } of partitions) found.set(topic.name, [...(found.get(topic.name) ?? []), partition])
  return [...found]
}

function code({ errorCode }: { readonly errorCode: number }): number {
  return errorCode
}

function firstFailure(codes: readonly number[]): number {
  return codes.find((one) => one !== 0 && one !== NOT_ATTEMPTED) ?? 0
}
