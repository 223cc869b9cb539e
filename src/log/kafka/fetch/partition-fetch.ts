import { setTimeout as delay } from 'node:timers/promises'
import { fetchV13, fetchV14, fetchV15, fetchV16, fetchV17 } from '@platformatic/kafka'
import type { Topic } from '../../port.ts'
import type { BrokerConnection } from '../broker-connection.ts'
import type { Cluster } from '../cluster.ts'
import { isPassing, kafkaRefused, kafkaUnreachable } from '../cluster-errors.ts'
import { type PartitionAnswer, readFetchAnswer } from './fetch-answer.ts'

const FETCH = [fetchV17, fetchV16, fetchV15, fetchV14, fetchV13]
const READ_COMMITTED = 1
const OFFSET_OUT_OF_RANGE = 1
/** Sessions save the naming of partitions again and again; there is one here. */
const NO_SESSION = [0, -1] as const

export interface FetchRequest {
  readonly offset: number
  readonly maxBytes: number
  /** How long the broker may wait for a first byte. */
  readonly maxWaitMs: number
}

/** Sends Fetch for one partition over a connection of its own, to whichever broker leads it now. */
export class PartitionFetch {
  private readonly cluster: Cluster
  private readonly topic: Topic
  private readonly partition: number
  private readonly closing = new AbortController()
  private connection: BrokerConnection | null = null

  constructor(cluster: Cluster, topic: Topic, partition: number) {
    this.cluster = cluster
    this.topic = topic
    this.partition = partition
  }

  /**
   * The broker's answer: with records, without, or with OFFSET_OUT_OF_RANGE as its error. Tried again while the leader moves or is
   * away, WR_KAFKA_UNREACHABLE when that takes too long; WR_TOPIC_GONE. One at a time.
   */
  fetch(request: FetchRequest): Promise<PartitionAnswer | 'out of range'> {
    return this.cluster.retrying(() => this.once(request), this.closing.signal)
  }

  /** Ends what is under way: it rejects. */
  close(): void {
    this.closing.abort()
    this.connection?.close()
  }

  private async once(request: FetchRequest): Promise<PartitionAnswer | 'out of range'> {
    const connection = await this.connected()
    const answer = await this.send(connection, request)
    if (answer.errorCode === OFFSET_OUT_OF_RANGE) return 'out of range'
    if (answer.errorCode === 0) return answer
    this.leave(answer.errorCode)
    throw kafkaRefused(`to read ${this.topic.name}/${this.partition}`, answer.errorCode)
  }

  private async send(connection: BrokerConnection, request: FetchRequest): Promise<PartitionAnswer> {
    const { api, createRequest } = connection.newest(FETCH, 'Fetch')
    const { offset, maxBytes, maxWaitMs } = request
    const partition = {
      partition: this.partition,
      currentLeaderEpoch: -1,
      fetchOffset: BigInt(offset),
      lastFetchedEpoch: -1,
      partitionMaxBytes: maxBytes,
    }
    const topics = [{ topicId: this.topic.id, partitions: [partition] }]
    for (;;) {
      const payload = () => createRequest(maxWaitMs, 1, maxBytes, READ_COMMITTED, ...NO_SESSION, topics, [], '')
      const { throttleMs, errorCode, partition: answer } = readFetchAnswer(await connection.raw({ api, payload }))
      if (answer !== null) return answer
      if (errorCode !== 0) {
        this.leave(errorCode)
        throw kafkaRefused(`to read ${this.topic.name}/${this.partition}`, errorCode)
      }
      if (throttleMs === 0) throw kafkaUnreachable(`${this.topic.name}/${this.partition} at ${connection.name}`)
      // A quota: the broker says nothing of the partition until that time is over.
      await delay(throttleMs, undefined, { signal: this.closing.signal })
    }
  }

  private async connected(): Promise<BrokerConnection> {
    this.closing.signal.throwIfAborted()
    if (this.connection?.isOpen) return this.connection
    this.connection = null
    const connection = await this.cluster.leaderConnection(this.topic, this.partition, 'own')
    if (this.closing.signal.aborted) connection.close()
    this.closing.signal.throwIfAborted()
    this.connection = connection
    return connection
  }

  /** Another broker may have to be asked after this error. */
  private leave(errorCode: number): void {
    if (!isPassing(errorCode)) return
    this.cluster.forget(this.topic)
    this.connection?.close()
    this.connection = null
  }
}
