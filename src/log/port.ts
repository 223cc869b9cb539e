import type { RecordBatch, RecordBlock } from '../core/record-block.ts'
import type { SchemaRegistry } from './schema-registry.ts'

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  /** `keep`: every record for ever. `compact`: at least the latest record of each key, tombstones for a while. */
  readonly cleanup: 'keep' | 'compact'
}

export interface Topic extends TopicSpec {
  /** Random, given when the topic is made. A topic deleted and made anew has another: progress of the old one is void. */
  readonly id: string
}

/** Records for one partition of one topic. */
export interface Write {
  readonly topic: Topic
  readonly partition: number
  readonly block: RecordBlock
}

/** How far a group has come in a partition. */
export interface Progress {
  /** The next offset to read. */
  readonly offset: number
  /** The group's own text, at most 4,000 bytes of UTF-8, committed with the offset. */
  readonly metadata: string
}

/** Half-open: offsets in [start, end). */
export interface PartitionBounds {
  readonly start: number
  readonly end: number
}

/** Pulls one partition in order. Not started until asked; holds no transaction open between calls. */
export interface LogReader {
  readonly position: number
  /** The next records, about `maxBytes` (default 1 MiB, at least one record), or null when the end is reached for now. */
  next(maxBytes?: number): Promise<RecordBatch | null>
  /** Resolves when there may be something to read past the position, or when the signal aborts; at most after a few milliseconds' delay past an append by any process. */
  whenMore(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/**
 * The right to process one partition for a group: given to one member at a time. The epoch grows with every
 * assignment, so what an old holder still tries is refused.
 */
export interface PartitionLease {
  readonly group: string
  readonly topic: Topic
  readonly partition: number
  readonly epoch: number
  /** What was committed when the lease was given, null at the very beginning. */
  readonly progress: Progress | null
  /** Aborts when the lease is revoked or lost. Commits after that are refused. */
  readonly lost: AbortSignal
  /**
   * True while nobody else can hold it yet by this process's monotonic clock, also when it was just woken from a long sleep.
   * For writes into what has no fence of its own; a commit needs no such question.
   */
  isHeld(): boolean
  /**
   * Commits the writes and the progress in one transaction: all durable when it resolves. Returns the base offset of each write.
   * Rejects with WR_FENCED when the lease is no longer held (nothing was written), WR_DISK_FULL (nothing was written, retryable),
   * or WR_COMMIT_UNKNOWN (it may or may not have been: drop all memory and start again from the committed progress).
   */
  commit(progress: Progress, writes: readonly Write[]): Promise<readonly number[]>
}

export interface GroupOptions {
  readonly group: string
  readonly topics: readonly Topic[]
  /** Topics to whose partition of the same number leases commit records: what a holder before left undecided there is decided first. */
  readonly writesTo?: readonly Topic[]
  /** Called for each partition that this member gets; it may start at once. */
  readonly onAssigned: (lease: PartitionLease) => void
  /** Called when a partition is to go to another member; the lease is given up when the promise resolves. `lease.lost` aborts afterwards. */
  readonly onRevoked: (lease: PartitionLease) => Promise<void>
  /** Called when taking part failed for now, each time; it is tried again by itself. */
  readonly onTrouble?: (trouble: GroupTrouble) => void
}

/** Why a member does not get what it should have. `partition`: the one that could not be taken; null: the group could not be joined again. */
export interface GroupTrouble {
  readonly topic: Topic
  readonly partition: number | null
  readonly error: unknown
}

export interface GroupMember {
  /** Gives up every lease (after `onRevoked` for each) and leaves the group. */
  leave(): Promise<void>
}

/** An exclusive writer: one holder per id; commits are atomic over topics. */
export interface ExclusiveWriter {
  readonly epoch: number
  readonly lost: AbortSignal
  /** As PartitionLease.commit, without progress. */
  commit(writes: readonly Write[]): Promise<readonly number[]>
  close(): Promise<void>
}

/** Where a group stands in one partition, as of its last commit. */
export interface GroupProgress extends Progress {
  readonly partition: number
}

/** The log of readings and rows. Nothing outside src/log knows which backend is in use. */
export interface Log {
  readonly backend: 'embedded' | 'kafka' | 'memory'
  readonly registry: SchemaRegistry
  /** Creates it when missing. WR_TOPIC_PARTITIONS or WR_TOPIC_CLEANUP when one of that name exists with another partition count or cleanup. */
  ensureTopic(spec: TopicSpec): Promise<Topic>
  findTopic(name: string): Promise<Topic | null>
  topics(): Promise<readonly Topic[]>
  /** Also forgets every group's progress in it. */
  deleteTopic(name: string): Promise<void>
  bounds(topic: Topic, partition: number): Promise<PartitionBounds>
  /** Reads from `from` (default: the start). An offset outside the bounds is refused with WR_OFFSET_OUT_OF_RANGE at the first `next`. */
  reader(topic: Topic, partition: number, from?: number): LogReader
  /** Appends without a fence: all writes or none, durable when it resolves. Returns the base offset of each write. */
  append(writes: readonly Write[]): Promise<readonly number[]>
  /** WR_WRITER_HELD (naming the holder's pid) while another live holder has it. */
  exclusiveWriter(id: string): Promise<ExclusiveWriter>
  joinGroup(options: GroupOptions): Promise<GroupMember>
  groupProgress(group: string, topic: Topic): Promise<readonly GroupProgress[]>
  /** Forgets the group's progress in the topic; refused with WR_GROUP_ACTIVE while a member holds a lease. */
  resetGroup(group: string, topic: Topic): Promise<void>
  /** Rewrites a compacted topic so that superseded records and old tombstones are gone. A no-op where the broker does it. */
  compact(topic: Topic): Promise<{ readonly before: number; readonly after: number }>
  close(): Promise<void>
}
