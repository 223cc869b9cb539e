import { randomUUID } from 'node:crypto'
import { balance, type Contender, type Seat } from '../log/balance.ts'
import { assertSameShape, assertTopicSpec, topicGone, wrongPartition } from '../log/errors.ts'
import type { GroupOptions, Progress, Topic, TopicSpec, Write } from '../log/port.ts'
import type { MemoryLease } from './memory-lease.ts'
import { MemoryPartition } from './memory-partition.ts'
import { memoryRegistry } from './memory-registry.ts'

export interface MemoryLogOptions {
  /** The clock for `appendedAt` and the age of tombstones, default Date.now. */
  readonly now?: () => number
  readonly tombstoneRetentionMs?: number
  /** Makes the identity of each new topic, default random. For simulations that must come out the same every time. */
  readonly newTopicId?: () => string
}

/** A member of a group. */
export interface MemoryMember {
  readonly id: string
  readonly options: GroupOptions
  /** Leases it works on or is giving up, by `topic id/partition`. */
  readonly held: Map<string, MemoryLease>
  readonly giving: Set<string>
  /** It gets nothing more, and is forgotten when it gave up everything. */
  leaving: boolean
  assign(topic: Topic, partition: number, epoch: number): MemoryLease
}

export interface MemoryHolder {
  epoch: number
  /** Null: nobody. */
  holder: object | null
}

/** What all sessions of a log in memory share: the "disk", and who holds what. */
export class MemoryState {
  readonly registry = memoryRegistry()
  readonly partitions = new Map<string, MemoryPartition[]>()
  readonly progress = new Map<string, Progress>()
  readonly leases = new Map<string, MemoryHolder>()
  readonly writers = new Map<string, MemoryHolder>()
  readonly members = new Map<string, MemoryMember[]>()
  readonly now: () => number
  readonly tombstoneRetentionMs: number
  private readonly newTopicId: () => string
  private readonly byName = new Map<string, Topic>()
  private nextMember = 0

  constructor(options: MemoryLogOptions) {
    this.now = options.now ?? Date.now
    this.newTopicId = options.newTopicId ?? randomUUID
    this.tombstoneRetentionMs = options.tombstoneRetentionMs ?? 24 * 3_600_000
  }

  topics(): Topic[] {
    return [...this.byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  find(name: string): Topic | null {
    return this.byName.get(name) ?? null
  }

  ensure(spec: TopicSpec): Topic {
    assertTopicSpec(spec)
    const existing = this.byName.get(spec.name)
    if (existing !== undefined) {
      assertSameShape(existing, spec)
      return existing
    }
    const topic: Topic = { name: spec.name, partitions: spec.partitions, cleanup: spec.cleanup, id: this.newTopicId() }
    this.byName.set(topic.name, topic)
    this.partitions.set(
      topic.id,
      Array.from({ length: topic.partitions }, () => new MemoryPartition()),
    )
    return topic
  }

  delete(name: string): void {
    const topic = this.byName.get(name)
    if (topic === undefined) return
    this.byName.delete(name)
    for (const partition of this.partitions.get(topic.id) ?? []) partition.release()
    this.partitions.delete(topic.id)
    for (const map of [this.progress, this.leases]) {
      for (const key of [...map.keys()]) if (key.includes(`\0${topic.id}\0`)) map.delete(key)
    }
  }

  partition(topic: Topic, partition: number): MemoryPartition {
    if (!Number.isInteger(partition) || partition < 0 || partition >= topic.partitions) throw wrongPartition(topic, partition)
    const found = this.partitions.get(topic.id)?.[partition]
    if (found === undefined) throw topicGone(topic)
    return found
  }

  /** All writes or, when one of them cannot be, none. */
  append(writes: readonly Write[]): number[] {
    const targets = writes.map(({ topic, partition }) => this.partition(topic, partition))
    const now = this.now()
    const bases = writes.map(({ block }, i) => (targets[i] as MemoryPartition).append(block, now))
    for (const target of targets) target.wake()
    return bases
  }

  newMemberId(): string {
    // Padded, so that the order of the ids is the order of joining.
    return String(this.nextMember++).padStart(12, '0')
  }

  /** Gives every partition of the group that is free to whom it belongs, and asks back what belongs to others. */
  rebalance(group: string): void {
    const members = this.members.get(group) ?? []
    const byId = new Map(members.map((member) => [member.id, member]))
    const seats: Array<Seat & { of: Topic; key: string }> = []
    const topics = new Map<string, Topic>()
    for (const { options } of members) for (const topic of options.topics) topics.set(topic.id, topic)
    for (const topic of topics.values()) {
      if (!this.partitions.has(topic.id)) continue
      for (let partition = 0; partition < topic.partitions; partition++) {
        const key = `${topic.id}/${partition}`
        const holder = members.find(({ held }) => held.has(key))?.id ?? null
        seats.push({ of: topic, topic: topic.id, partition, holder, key })
      }
    }
    const contenders: Contender[] = members
      .filter(({ leaving }) => !leaving)
      .map(({ id, options }) => ({ id, topics: new Set(options.topics.map((topic) => topic.id)) }))
    const targets = balance(seats, contenders)
    seats.forEach(({ of, partition, holder, key }, i) => {
      const target = targets[i] ?? null
      if (target === holder) return
      if (holder !== null) this.giveUp(group, byId.get(holder) as MemoryMember, key)
      else if (target !== null) this.give(group, byId.get(target) as MemoryMember, of, partition, key)
    })
  }

  /** Resolves when the member has given up the lease, after its `onRevoked`. */
  async giveUp(group: string, member: MemoryMember, key: string): Promise<void> {
    const lease = member.held.get(key)
    if (lease === undefined || member.giving.has(key)) return
    member.giving.add(key)
    let reason: unknown
    try {
      await member.options.onRevoked(lease)
    } catch (error) {
      reason = error
    }
    member.giving.delete(key)
    // Killed meanwhile: somebody else has it.
    if (member.held.get(key) !== lease) return
    member.held.delete(key)
    lease.giveUp(reason)
    this.rebalance(group)
  }

  private give(group: string, member: MemoryMember, topic: Topic, partition: number, key: string): void {
    const name = leaseName(group, topic, partition)
    const epoch = (this.leases.get(name)?.epoch ?? 0) + 1
    const lease = member.assign(topic, partition, epoch)
    this.leases.set(name, { epoch, holder: lease })
    member.held.set(key, lease)
    queueMicrotask(() => {
      if (member.held.get(key) === lease) member.options.onAssigned(lease)
    })
  }
}

export function leaseName(group: string, topic: Topic, partition: number): string {
  return `${group}\0${topic.id}\0${partition}`
}
