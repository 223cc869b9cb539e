import { deleteGroupsV2 } from '@platformatic/kafka'
import { WindrowError } from '../../core/errors.ts'
import { assertCompacted, logClosed, wrongPartition } from '../errors.ts'
import type {
  GroupMember,
  GroupOptions,
  GroupProgress,
  Log,
  LogReader,
  PartitionBounds,
  Topic,
  TopicSpec,
  Write,
} from '../port.ts'
import type { SchemaRegistry } from '../schema-registry.ts'
import { Appender } from './appender.ts'
import { assertMayCommit } from './assert-rights.ts'
import type { ConnectionSettings } from './broker-connection.ts'
import { type Cluster, type ClusterOptions, openCluster } from './cluster.ts'
import { committedOffsets, groupIdOf } from './committed-offsets.ts'
import { confluentRegistry } from './confluent-registry.ts'
import { Coordinator, SharedConnections } from './coordinator.ts'
import { kafkaReader } from './fetch/kafka-reader.ts'
import { isAnswer, kafkaFailure } from './kafka-errors.ts'
import { type GroupContext, joinKafkaGroup } from './kafka-group-member.ts'
import { KafkaInspection } from './kafka-inspection.ts'
import { KafkaTopics, SCHEMAS_TOPIC, type TopicRetention, WRITERS_TOPIC } from './kafka-topics.ts'
import { clientIdOfProcess, type KafkaWriter, takeKafkaWriter } from './kafka-writer.ts'
import { topicRegistry } from './topic-registry.ts'
import { tryAgain } from './try-again.ts'

const DELETE_GROUPS = [deleteGroupsV2]
const SESSION_TIMEOUT_MS = 10_000
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024

export interface KafkaLogOptions extends Omit<ClusterOptions, 'clientId' | 'patienceMs'> {
  /** What reads and writes call themselves; members of groups have a name of their own, by which others know who holds what. */
  readonly clientId?: string
  /** Null: schemas are kept in a topic. */
  readonly schemaRegistryUrl?: string | null
  /** A process that is not heard of for so long loses its partitions, default 10 s. The brokers allow 6 s and more. */
  readonly sessionTimeoutMs?: number
  /** Copies of each partition of topics that are made; default: the brokers' default. */
  readonly replicationFactor?: number | null
  /** Called when a topic that should keep everything has a retention. */
  readonly onRetention?: (retention: TopicRetention) => void
}

/** The log, and what else its brokers tell. */
export interface LogOnKafka extends Log {
  readonly inspection: KafkaInspection
}

/** Opens the log on Apache Kafka. Needs no more than a broker; nothing is asked of it before the first use. */
export async function openKafkaLog(options: KafkaLogOptions): Promise<LogOnKafka> {
  return new KafkaLog(options)
}

class KafkaLog implements LogOnKafka {
  readonly backend = 'kafka'
  readonly inspection: KafkaInspection
  readonly registry: SchemaRegistry
  private readonly cluster: Cluster
  private readonly context: GroupContext
  private readonly topicsOfCluster: KafkaTopics
  private readonly appender: Appender
  private readonly offsets = new Map<string, Coordinator>()
  private readonly members = new Set<GroupMember>()
  private readonly writers = new Set<KafkaWriter>()
  private readonly ownTopics = new Map<string, Promise<Topic>>()
  private readonly closeRegistry: () => Promise<void>
  private closing: Promise<void> | null = null

  constructor(options: KafkaLogOptions) {
    const { schemaRegistryUrl = null, clientId = clientIdOfProcess(), sessionTimeoutMs = SESSION_TIMEOUT_MS } = options
    const settings: ConnectionSettings = { ...options, clientId: clientIdOfProcess() }
    this.cluster = openCluster({ ...options, clientId })
    const shared = new SharedConnections(settings)
    this.context = { cluster: this.cluster, settings, shared, sessionTimeoutMs }
    this.inspection = new KafkaInspection(this.cluster, shared)
    this.topicsOfCluster = new KafkaTopics({
      cluster: this.cluster,
      replicationFactor: options.replicationFactor ?? null,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      onRetention: options.onRetention ?? (() => undefined),
    })
    this.appender = new Appender(this.cluster, settings)
    if (schemaRegistryUrl !== null) {
      this.registry = confluentRegistry(schemaRegistryUrl)
      this.closeRegistry = async () => undefined
    } else {
      const registry = topicRegistry({
        topic: () => this.ownTopic(SCHEMAS_TOPIC),
        reader: (topic) => kafkaReader(this.cluster, topic, 0),
        end: async (topic) => (await this.cluster.bounds(topic, 0)).end,
        append: (writes) => this.appender.append(writes),
      })
      this.registry = registry
      this.closeRegistry = () => registry.close()
    }
  }

  async ensureTopic(spec: TopicSpec): Promise<Topic> {
    this.assertOpen()
    return this.topicsOfCluster.ensure(spec)
  }

  async findTopic(name: string): Promise<Topic | null> {
    this.assertOpen()
    return this.topicsOfCluster.find(name)
  }

  async topics(): Promise<readonly Topic[]> {
    this.assertOpen()
    return this.topicsOfCluster.all()
  }

  /** The brokers forget the progress of groups with the topic. */
  async deleteTopic(name: string): Promise<void> {
    this.assertOpen()
    await this.topicsOfCluster.delete(name)
  }

  async bounds(topic: Topic, partition: number): Promise<PartitionBounds> {
    this.assertOpen()
    assertPartition(topic, partition)
    return this.cluster.bounds(topic, partition)
  }

  reader(topic: Topic, partition: number, from?: number): LogReader {
    this.assertOpen()
    assertPartition(topic, partition)
    return kafkaReader(this.cluster, topic, partition, from)
  }

  async append(writes: readonly Write[]): Promise<readonly number[]> {
    this.assertOpen()
    for (const { topic, partition } of writes) assertPartition(topic, partition)
    return this.appender.append(writes)
  }

  async exclusiveWriter(id: string): Promise<KafkaWriter> {
    this.assertOpen()
    const writer = await takeKafkaWriter(this.context, await this.ownTopic(WRITERS_TOPIC), id)
    this.writers.add(writer)
    writer.lost.addEventListener('abort', () => this.writers.delete(writer), { once: true })
    return writer
  }

  async joinGroup(options: GroupOptions): Promise<GroupMember> {
    this.assertOpen()
    const { shared } = this.context
    await Promise.all(options.topics.map((topic) => assertMayCommit(this.cluster, shared, groupIdOf(options.group, topic))))
    const joined = await joinKafkaGroup(this.context, options)
    const member: GroupMember = {
      leave: async () => {
        await joined.leave()
        this.members.delete(member)
      },
    }
    this.members.add(member)
    return member
  }

  async groupProgress(group: string, topic: Topic): Promise<readonly GroupProgress[]> {
    this.assertOpen()
    const groupId = groupIdOf(group, topic)
    const committed = await committedOffsets(this.coordinatorOf(groupId), groupId, topic)
    return committed.flatMap(({ partition, progress }) => (progress === null ? [] : [{ partition, ...progress }]))
  }

  async resetGroup(group: string, topic: Topic): Promise<void> {
    this.assertOpen()
    const groupId = groupIdOf(group, topic)
    const codeOf = (answer: { results: ReadonlyArray<{ errorCode: number }> }): number => answer.results[0]?.errorCode ?? 0
    try {
      await tryAgain(() => this.coordinatorOf(groupId).call(DELETE_GROUPS, 'DeleteGroups', codeOf, [groupId]), {
        after: Coordinator.mayPass,
        forMs: this.cluster.patienceMs,
      })
    } catch (error) {
      if (isAnswer(error, 'GROUP_ID_NOT_FOUND')) return
      throw isAnswer(error, 'NON_EMPTY_GROUP') ? groupActive(group, topic) : kafkaFailure(error, topic)
    }
  }

  /** The brokers do it in their own time, and nobody knows how many records there are. */
  async compact(topic: Topic): Promise<{ readonly before: number; readonly after: number }> {
    this.assertOpen()
    assertCompacted(topic)
    let records = 0
    for (let partition = 0; partition < topic.partitions; partition++) {
      const { start, end } = await this.cluster.bounds(topic, partition)
      records += end - start
    }
    return { before: records, after: records }
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown()
    return this.closing
  }

  private async shutDown(): Promise<void> {
    // While the members leave, whoever works on their partitions may still read, wait and commit.
    await Promise.all([...this.members].map((member) => member.leave()))
    await Promise.all([...this.writers].map((writer) => writer.close()))
    await this.appender.close()
    await this.closeRegistry()
    for (const coordinator of this.offsets.values()) coordinator.close()
    await this.context.shared.close()
    await this.cluster.close()
  }

  private coordinatorOf(groupId: string): Coordinator {
    const known = this.offsets.get(groupId) ?? new Coordinator(this.cluster, this.context.shared, 'group', groupId)
    this.offsets.set(groupId, known)
    return known
  }

  private ownTopic(name: string): Promise<Topic> {
    const known = this.ownTopics.get(name)
    if (known !== undefined) return known
    const made = this.topicsOfCluster.ensure({ name, partitions: 1, cleanup: 'keep' })
    this.ownTopics.set(name, made)
    made.catch(() => this.ownTopics.delete(name))
    return made
  }

  private assertOpen(): void {
    if (this.closing !== null) throw logClosed()
  }
}

function assertPartition(topic: Topic, partition: number): void {
  if (!Number.isInteger(partition) || partition < 0 || partition >= topic.partitions) throw wrongPartition(topic, partition)
}

function groupActive(group: string, topic: Topic): WindrowError {
  return new WindrowError('WR_GROUP_ACTIVE', {
    message: `The group ${group} is at work on ${topic.name}`,
    remedy: 'Stop the processes that run it, then reset it.',
    facts: { group, topic: topic.name },
    kind: 'usage',
  })
}
