import { isWindrowError } from '../../core/errors.ts'
import type { Write } from '../port.ts'
import { fencedOut } from './kafka-errors.ts'
import type { OffsetCommit } from './transaction-requests.ts'
import type { TransactionalProducer } from './transactional-producer.ts'

/** Commits of who holds a right, one after the other, until the right is lost. */
export class FencedCommits {
  private readonly producer: TransactionalProducer
  private readonly what: string
  private readonly isFresh: () => boolean
  private readonly controller = new AbortController()
  private last: Promise<unknown> = Promise.resolve()

  constructor(producer: TransactionalProducer, what: string, isFresh: () => boolean) {
    this.producer = producer
    this.what = what
    this.isFresh = isFresh
  }

  get lost(): AbortSignal {
    return this.controller.signal
  }

  isHeld(): boolean {
    return !this.controller.signal.aborted && this.isFresh()
  }

  lose(reason?: unknown): void {
    this.controller.abort(reason ?? fencedOut(this.what))
  }

  commit(writes: readonly Write[], offsets: OffsetCommit | null): Promise<number[]> {
    const { signal } = this.controller
    const done = this.last.then(async () => {
      if (signal.aborted) throw fencedOut(this.what)
      try {
        return await this.producer.commit(writes, offsets, signal)
      } catch (error) {
        if (isWindrowError(error, 'WR_FENCED')) this.lose(error)
        // It was given up for that the right is gone: nothing was written.
        else if (signal.aborted && !isWindrowError(error, 'WR_COMMIT_UNKNOWN')) throw fencedOut(this.what, error)
        throw error
      }
    })
    // A failure is for who asked.
    this.last = done.catch(() => undefined)
    return done
  }

  /** Waits for the commit under way and lets the producer go. */
  async close(): Promise<void> {
    await this.last
    await this.producer.close()
  }
}
