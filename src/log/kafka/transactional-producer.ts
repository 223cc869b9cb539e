import {
  addOffsetsToTxnV3,
  addOffsetsToTxnV4,
  addPartitionsToTxnV3,
  endTxnV3,
  endTxnV4,
  initProducerIdV3,
  initProducerIdV4,
  txnOffsetCommitV3,
  txnOffsetCommitV4,
} from '@platformatic/kafka'
import type { Topic, Write } from '../port.ts'
import { BatchSender } from './batch-sender.ts'
import type { ConnectionSettings } from './broker-connection.ts'
import type { Cluster } from './cluster.ts'
import { Coordinator } from './coordinator.ts'
import { AnsweredError, commitUnknown, fencedOut, isAnswer, isFence, kafkaFailure, LEADER_AWAY } from './kafka-errors.ts'
import { byPartition, type PartitionWrites } from './produce.ts'
import { tryAgain } from './try-again.ts'

const INIT = [initProducerIdV4, initProducerIdV3]
const ADD_PARTITIONS = [addPartitionsToTxnV3]
const ADD_OFFSETS = [addOffsetsToTxnV4, addOffsetsToTxnV3]
const COMMIT_OFFSETS = [txnOffsetCommitV4, txnOffsetCommitV3]
const END = [endTxnV4, endTxnV3]

/** A transaction that its producer left open is ended by the broker after this; until then it holds back readers. */
const TRANSACTION_TIMEOUT_MS = 10_000
const PATIENCE_MS = 60_000
/** An aborted transaction is cleaned up at once, but nobody has to wait long for that: the broker does it by itself. */
const CLEAN_UP_MS = 2_000

/** The progress that a commit carries. */
export interface OffsetCommit {
  readonly group: string
  readonly topic: Topic
  readonly partition: number
  readonly offset: number
  readonly metadata: string
}

export interface TransactionalProducerOptions {
  readonly cluster: Cluster
  readonly settings: ConnectionSettings
  /** The broker takes writes only from who called `init` last with this id. */
  readonly transactionalId: string
  /** For messages: `air.readings/3 (group engine)`. */
  readonly what: string
}

/** Commits records of several partitions and a group's progress in one transaction. One call at a time. */
export class TransactionalProducer {
  private readonly cluster: Cluster
  private readonly id: string
  private readonly what: string
  private readonly settings: ConnectionSettings
  private readonly coordinator: Coordinator
  private readonly sender: BatchSender
  private groups: { readonly id: string; readonly coordinator: Coordinator } | null = null
  private producerId = -1n
  private epoch = -1
  private readonly sequences = new Map<string, number>()
  /** True while a transaction may be open that must not be gone on with. */
  private broken = false

  constructor({ cluster, settings, transactionalId, what }: TransactionalProducerOptions) {
    this.cluster = cluster
    this.settings = settings
    this.id = transactionalId
    this.what = what
    this.coordinator = new Coordinator(cluster, settings, 'transaction', transactionalId)
    this.sender = new BatchSender(cluster)
  }

  /** Takes the id over: whoever had it writes nothing any more, and what it had not committed is gone. */
  async init(signal?: AbortSignal): Promise<void> {
    this.producerId = -1n
    this.epoch = -1
    await this.begin(PATIENCE_MS, signal)
  }

  /**
   * All or nothing; resolves with the base offset of each write. WR_FENCED: nothing was written. WR_COMMIT_UNKNOWN: nobody knows.
   * Anything else: nothing was written. While brokers are away it goes on trying until the signal aborts.
   */
  async commit(writes: readonly Write[], offsets: OffsetCommit | null, signal: AbortSignal): Promise<number[]> {
    const grouped = byPartition(writes)
    if (grouped.length === 0 && offsets === null) return baseOffsets(writes, grouped, new Map())
    try {
      const bases = await tryAgain(() => this.attempt(grouped, offsets, signal), {
        after: (error) => this.mayPass(error),
        forMs: PATIENCE_MS,
        signal,
      })
      await this.end(signal)
      return baseOffsets(writes, grouped, bases)
    } catch (error) {
      if (isFence(error)) throw fencedOut(this.what, error)
      if (this.broken && !signal.aborted) {
        // The failure that is thrown is the one that counts; an open transaction ends by itself at its time-out.
        await this.begin(CLEAN_UP_MS, signal).catch(() => undefined)
      }
      throw kafkaFailure(error, writes[0]?.topic)
    }
  }

  close(): void {
    this.coordinator.close()
    this.groups?.coordinator.close()
    this.sender.close()
  }

  /** A new epoch: ends what is open, and lets the batches be counted from 0 again. */
  private async begin(forMs: number, signal?: AbortSignal): Promise<void> {
    const answer = await tryAgain(
      () => this.coordinator.call(INIT, 'InitProducerId', code, this.id, TRANSACTION_TIMEOUT_MS, this.producerId, this.epoch),
      { after: (error) => this.mayPass(error), forMs, ...(signal === undefined ? {} : { signal }) },
    )
    this.producerId = answer.producerId
    this.epoch = answer.producerEpoch
    this.sequences.clear()
    this.broken = false
  }

  /** Everything but the end of the transaction. */
  private async attempt(
    grouped: readonly PartitionWrites[],
    offsets: OffsetCommit | null,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<PartitionWrites, readonly number[]>> {
    if (this.broken) await this.begin(PATIENCE_MS, signal)
    // Leaders are asked for first: of a topic that is gone, the transaction need not know.
    for (const { topic, partition } of grouped) await this.cluster.leaderOf(topic, partition)
    try {
      if (grouped.length > 0) await this.addPartitions(grouped, signal)
      this.broken = true
      const [bases] = await Promise.all([
        this.sender.send(grouped, this.id, (one, records) => this.next(one, records)),
        offsets === null ? null : this.sendOffsets(offsets, signal),
      ])
      this.broken = false
      return bases
    } catch (error) {
      this.broken = true
      if (isAnswer(error, 'UNKNOWN_TOPIC_OR_PARTITION')) for (const { topic } of grouped) this.cluster.forget(topic)
      throw error
    }
  }

  private async addPartitions(grouped: readonly PartitionWrites[], signal: AbortSignal): Promise<void> {
    const partitions = new Map<string, number[]>()
    for (const { topic, partition } of grouped) partitions.set(topic.name, [...(partitions.get(topic.name) ?? []), partition])
    const topics = [...partitions].map(([name, numbers]) => ({ name, partitions: numbers }))
    const { id, producerId, epoch } = this
    const request = [{ transactionalId: id, producerId, producerEpoch: epoch, verifyOnly: false, topics }]
    const codeOf = (answer: { resultsByTransaction: ReadonlyArray<{ topicResults: ReadonlyArray<TopicResult> }> }): number =>
      firstCode(
        answer.resultsByTransaction[0]?.topicResults.flatMap((topic) => topic.resultsByPartition.map(partitionCode)) ?? [],
      )
    await this.onceEnded(() => this.coordinator.call(ADD_PARTITIONS, 'AddPartitionsToTxn', codeOf, request), signal)
  }

  private async sendOffsets({ group, topic, partition, offset, metadata }: OffsetCommit, signal: AbortSignal): Promise<void> {
    const { id, producerId, epoch } = this
    await this.onceEnded(() => this.coordinator.call(ADD_OFFSETS, 'AddOffsetsToTxn', code, id, producerId, epoch, group), signal)
    const topics = [
      {
        name: topic.name,
        partitions: [
          { partitionIndex: partition, committedOffset: BigInt(offset), committedLeaderEpoch: -1, committedMetadata: metadata },
        ],
      },
    ]
    const codeOf = (answer: { topics: ReadonlyArray<{ partitions: ReadonlyArray<{ errorCode: number }> }> }): number =>
      firstCode(answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)))
    const coordinator = this.groupCoordinator(group)
    // No member is named: who may commit is decided by the transactional id, which is taken over with the partition.
    await this.onceEnded(
      () => coordinator.call(COMMIT_OFFSETS, 'TxnOffsetCommit', codeOf, id, group, producerId, epoch, -1, '', null, topics),
      signal,
    )
  }

  /** The one request that decides: after an answer that was lost it is asked again, which is harmless. */
  private async end(signal: AbortSignal): Promise<void> {
    let lost: unknown = null
    try {
      await tryAgain(() => this.coordinator.call(END, 'EndTxn', code, this.id, this.producerId, this.epoch, true), {
        after: (error) => {
          if (!(error instanceof AnsweredError)) lost = error
          return this.mayPass(error)
        },
        forMs: PATIENCE_MS,
        signal,
      })
    } catch (error) {
      this.broken = true
      if (!(error instanceof AnsweredError)) lost = error
      if (lost !== null) throw commitUnknown(this.what, lost)
      throw isAnswer(error, 'INVALID_TXN_STATE') ? fencedOut(this.what, error) : error
    }
  }

  /** Tries again while the coordinator moves or still ends the transaction before. */
  private onceEnded<T>(action: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return tryAgain(action, {
      after: (error) => error instanceof AnsweredError && this.mayPass(error),
      forMs: PATIENCE_MS,
      signal,
    })
  }

  private mayPass(error: unknown): boolean {
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

  private groupCoordinator(group: string): Coordinator {
    if (this.groups?.id !== group) {
      this.groups?.coordinator.close()
      this.groups = { id: group, coordinator: new Coordinator(this.cluster, this.settings, 'group', group) }
    }
    return this.groups.coordinator
  }

  private next({ topic, partition }: PartitionWrites, records: number): { readonly sequence: number } & Producer {
    const name = `${topic.id}/${partition}`
    const sequence = this.sequences.get(name) ?? 0
    // Counted in 31 bits, beginning anew after the greatest.
    this.sequences.set(name, (sequence + records) % 2 ** 31)
    return { producerId: this.producerId, epoch: this.epoch, sequence, transactional: true }
  }
}

interface Producer {
  readonly producerId: bigint
  readonly epoch: number
  readonly transactional: boolean
}

interface TopicResult {
  readonly resultsByPartition: ReadonlyArray<{ readonly partitionErrorCode: number }>
}

function code({ errorCode }: { readonly errorCode: number }): number {
  return errorCode
}

function partitionCode({ partitionErrorCode }: { readonly partitionErrorCode: number }): number {
  return partitionErrorCode
}

/** Kafka's OPERATION_NOT_ATTEMPTED says that another partition failed. */
const NOT_ATTEMPTED = 55

function firstCode(codes: readonly number[]): number {
  return codes.find((one) => one !== 0 && one !== NOT_ATTEMPTED) ?? 0
}

/** The offset of each write's first record; of a write without records -1. */
export function baseOffsets(
  writes: readonly Write[],
  grouped: readonly PartitionWrites[],
  bases: ReadonlyMap<PartitionWrites, readonly number[]>,
): number[] {
  const result: number[] = new Array(writes.length).fill(-1)
  for (const one of grouped) {
    for (const { write, batch, index } of one.firsts) result[write] = (bases.get(one)?.[batch] as number) + index
  }
  return result
}
