import { randomUUID } from 'node:crypto'
import { initProducerIdV3, initProducerIdV4 } from '@platformatic/kafka'
import type { Write } from '../port.ts'
import { BatchSender } from './batch-sender.ts'
import type { ConnectionSettings } from './broker-connection.ts'
import type { Cluster } from './cluster.ts'
import { Coordinator } from './coordinator.ts'
import { assertAnswer, commitUnknown, isAnswer, kafkaFailure, LEADER_AWAY } from './kafka-errors.ts'
import { byPartition, type PartitionWrites } from './produce.ts'
import { baseOffsets, TransactionalProducer } from './transactional-producer.ts'
import { tryAgain } from './try-again.ts'

const INIT = [initProducerIdV4, initProducerIdV3]
const PATIENCE_MS = 30_000

/**
 * Appends without a fence. What fits into one record batch is whole by itself, and idempotence keeps it from being written twice when it
 * is sent again; the rest goes in a transaction.
 */
export class Appender {
  private readonly cluster: Cluster
  private readonly settings: ConnectionSettings
  private transactions: Promise<TransactionalProducer> | null = null
  private lastTransaction: Promise<unknown> = Promise.resolve()
  private readonly partitions = new Map<string, PartitionAppender>()
  private readonly end = new AbortController()

  constructor(cluster: Cluster, settings: ConnectionSettings) {
    this.cluster = cluster
    this.settings = settings
  }

  async append(writes: readonly Write[]): Promise<number[]> {
    const grouped = byPartition(writes, this.cluster.maxBatchBytes)
    const [only] = grouped
    if (only === undefined) return baseOffsets(writes, grouped, new Map())
    if (grouped.length > 1 || only.batches.length > 1) return this.inTransaction(writes)
    const name = `${only.topic.id}/${only.partition}`
    const appender = this.partitions.get(name) ?? new PartitionAppender(this.cluster)
    this.partitions.set(name, appender)
    return baseOffsets(writes, grouped, await appender.append(only))
  }

  async close(): Promise<void> {
    await Promise.all([...this.partitions.values()].map((appender) => appender.close()))
    await this.lastTransaction
    this.end.abort()
    const producer = await this.transactions?.catch(() => null)
    await producer?.close()
  }

  private inTransaction(writes: readonly Write[]): Promise<number[]> {
    const done = this.lastTransaction.then(async () => {
      this.transactions ??= this.openTransactions()
      const producer = await this.transactions.catch((error: unknown) => {
        this.transactions = null
        throw kafkaFailure(error)
      })
      return producer.commit(writes, null, this.end.signal)
    })
    // A failure is for who asked.
    this.lastTransaction = done.catch(() => undefined)
    return done
  }

  private async openTransactions(): Promise<TransactionalProducer> {
    const { cluster, settings } = this
    const transactionalId = `windrow.append.${randomUUID()}`
    const producer = new TransactionalProducer({ cluster, settings, transactionalId, what: 'An append' })
    await producer.init(this.end.signal, { partitions: [], progress: null })
    return producer
  }
}

/** One partition: one batch under way at a time, so that what failed can be sent again under its number. */
class PartitionAppender {
  private readonly cluster: Cluster
  private readonly sender: BatchSender
  private producer: { readonly producerId: bigint; readonly epoch: number } | null = null
  private sequence = 0
  private last: Promise<unknown> = Promise.resolve()

  constructor(cluster: Cluster) {
    this.cluster = cluster
    this.sender = new BatchSender(cluster)
  }

  append(writes: PartitionWrites): Promise<ReadonlyMap<PartitionWrites, readonly number[]>> {
    const done = this.last.then(() => this.send(writes))
    // A failure is for who asked.
    this.last = done.catch(() => undefined)
    return done
  }

  async close(): Promise<void> {
    await this.last
    this.sender.close()
  }

  private async send(writes: PartitionWrites): Promise<ReadonlyMap<PartitionWrites, readonly number[]>> {
    let inDoubt = false
    try {
      await this.cluster.leaderOf(writes.topic, writes.partition)
      this.producer ??= await this.newProducer()
      const { producer, sequence } = this
      let records = 0
      const sent = await tryAgain(
        () =>
          this.sender.send([writes], null, (_, count) => {
            records = count
            return { ...producer, sequence, transactional: false }
          }),
        {
          after: (error) => {
            if (Coordinator.mayPass(error) || isAnswer(error, 'REQUEST_TIMED_OUT', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'))
              inDoubt = true
            return Coordinator.mayPass(error) || isAnswer(error, ...LEADER_AWAY)
          },
          forMs: PATIENCE_MS,
        },
      )
      this.sequence = (sequence + records) % 2 ** 31
      return sent
    } catch (error) {
      // The next one is counted from 0 by another producer.
      this.producer = null
      this.sequence = 0
      throw inDoubt ? commitUnknown(`${writes.topic.name}/${writes.partition}`, error) : kafkaFailure(error, writes.topic)
    }
  }

  private async newProducer(): Promise<{ readonly producerId: bigint; readonly epoch: number }> {
    const ask = async () => {
      const { errorCode, producerId, producerEpoch } = await this.cluster.ask(INIT, 'InitProducerId', null, 0, -1n, -1)
      assertAnswer('InitProducerId', errorCode)
      return { producerId, epoch: producerEpoch }
    }
    return tryAgain(ask, { after: Coordinator.mayPass, forMs: PATIENCE_MS })
  }
}
