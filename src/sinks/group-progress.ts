import type { Clock } from '../core/clock.ts'
import type { PartitionLease, Write } from '../log/port.ts'

/** Tells the log's group how far the store is, so that everybody sees the lag. The store's own progress is what counts. */
export class GroupProgressKeeper {
  private readonly lease: PartitionLease
  private readonly clock: Clock
  private readonly intervalMs: number
  private committed: number
  private committedAt = Number.NEGATIVE_INFINITY

  constructor(lease: PartitionLease, clock: Clock, intervalMs: number) {
    this.lease = lease
    this.clock = clock
    this.intervalMs = intervalMs
    this.committed = lease.progress?.offset ?? -1
  }

  /** How long until `offset` should be committed; Infinity when it is. */
  dueInMs(offset: number): number {
    if (offset === this.committed) return Number.POSITIVE_INFINITY
    return Math.max(0, this.committedAt + this.intervalMs - this.clock.monotonic())
  }

  async commitWhenDue(offset: number): Promise<void> {
    if (this.dueInMs(offset) === 0) await this.commit(offset)
  }

  async commit(offset: number): Promise<void> {
    if (offset === this.committed || this.lease.lost.aborted) return
    await this.commitWith(offset, [])
  }

  /** Together with the writes, in one transaction. */
  async commitWith(offset: number, writes: readonly Write[]): Promise<void> {
    await this.lease.commit({ offset, metadata: '' }, writes)
    this.committed = offset
    this.committedAt = this.clock.monotonic()
  }
}
