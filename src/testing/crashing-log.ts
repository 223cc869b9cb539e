import { isWindrowError, WindrowError } from '../core/errors.ts'
import type {
  ExclusiveWriter,
  GroupMember,
  GroupOptions,
  Log,
  LogReader,
  PartitionLease,
  Progress,
  Topic,
  Write,
} from '../log/port.ts'

/**
 * Where a crashing log can fail. A crash is for ever: every later call on this log is refused with the same error.
 *
 * - `before-commit`: crash, nothing was applied
 * - `after-commit`: crash, all was applied but nobody was told
 * - `commit-unknown`: WR_COMMIT_UNKNOWN although all was applied; the log goes on
 * - `commit-unknown-lost`: WR_COMMIT_UNKNOWN and nothing was applied; the log goes on
 * - `disk-full`: WR_DISK_FULL, nothing was applied; the log goes on
 * - `log-away`: WR_TEST_LOG_AWAY, which waiting mends; nothing was applied; the log goes on
 * - `before-read`: crash when a reader is asked for more
 */
export const CRASH_POINTS = [
  'before-commit',
  'after-commit',
  'commit-unknown',
  'commit-unknown-lost',
  'disk-full',
  'log-away',
  'before-read',
] as const

export type CrashPoint = (typeof CRASH_POINTS)[number]

/** What counts for `nth`: commits of leases, of exclusive writers, and appends without a fence. */
export type CommitKind = 'lease' | 'writer' | 'append'

export interface CrashPlan {
  readonly point: CrashPoint
  /** Which call fails, counted from 1 (default) among those that the point is about. */
  readonly nth?: number
  /** How many calls in a row fail at a point after which the log goes on, default 1. */
  readonly times?: number
  /** Which commits count, default all. */
  readonly kinds?: readonly CommitKind[]
}

export interface CrashingLog extends Log {
  /** The crash, once it happened. */
  readonly crashed: WindrowError | null
  /** Crashes now, whatever the plan says. */
  crash(): WindrowError
}

/** Wraps a log so that it fails as planned. */
export function crashingLog(log: Log, plan: CrashPlan): CrashingLog {
  return new FailingLog(log, plan)
}

/** True for the error of a planned crash. */
export function isCrash(error: unknown): error is WindrowError {
  return isWindrowError(error, 'WR_TEST_CRASH')
}

class FailingLog implements CrashingLog {
  readonly backend: Log['backend']
  readonly registry: Log['registry']
  private readonly log: Log
  private readonly plan: CrashPlan
  private calls = 0
  private crashError: WindrowError | null = null

  constructor(log: Log, plan: CrashPlan) {
    this.log = log
    this.plan = plan
    this.backend = log.backend
    this.registry = log.registry
  }

  get crashed(): WindrowError | null {
    return this.crashError
  }

  crash(): WindrowError {
    this.crashError ??= new WindrowError('WR_TEST_CRASH', {
      message: `The log crashed as planned (${this.plan.point}, call ${this.plan.nth ?? 1})`,
      remedy: 'This happens in tests only.',
      facts: { ...this.plan },
    })
    return this.crashError
  }

  append(writes: readonly Write[]): Promise<readonly number[]> {
    return this.guarded('append', () => this.log.append(writes))
  }

  reader(topic: Topic, partition: number, from?: number): LogReader {
    this.assertAlive()
    const reader = this.log.reader(topic, partition, from)
    return {
      get position() {
        return reader.position
      },
      next: async (maxBytes) => {
        this.assertAlive()
        if (this.plan.point === 'before-read' && this.isDue()) throw this.crash()
        return reader.next(maxBytes)
      },
      whenMore: async (signal) => {
        this.assertAlive()
        await reader.whenMore(signal)
      },
      close: () => reader.close(),
    }
  }

  async exclusiveWriter(id: string): Promise<ExclusiveWriter> {
    this.assertAlive()
    const writer = await this.log.exclusiveWriter(id)
    return {
      epoch: writer.epoch,
      lost: writer.lost,
      commit: (writes) => this.guarded('writer', () => writer.commit(writes)),
      close: () => writer.close(),
    }
  }

  async joinGroup(options: GroupOptions): Promise<GroupMember> {
    this.assertAlive()
    const wrapped = new Map<PartitionLease, PartitionLease>()
    return this.log.joinGroup({
      group: options.group,
      topics: options.topics,
      onAssigned: (lease) => {
        if (this.crashError !== null) return
        const wrap = this.wrapLease(lease)
        wrapped.set(lease, wrap)
        options.onAssigned(wrap)
      },
      onRevoked: async (lease) => {
        const wrap = wrapped.get(lease)
        wrapped.delete(lease)
        if (wrap !== undefined && this.crashError === null) await options.onRevoked(wrap)
      },
    })
  }

  async ensureTopic(spec: Parameters<Log['ensureTopic']>[0]): Promise<Topic> {
    this.assertAlive()
    return this.log.ensureTopic(spec)
  }

  async findTopic(name: string): Promise<Topic | null> {
    this.assertAlive()
    return this.log.findTopic(name)
  }

  async topics(): Promise<readonly Topic[]> {
    this.assertAlive()
    return this.log.topics()
  }

  async deleteTopic(name: string): Promise<void> {
    this.assertAlive()
    await this.log.deleteTopic(name)
  }

  async bounds(topic: Topic, partition: number): ReturnType<Log['bounds']> {
    this.assertAlive()
    return this.log.bounds(topic, partition)
  }

  async groupProgress(group: string, topic: Topic): ReturnType<Log['groupProgress']> {
    this.assertAlive()
    return this.log.groupProgress(group, topic)
  }

  async resetGroup(group: string, topic: Topic): Promise<void> {
    this.assertAlive()
    await this.log.resetGroup(group, topic)
  }

  async compact(topic: Topic): ReturnType<Log['compact']> {
    this.assertAlive()
    return this.log.compact(topic)
  }

  /** Closes what is wrapped also after a crash, so that a test leaves nothing open. */
  close(): Promise<void> {
    return this.log.close()
  }

  private wrapLease(lease: PartitionLease): PartitionLease {
    return {
      group: lease.group,
      topic: lease.topic,
      partition: lease.partition,
      epoch: lease.epoch,
      progress: lease.progress,
      get lost() {
        return lease.lost
      },
      isHeld: () => lease.isHeld(),
      commit: (progress: Progress, writes: readonly Write[]) => this.guarded('lease', () => lease.commit(progress, writes)),
    }
  }

  private async guarded<T>(kind: CommitKind, commit: () => Promise<T>): Promise<T> {
    this.assertAlive()
    const { point } = this.plan
    const counts = point !== 'before-read' && (this.plan.kinds ?? [kind]).includes(kind)
    if (!counts || !this.isDue()) return this.unlessCrashed(await commit())
    switch (point) {
      case 'before-commit':
        throw this.crash()
      case 'after-commit':
        await commit()
        throw this.crash()
      case 'commit-unknown':
        await commit()
        throw unknownCommit()
      case 'commit-unknown-lost':
        throw unknownCommit()
      case 'disk-full':
        throw new WindrowError('WR_DISK_FULL', {
          message: 'The disk is full, as planned; nothing was written',
          remedy: 'This happens in tests only.',
          canRetry: true,
        })
      case 'log-away':
        throw new WindrowError('WR_TEST_LOG_AWAY', {
          message: 'The log is away, as planned; nothing was written',
          remedy: 'This happens in tests only.',
          canRetry: true,
        })
    }
  }

  /** A process that died while the answer was on its way never learns it. */
  private unlessCrashed<T>(answer: T): T {
    this.assertAlive()
    return answer
  }

  private isDue(): boolean {
    const first = this.plan.nth ?? 1
    this.calls++
    return this.calls >= first && this.calls < first + (this.plan.times ?? 1)
  }

  private assertAlive(): void {
    if (this.crashError !== null) throw this.crashError
  }
}

function unknownCommit(): WindrowError {
  return new WindrowError('WR_COMMIT_UNKNOWN', {
    message: 'Whether the commit was applied is not known, as planned',
    remedy: 'This happens in tests only.',
  })
}
