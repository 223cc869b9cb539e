import { WindrowError } from '../../core/errors.ts'
import { openLmdbStore } from '../../kv/lmdb-store.ts'
import type { KeyValueStore } from '../../kv/port.ts'
import { BlockReader } from '../block-reader.ts'
import { logClosed, topicGone, wrongPartition } from '../errors.ts'
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
import { decodeProgress } from '../progress.ts'
import type { SchemaRegistry } from '../schema-registry.ts'
import { Committer } from './committer.ts'
import { compactTopic } from './compaction.ts'
import { embeddedRegistry } from './embedded-registry.ts'
import { EmbeddedGroupMember } from './group-member.ts'
import { type HeldWriter, takeWriter } from './held-writer.ts'
import { decodeLease } from './lease-record.ts'
import { headKey, leaseKey, progressKey } from './log-keys.ts'
import { decodeHead } from './partition-head.ts'
import { partitionSource } from './partition-source.ts'
import { Presence } from './presence.ts'
import { TailWatch } from './tail-watch.ts'
import { TopicStore } from './topic-store.ts'

export interface EmbeddedLogSettings {
  /** A process that shows no sign of life for so long loses its leases, default 10 s. All processes must agree. */
  readonly sessionTimeoutMs?: number
  /** Compaction keeps tombstones for so long after they were appended, default 24 h. */
  readonly tombstoneRetentionMs?: number
  /** Compaction remembers keys in about so many bytes at a time (more passes for more keys), default 64 MiB. */
  readonly compactionMemoryBytes?: number
}

/** `kv`: a store to work in, which stays open when the log is closed. `directory`: the log opens a store there and closes it. */
export type EmbeddedLogOptions = EmbeddedLogSettings & ({ readonly kv: KeyValueStore } | { readonly directory: string })

/** Opens the log that needs no server: it lies in a store that several processes share. */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<Log> {
  if ('kv' in options) return new EmbeddedLog(options.kv, options, async () => undefined)
  const own = await openLmdbStore({ path: options.directory })
  return new EmbeddedLog(own, options, () => own.close())
}

class EmbeddedLog implements Log {
  readonly backend = 'embedded'
  readonly registry: SchemaRegistry
  private readonly kv: KeyValueStore
  private readonly settings: EmbeddedLogSettings
  private readonly closeStore: () => Promise<void>
  private readonly topicStore: TopicStore
  private readonly committer: Committer
  private readonly presence: Presence
  private readonly tails: TailWatch
  private readonly members = new Set<GroupMember>()
  private readonly writers = new Set<HeldWriter>()
  private closing: Promise<void> | null = null

  constructor(kv: KeyValueStore, settings: EmbeddedLogSettings, closeStore: () => Promise<void>) {
    this.kv = kv
    this.settings = settings
    this.closeStore = closeStore
    this.registry = embeddedRegistry(kv)
    this.topicStore = new TopicStore(kv)
    this.committer = new Committer(kv)
    this.presence = new Presence(kv, settings.sessionTimeoutMs ?? 10_000)
    this.tails = new TailWatch(kv)
  }

  async ensureTopic(spec: TopicSpec): Promise<Topic> {
    this.assertOpen()
    return this.topicStore.ensure(spec)
  }

  async findTopic(name: string): Promise<Topic | null> {
    this.assertOpen()
    return this.topicStore.find(name)
  }

  async topics(): Promise<readonly Topic[]> {
    this.assertOpen()
    return this.topicStore.all()
  }

  async deleteTopic(name: string): Promise<void> {
    this.assertOpen()
    await this.topicStore.delete(name)
  }

  async bounds(topic: Topic, partition: number): Promise<PartitionBounds> {
    this.assertOpen()
    assertPartition(topic, partition)
    const head = this.kv.get(headKey(topic.id, partition))
    if (head === undefined) throw topicGone(topic)
    return { start: 0, end: decodeHead(head).next }
  }

  reader(topic: Topic, partition: number, from = 0): LogReader {
    this.assertOpen()
    assertPartition(topic, partition)
    return new BlockReader(partitionSource(this.kv, this.tails, topic, partition), from)
  }

  async append(writes: readonly Write[]): Promise<readonly number[]> {
    this.assertOpen()
    return this.committer.commit({
      writes,
      changes: [],
      conditions: [],
      refusal: () => topicGone((writes[0] as Write).topic),
    })
  }

  async exclusiveWriter(id: string): Promise<HeldWriter> {
    this.assertOpen()
    const writer = await takeWriter(this.kv, this.committer, this.presence, id)
    this.writers.add(writer)
    return writer
  }

  async joinGroup(options: GroupOptions): Promise<GroupMember> {
    this.assertOpen()
    const member = await EmbeddedGroupMember.join(this.kv, this.committer, this.presence, options)
    this.members.add(member)
    return member
  }

  async groupProgress(group: string, topic: Topic): Promise<readonly GroupProgress[]> {
    this.assertOpen()
    const found: GroupProgress[] = []
    for (let partition = 0; partition < topic.partitions; partition++) {
      const value = this.kv.get(progressKey(topic.id, partition, group))
      if (value !== undefined) found.push({ partition, ...decodeProgress(value) })
    }
    return found
  }

  async resetGroup(group: string, topic: Topic): Promise<void> {
    this.assertOpen()
    for (;;) {
      const changes = []
      const conditions = []
      for (let partition = 0; partition < topic.partitions; partition++) {
        const lease = leaseKey(topic.id, partition, group)
        const raw = this.kv.get(lease)
        const { session } = decodeLease(raw)
        if (session !== null && (await this.presence.isLive(session))) throw groupActive(group, topic, partition)
        changes.push({ key: progressKey(topic.id, partition, group), value: null })
        conditions.push({ key: lease, expected: raw ?? null })
      }
      if (await this.kv.batch(changes, conditions)) return
    }
  }

  async compact(topic: Topic): Promise<{ readonly before: number; readonly after: number }> {
    this.assertOpen()
    await this.topicStore.sweep()
    return compactTopic(this.kv, topic, {
      tombstoneRetentionMs: this.settings.tombstoneRetentionMs ?? 24 * 3_600_000,
      memoryBytes: this.settings.compactionMemoryBytes ?? 64 * 1024 * 1024,
    })
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown()
    return this.closing
  }

  private async shutDown(): Promise<void> {
    // While the members leave, whoever works on their partitions may still read, wait and commit.
    await Promise.all([...this.members].map((member) => member.leave()))
    await Promise.all([...this.writers].map((writer) => writer.close()))
    this.tails.close()
    await this.committer.idle()
    await this.presence.end()
    await this.closeStore()
  }

  private assertOpen(): void {
    if (this.closing !== null) throw logClosed()
  }
}

function assertPartition(topic: Topic, partition: number): void {
  if (!Number.isInteger(partition) || partition < 0 || partition >= topic.partitions) throw wrongPartition(topic, partition)
}

function groupActive(group: string, topic: Topic, partition: number): WindrowError {
  return new WindrowError('WR_GROUP_ACTIVE', {
    message: `The group ${group} is at work on ${topic.name}/${partition}`,
    remedy: 'Stop the processes that run it, then reset it.',
    facts: { group, topic: topic.name, partition },
    kind: 'usage',
  })
}
