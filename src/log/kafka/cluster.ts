import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { metadataV10, metadataV11, metadataV12 } from '@platformatic/kafka'
import { isWindrowError } from '../../core/errors.ts'
import { logClosed, topicGone, wrongPartition } from '../errors.ts'
import type { PartitionBounds, Topic } from '../port.ts'
import { type Broker, BrokerConnection, type ConnectionSettings, type Versions } from './broker-connection.ts'
import { isPassing, kafkaRefused, kafkaUnreachable } from './cluster-errors.ts'
import type { Compression } from './compress.ts'
import { type OffsetKind, OffsetQuestions, offsetOf } from './list-offsets.ts'
import { MAX_BATCH_BYTES } from './produce.ts'

export interface ClusterOptions extends ConnectionSettings {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers: readonly string[]
  /** How long a request is tried again while brokers are away or leaders move, before WR_KAFKA_UNREACHABLE. */
  readonly patienceMs?: number
  /** Of what is written; default: none. */
  readonly compression?: Compression
  /** At about this size a record batch is closed, before compression. */
  readonly maxBatchBytes?: number
}

export interface PartitionMetadata {
  /** Node id of the leader, -1 while there is none. */
  readonly leader: number
  readonly replicas: number
  /** How many of those have all that was acknowledged. */
  readonly inSync: number
}

export interface TopicMetadata {
  readonly name: string
  /** The UUID that Kafka gave the topic when it was made. */
  readonly id: string
  readonly internal: boolean
  readonly partitions: readonly PartitionMetadata[]
}

type MetadataAnswer = Awaited<ReturnType<typeof metadataV12.api.async>>

const METADATA = [metadataV12, metadataV11, metadataV10]
const UNKNOWN_TOPIC = 3
const PATIENCE_MS = 30_000
const UNCOMPRESSED: Compression = { type: 'none', level: null }
/** A topic that was just made is not known to every broker at once. */
const GONE_AFTER_MS = 2_000

/** Who leads what in a Kafka cluster, and connections to its brokers. What it knows is asked again when it proves wrong. */
export class Cluster {
  private readonly options: ClusterOptions
  private readonly bootstrap: readonly Broker[]
  private brokers = new Map<number, Broker>()
  private readonly topics = new Map<string, TopicMetadata>()
  private readonly shared = new Map<string, Promise<BrokerConnection>>()
  private readonly lent = new Set<BrokerConnection>()
  private readonly refreshing = new Map<string, Promise<TopicMetadata | null>>()
  private readonly offsets = new OffsetQuestions()
  private readonly closing = new AbortController()

  constructor(options: ClusterOptions) {
    this.options = options
    // Any number of requests may wait at once for brokers to come back.
    setMaxListeners(0, this.closing.signal)
    this.bootstrap = options.brokers.map(parseBroker)
  }

  get patienceMs(): number {
    return this.options.patienceMs ?? PATIENCE_MS
  }

  get compression(): Compression {
    return this.options.compression ?? UNCOMPRESSED
  }

  get maxBatchBytes(): number {
    return this.options.maxBatchBytes ?? MAX_BATCH_BYTES
  }

  /** Aborts when the cluster is closed. */
  get closed(): AbortSignal {
    return this.closing.signal
  }

  /** The topics of those names, or all, as a broker knows them now. A topic that does not exist is not in the map. */
  async metadata(names?: readonly string[]): Promise<ReadonlyMap<string, TopicMetadata>> {
    const wanted = names === undefined ? null : [...names]
    return this.patiently(async (connection) => this.learn(await connection.call(METADATA, 'Metadata', wanted, false, false)))
  }

  /** Which broker leads the partition, by what is known. WR_TOPIC_GONE when the topic of that identity is not there. */
  async leaderOf(topic: Topic, partition: number): Promise<number> {
    const known = this.topics.get(topic.name)
    const entry = known?.id === topic.id ? known : await this.entryNow(topic)
    const leader = entry.partitions[partition]?.leader
    if (leader === undefined) throw wrongPartition(topic, partition)
    if (leader >= 0) return leader
    this.forget(topic)
    throw kafkaUnreachable(`The leader of ${topic.name}/${partition}`)
  }

  /** Makes the next question about the topic ask the cluster again: after an answer that says so, or a deletion. */
  forget(topic: { readonly name: string }): void {
    this.topics.delete(topic.name)
  }

  /**
   * A connection to the partition's leader. `own` is the caller's, who closes it: a Fetch that waits delays whatever shares its
   * connection. `shared` belongs to the cluster.
   */
  async leaderConnection(topic: Topic, partition: number, purpose: 'shared' | 'own'): Promise<BrokerConnection> {
    const leader = await this.leaderOf(topic, partition)
    const broker = this.brokers.get(leader)
    if (broker === undefined) {
      this.forget(topic)
      throw kafkaUnreachable(`Broker ${leader}`)
    }
    try {
      this.assertOpen()
      if (purpose === 'shared') return await this.connected(broker)
      return await this.lend(broker)
    } catch (error) {
      this.forget(topic)
      throw error
    }
  }

  /** The log's start, and the last stable offset: the end of what is read by `read_committed`. */
  bounds(topic: Topic, partition: number): Promise<PartitionBounds> {
    return this.retrying(async () => {
      // By name alone another topic of that name would answer.
      await this.entryNow(topic)
      const connection = await this.leaderConnection(topic, partition, 'shared')
      const [start, end] = await Promise.all([
        this.listOffset(connection, topic, partition, 'earliest'),
        this.listOffset(connection, topic, partition, 'latest'),
      ])
      return { start, end: Math.max(start, end) }
    })
  }

  /** Asks any broker; it hands on what is the controller's. Some items of the answer may carry error codes. */
  ask<Arguments extends unknown[], Answer>(
    versions: Versions<Arguments, Answer>,
    what: string,
    ...args: Arguments
  ): Promise<Answer> {
    return this.patiently((connection) => connection.call(versions, what, ...args))
  }

  /** Asks every broker that is at work for what only it knows. One that does not answer is not waited for. */
  async onEachBroker<T>(action: (connection: BrokerConnection) => Promise<T>): Promise<T[]> {
    await this.metadata([])
    const asked = await Promise.allSettled([...this.brokers.values()].map(async (broker) => action(await this.connected(broker))))
    for (const result of asked) {
      if (result.status === 'rejected' && !(isWindrowError(result.reason) && result.reason.canRetry)) throw result.reason
    }
    return asked.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  }

  /** Tries again what fails in passing, less and less often, until patience ends or the signal aborts. */
  async retrying<T>(action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const deadline = performance.now() + this.patienceMs
    for (let attempt = 0; ; attempt++) {
      this.assertOpen()
      try {
        return await action()
      } catch (error) {
        if (!(isWindrowError(error) && error.canRetry) || signal?.aborted || performance.now() >= deadline) throw error
      }
      await this.backOff(attempt, signal)
    }
  }

  /** Waits before the next attempt; ends at once when the signal aborts or the cluster is closed. */
  async backOff(attempt: number, signal?: AbortSignal): Promise<void> {
    const ms = Math.min(1_000, 20 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2)
    const ended = signal === undefined ? this.closed : AbortSignal.any([signal, this.closed])
    await delay(ms, undefined, { signal: ended, ref: true }).catch(() => undefined)
  }

  async close(): Promise<void> {
    if (this.closed.aborted) return
    this.closing.abort()
    for (const own of this.lent) own.close()
    this.lent.clear()
    const open = await Promise.allSettled(this.shared.values())
    this.shared.clear()
    for (const result of open) if (result.status === 'fulfilled') result.value.close()
  }

  private async lend(broker: Broker): Promise<BrokerConnection> {
    const own = await BrokerConnection.open(broker, this.options)
    for (const other of this.lent) if (!other.isOpen) this.lent.delete(other)
    this.lent.add(own)
    if (!this.closed.aborted) return own
    own.close()
    throw logClosed()
  }

  private assertOpen(): void {
    if (this.closed.aborted) throw logClosed()
  }

  private async listOffset(connection: BrokerConnection, topic: Topic, partition: number, kind: OffsetKind): Promise<number> {
    const answer = await this.offsets.ask(connection, kind, topic, partition)
    if (isPassing(answer.errorCode)) this.forget(topic)
    return offsetOf(answer, topic, partition)
  }

  /** The topic as it is now. WR_TOPIC_GONE when it is not there, or another has its name. */
  private async entryNow(topic: Topic): Promise<TopicMetadata> {
    const deadline = performance.now() + GONE_AFTER_MS
    for (let attempt = 0; ; attempt++) {
      const entry = await this.refresh(topic.name)
      if (entry?.id === topic.id) return entry
      if (performance.now() >= deadline) throw topicGone(topic)
      await this.backOff(attempt)
      this.assertOpen()
    }
  }

  /** Asks about one topic; whoever asks meanwhile gets the same answer. */
  private refresh(name: string): Promise<TopicMetadata | null> {
    const running = this.refreshing.get(name)
    if (running !== undefined) return running
    const started = this.metadata([name]).then((found) => found.get(name) ?? null)
    const done = started.finally(() => this.refreshing.delete(name))
    this.refreshing.set(name, done)
    return done
  }

  private learn(answer: MetadataAnswer): ReadonlyMap<string, TopicMetadata> {
    this.brokers = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
    const found = new Map<string, TopicMetadata>()
    for (const { errorCode, name, topicId, isInternal, partitions } of answer.topics) {
      if (typeof name !== 'string') continue
      if (errorCode !== 0 && !isPassing(errorCode)) throw kafkaRefused(`to describe the topic ${name}`, errorCode)
      if (errorCode !== 0 || partitions.length === 0) {
        this.topics.delete(name)
        if (errorCode !== 0 && errorCode !== UNKNOWN_TOPIC) throw kafkaRefused(`to describe the topic ${name}`, errorCode)
        continue
      }
      const list: PartitionMetadata[] = []
      for (const { partitionIndex, leaderId, replicaNodes, isrNodes } of partitions) {
        list[partitionIndex] = { leader: leaderId, replicas: replicaNodes.length, inSync: isrNodes.length }
      }
      const entry = { name, id: topicId, internal: isInternal, partitions: list }
      this.topics.set(name, entry)
      found.set(name, entry)
    }
    return found
  }

  private patiently<T>(action: (connection: BrokerConnection) => Promise<T>): Promise<T> {
    return this.retrying(async () => action(await this.anyConnection()))
  }

  /** A connection to whichever broker answers. */
  private async anyConnection(): Promise<BrokerConnection> {
    let last: unknown
    for (const broker of [...this.brokers.values(), ...this.bootstrap]) {
      this.assertOpen()
      try {
        return await this.connected(broker)
      } catch (error) {
        if (!(isWindrowError(error) && error.canRetry)) throw error
        last = error
      }
    }
    throw kafkaUnreachable(`Kafka at ${this.options.brokers.join(', ')}`, last)
  }

  private async connected(broker: Broker): Promise<BrokerConnection> {
    const name = `${broker.host}:${broker.port}`
    const existing = this.shared.get(name)
    if (existing !== undefined) {
      const connection = await existing
      if (connection.isOpen) return connection
      if (this.shared.get(name) === existing) this.shared.delete(name)
      return this.connected(broker)
    }
    const opening = BrokerConnection.open(broker, this.options)
    this.shared.set(name, opening)
    try {
      return await opening
    } catch (error) {
      if (this.shared.get(name) === opening) this.shared.delete(name)
      throw error
    }
  }
}

export function openCluster(options: ClusterOptions): Cluster {
  return new Cluster(options)
}

function parseBroker(text: string): Broker {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) }
}
