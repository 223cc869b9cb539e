import { isWindrowError, WindrowError } from '../../core/errors.ts'
import type { KeyValueChange } from '../../kv/port.ts'
import type { PartitionLease, Progress, Topic, Write } from '../port.ts'
import { assertProgress, encodeProgress } from '../progress.ts'
import type { Committer } from './committer.ts'
import { progressKey } from './log-keys.ts'
import { fenced } from './presence.ts'
import type { Session } from './session.ts'

/** What a fence needs to know: the key that says who holds it, and the bytes it has while we do. */
export interface Fence {
  readonly key: Uint8Array
  readonly record: Uint8Array
  readonly session: Session
  readonly committer: Committer
  /** For messages: `air.readings/3`. */
  readonly what: string
}

/** Commits that are applied only while the fence's record is unchanged, which the store checks within the transaction. */
export class FencedCommits {
  readonly fence: Fence
  private readonly controller = new AbortController()

  constructor(fence: Fence) {
    this.fence = fence
  }

  /** Aborted once this process knows that it lost the right, or cannot be sure of it any more by its monotonic clock. */
  get lost(): AbortSignal {
    return this.controller.signal
  }

  isHeld(): boolean {
    return !this.controller.signal.aborted && this.fence.session.isFresh()
  }

  lose(reason: unknown): void {
    this.controller.abort(reason)
  }

  async commit(writes: readonly Write[], changes: readonly KeyValueChange[]): Promise<readonly number[]> {
    const { key, record, committer, what } = this.fence
    if (this.controller.signal.aborted) throw fenced(what)
    try {
      const conditions = [{ key, expected: record }]
      return await committer.commit({ writes, changes, conditions, refusal: () => fenced(what) })
    } catch (error) {
      if (isWindrowError(error, 'WR_FENCED')) this.lose(error)
      throw commitError(error, what)
    }
  }
}

export class HeldLease implements PartitionLease {
  readonly group: string
  readonly topic: Topic
  readonly partition: number
  readonly epoch: number
  readonly progress: Progress | null
  private readonly commits: FencedCommits

  constructor(group: string, topic: Topic, partition: number, epoch: number, progress: Progress | null, commits: FencedCommits) {
    this.group = group
    this.topic = topic
    this.partition = partition
    this.epoch = epoch
    this.progress = progress
    this.commits = commits
  }

  get lost(): AbortSignal {
    return this.commits.lost
  }

  isHeld(): boolean {
    return this.commits.isHeld()
  }

  async commit(progress: Progress, writes: readonly Write[]): Promise<readonly number[]> {
    assertProgress(progress)
    const key = progressKey(this.topic.id, this.partition, this.group)
    return this.commits.commit(writes, [{ key, value: encodeProgress(progress) }])
  }
}

/** A store that failed while it wrote may or may not have written. */
function commitError(error: unknown, what: string): unknown {
  if (!isWindrowError(error, 'WR_STORE_FAILED')) return error
  return new WindrowError('WR_COMMIT_UNKNOWN', {
    message: `Whether the commit for ${what} reached the disk is not known: ${error.message}`,
    remedy: 'Start again from the committed progress; if it comes back, check the disk.',
    facts: error.facts,
    cause: error,
  })
}
