import { ConfigResourceTypes, createTopicsV7, deleteTopicsV6, describeConfigsV4 } from '@platformatic/kafka'
import { WindrowError } from '../../core/errors.ts'
import { assertSameShape, assertTopicSpec } from '../errors.ts'
import type { Topic, TopicSpec } from '../port.ts'
import type { Cluster, TopicMetadata } from './cluster.ts'
import { errorName, kafkaRefused, kafkaUnreachable } from './cluster-errors.ts'

const CREATE = [createTopicsV7]
const DELETE = [deleteTopicsV6]
const DESCRIBE_CONFIGS = [describeConfigsV4]

const TIMEOUT_MS = 15_000
/** Partitions without an own number of replicas get the brokers' default. */
const BROKER_DEFAULT = -1
const FOR_EVER = '-1'

export interface TopicsOptions {
  readonly cluster: Cluster
  /** Copies of each partition, null for the brokers' default. */
  readonly replicationFactor: number | null
  /** The largest record that a topic made here takes. */
  readonly maxMessageBytes: number
  /** Called once for a topic whose readings the broker will delete in time. */
  readonly onRetention: (retention: TopicRetention) => void
}

/** A topic that should keep everything and does not. */
export interface TopicRetention {
  readonly topic: string
  /** Milliseconds, -1 without a limit. */
  readonly retentionMs: number
  /** Bytes a partition, -1 without a limit. */
  readonly retentionBytes: number
}

interface Settings {
  readonly cleanup: 'keep' | 'compact'
  readonly retentionMs: number
  readonly retentionBytes: number
}

/** Names that are Kafka's and windrow's own business. */
export function isInternalName(name: string): boolean {
  return name.startsWith('__') || name === '_schemas' || name === WRITERS_TOPIC || name === SCHEMAS_TOPIC
}

export const WRITERS_TOPIC = 'windrow.writers'
export const SCHEMAS_TOPIC = 'windrow.schemas'

/** The topics of the cluster as windrow sees them. */
export class KafkaTopics {
  private readonly options: TopicsOptions
  /** Settings by topic id: they hardly ever change, and then the next process sees it. */
  private readonly settings = new Map<string, Settings>()
  private readonly warnedOf = new Set<string>()

  constructor(options: TopicsOptions) {
    this.options = options
  }

  async find(name: string): Promise<Topic | null> {
    const found = (await this.options.cluster.metadata([name])).get(name)
    if (found === undefined) return null
    const [topic] = await this.withSettings([found])
    if (topic === undefined) return null
    this.warnOfRetention(topic)
    return topic
  }

  async all(): Promise<Topic[]> {
    const found = [...(await this.options.cluster.metadata()).values()]
    return this.withSettings(found.filter(({ name, internal }) => !internal && !isInternalName(name)))
  }

  async ensure(spec: TopicSpec): Promise<Topic> {
    assertTopicSpec(spec)
    const existing = (await this.find(spec.name)) ?? (await this.create(spec))
    assertSameShape(existing, spec)
    return existing
  }

  async delete(name: string): Promise<void> {
    const { cluster } = this.options
    const answer = await cluster.ask(DELETE, 'DeleteTopics', [{ name, topicId: null } as unknown as { name: string }], TIMEOUT_MS)
    for (const { errorCode } of answer.responses) {
      if (errorCode !== 0 && errorName(errorCode) !== 'UNKNOWN_TOPIC_OR_PARTITION')
        throw kafkaRefused(`to delete the topic ${name}`, errorCode)
    }
    cluster.forget({ name })
    await cluster.retrying(async () => {
      if ((await cluster.metadata([name])).has(name)) throw kafkaUnreachable(`The end of the topic ${name}`)
    })
  }

  private async create(spec: TopicSpec): Promise<Topic> {
    const { cluster, replicationFactor } = this.options
    const request = {
      name: spec.name,
      numPartitions: spec.partitions,
      replicationFactor: replicationFactor ?? BROKER_DEFAULT,
      assignments: [],
      configs: this.configsOf(spec),
    }
    const answer = await cluster.ask(CREATE, 'CreateTopics', [request], TIMEOUT_MS, false)
    for (const { errorCode, errorMessage } of answer.topics) {
      // Somebody else was faster.
      if (errorCode === 0 || errorName(errorCode) === 'TOPIC_ALREADY_EXISTS') continue
      throw cannotCreate(spec, errorCode, errorMessage)
    }
    const made = await cluster.retrying(async () => {
      const found = (await cluster.metadata([spec.name])).get(spec.name)
      const ready = found?.partitions.length === spec.partitions && found.partitions.every(({ leader }) => leader >= 0)
      if (found !== undefined && (ready || found.partitions.length !== spec.partitions)) {
        const [topic] = await this.withSettings([found])
        if (topic !== undefined) return topic
      }
      throw kafkaUnreachable(`The new topic ${spec.name}`)
    })
    // A leader that is named may not be ready yet; the first transaction would be aborted for it.
    for (let partition = 0; partition < made.partitions; partition++) await cluster.bounds(made, partition)
    return made
  }

  private configsOf({ cleanup }: TopicSpec): Array<{ name: string; value: string }> {
    const configs: Record<string, string> = {
      'cleanup.policy': cleanup === 'compact' ? 'compact' : 'delete',
      // What a reading tells of is in the reading; the broker's clock says when it came, and old readings have no old segments.
      'message.timestamp.type': 'LogAppendTime',
      'max.message.bytes': String(this.options.maxMessageBytes),
    }
    if (cleanup === 'keep') {
      configs['retention.ms'] = FOR_EVER
      configs['retention.bytes'] = FOR_EVER
    }
    return Object.entries(configs).map(([name, value]) => ({ name, value }))
  }

  private async withSettings(found: readonly TopicMetadata[]): Promise<Topic[]> {
    const unknown = found.filter(({ id }) => !this.settings.has(id))
    if (unknown.length > 0) await this.readSettings(unknown)
    return found.flatMap(({ name, id, partitions }) => {
      const settings = this.settings.get(id)
      // Deleted between the two questions.
      return settings === undefined ? [] : [{ name, id, partitions: partitions.length, cleanup: settings.cleanup }]
    })
  }

  private async readSettings(topics: readonly TopicMetadata[]): Promise<void> {
    const resources = topics.map(({ name }) => ({
      resourceType: ConfigResourceTypes.TOPIC,
      resourceName: name,
      configurationKeys: ['cleanup.policy', 'retention.ms', 'retention.bytes'],
    }))
    const answer = await this.options.cluster.ask(DESCRIBE_CONFIGS, 'DescribeConfigs', resources, false, false)
    for (const { errorCode, resourceName, configs } of answer.results) {
      if (errorName(errorCode) === 'UNKNOWN_TOPIC_OR_PARTITION') continue
      if (errorCode !== 0) throw kafkaRefused(`to tell the settings of the topic ${resourceName}`, errorCode)
      const id = topics.find(({ name }) => name === resourceName)?.id
      const values = new Map(configs.map(({ name, value }) => [name, value]))
      const cleanup = values.get('cleanup.policy')?.includes('compact') ? 'compact' : 'keep'
      const retentionMs = Number(values.get('retention.ms') ?? -1)
      const retentionBytes = Number(values.get('retention.bytes') ?? -1)
      if (id !== undefined) this.settings.set(id, { cleanup, retentionMs, retentionBytes })
    }
  }

  private warnOfRetention(topic: Topic): void {
    const settings = this.settings.get(topic.id)
    if (settings === undefined || topic.cleanup !== 'keep') return
    const { retentionMs, retentionBytes } = settings
    if ((retentionMs < 0 && retentionBytes < 0) || this.warnedOf.has(topic.id)) return
    this.warnedOf.add(topic.id)
    this.options.onRetention({ topic: topic.name, retentionMs, retentionBytes })
  }
}

function cannotCreate(spec: TopicSpec, code: number, detail: string | null | undefined): WindrowError {
  const name = errorName(code)
  if (/AUTHORIZATION/.test(name)) return kafkaRefused(`to make the topic ${spec.name}`, code)
  return new WindrowError('WR_TOPIC_INVALID', {
    message: `Kafka does not make the topic ${spec.name} with ${spec.partitions} partitions: ${detail ?? name}`,
    remedy: 'Make it yourself as docs/configuration.md says, or correct WINDROW_PARTITIONS or KAFKA_REPLICATION_FACTOR.',
    facts: { topic: spec.name, partitions: spec.partitions, code, name },
    kind: 'usage',
  })
}
