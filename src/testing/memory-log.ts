import { WindrowError } from '../core/errors.ts'
import { BlockReader } from '../log/block-reader.ts'
import { assertCompacted, logClosed, topicGone } from '../log/errors.ts'
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
} from '../log/port.ts'
import type { SchemaRegistry } from '../log/schema-registry.ts'
import { MemoryLease, MemoryWriter } from './memory-lease.ts'
import { leaseName, type MemoryLogOptions, type MemoryMember, MemoryState } from './memory-state.ts'

export type { MemoryLogOptions } from './memory-state.ts'

/** One simulated process's connection to a log in memory. */
export interface MemoryLog extends Log {
  /** Another session on the same log, as another process would open it. */
  connect(): MemoryLog
  /** As kill -9: what this session holds goes to the others, nobody is told, and every call on it is refused from now on. */
  kill(): void
  /** As a process that was stopped for too long: what it holds goes to the others without a word, and it goes on not knowing. */
  freeze(): void
}

/** The whole log in memory: no clock, no timer, no file. Everything happens in the turn of the event loop in which it is asked for. */
export function memoryLog(options: MemoryLogOptions = {}): MemoryLog {
  return new MemorySession(new MemoryState(options))
}

class MemorySession implements MemoryLog {
  readonly backend = 'memory'
  readonly registry: SchemaRegistry
  private readonly state: MemoryState
  private readonly joined = new Map<MemoryMember, string>()
  private readonly writers = new Set<MemoryWriter>()
  private over = false

  constructor(state: MemoryState) {
    this.state = state
    this.registry = state.registry
  }

  connect(): MemoryLog {
    return new MemorySession(this.state)
  }

  kill(): void {
    this.over = true
    this.freeze()
  }

  freeze(): void {
    for (const writer of this.writers) writer.takeAway()
    for (const [member, group] of this.joined) {
      for (const lease of member.held.values()) lease.takeAway()
      member.held.clear()
      this.dismiss(group, member)
      this.state.rebalance(group)
    }
    this.joined.clear()
  }

  async ensureTopic(spec: TopicSpec): Promise<Topic> {
    this.assertAlive()
    return this.state.ensure(spec)
  }

  async findTopic(name: string): Promise<Topic | null> {
    this.assertAlive()
    return this.state.find(name)
  }

  async topics(): Promise<readonly Topic[]> {
    this.assertAlive()
    return this.state.topics()
  }

  async deleteTopic(name: string): Promise<void> {
    this.assertAlive()
    this.state.delete(name)
  }

  async bounds(topic: Topic, partition: number): Promise<PartitionBounds> {
    this.assertAlive()
    return { start: 0, end: this.state.partition(topic, partition).next }
  }

  reader(topic: Topic, partition: number, from = 0): LogReader {
    this.assertAlive()
    const found = this.state.partition(topic, partition)
    const stillThere = (): void => {
      this.assertAlive()
      if (!this.state.partitions.has(topic.id)) throw topicGone(topic)
    }
    const source = {
      topic,
      partition,
      end: () => {
        stillThere()
        return found.next
      },
      blockAt: (position: number) => found.blockAt(position),
      whenBeyond: async (position: number, signal: AbortSignal) => {
        this.assertAlive()
        if (this.state.partitions.has(topic.id)) await found.whenBeyond(position, signal)
      },
    }
    return new BlockReader(source, from)
  }

  async append(writes: readonly Write[]): Promise<readonly number[]> {
    this.assertAlive()
    return this.state.append(writes)
  }

  async exclusiveWriter(id: string): Promise<MemoryWriter> {
    this.assertAlive()
    const record = this.state.writers.get(id)
    if (record?.holder != null) {
      throw new WindrowError('WR_WRITER_HELD', {
        message: `The writer "${id}" is held by another session of the process ${process.pid}`,
        remedy: 'Close that one first.',
        facts: { writer: id, pid: process.pid },
        canRetry: true,
      })
    }
    const writer = new MemoryWriter(this.state, id, (record?.epoch ?? 0) + 1)
    this.writers.add(writer)
    return writer
  }

  async joinGroup(options: GroupOptions): Promise<GroupMember> {
    this.assertAlive()
    const { state } = this
    const member: MemoryMember = {
      id: state.newMemberId(),
      options,
      held: new Map(),
      giving: new Set(),
      leaving: false,
      assign: (topic, partition, epoch) => new MemoryLease(state, options.group, topic, partition, epoch),
    }
    const members = state.members.get(options.group) ?? []
    members.push(member)
    state.members.set(options.group, members)
    this.joined.set(member, options.group)
    state.rebalance(options.group)
    return { leave: () => this.leave(options.group, member) }
  }

  async groupProgress(group: string, topic: Topic): Promise<readonly GroupProgress[]> {
    this.assertAlive()
    const found: GroupProgress[] = []
    for (let partition = 0; partition < topic.partitions; partition++) {
      const progress = this.state.progress.get(leaseName(group, topic, partition))
      if (progress !== undefined) found.push({ partition, ...progress })
    }
    return found
  }

  async resetGroup(group: string, topic: Topic): Promise<void> {
    this.assertAlive()
    for (let partition = 0; partition < topic.partitions; partition++) {
      if (this.state.leases.get(leaseName(group, topic, partition))?.holder == null) continue
      throw new WindrowError('WR_GROUP_ACTIVE', {
        message: `The group ${group} is at work on ${topic.name}/${partition}`,
        remedy: 'Stop the processes that run it, then reset it.',
        facts: { group, topic: topic.name, partition },
        kind: 'usage',
      })
    }
    for (let partition = 0; partition < topic.partitions; partition++)
      this.state.progress.delete(leaseName(group, topic, partition))
  }

  async compact(topic: Topic): Promise<{ readonly before: number; readonly after: number }> {
    this.assertAlive()
    assertCompacted(topic)
    let before = 0
    let after = 0
    const oldest = this.state.now() - this.state.tombstoneRetentionMs
    for (let partition = 0; partition < topic.partitions; partition++) {
      const result = this.state.partition(topic, partition).compact(oldest)
      before += result.before
      after += result.after
    }
    return { before, after }
  }

  async close(): Promise<void> {
    if (this.over) return
    for (const [member, group] of [...this.joined]) await this.leave(group, member)
    for (const writer of this.writers) await writer.close()
    this.over = true
  }

  private async leave(group: string, member: MemoryMember): Promise<void> {
    member.leaving = true
    await Promise.all([...member.held.keys()].map((key) => this.state.giveUp(group, member, key)))
    this.dismiss(group, member)
    this.joined.delete(member)
    this.state.rebalance(group)
  }

  private dismiss(group: string, member: MemoryMember): void {
    const members = this.state.members.get(group) ?? []
    this.state.members.set(
      group,
      members.filter((other) => other !== member),
    )
  }

  private assertAlive(): void {
    if (this.over) throw logClosed()
  }
}
