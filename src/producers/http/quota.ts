import { createHash } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { Secret } from '../../core/secret.ts'
import { unlessAborted } from '../../core/unless-aborted.ts'
import { decodeCalls, encodeCalls, forgetOld, nextCallAt, withoutFuture } from './sliding-windows.ts'

/** So many calls in any stretch of so many milliseconds. */
export interface QuotaLimit {
  readonly calls: number
  readonly perMs: number
}

/** What an upstream allows to one account, shared by all that ask with it. */
export interface Quota {
  /** Waits until a call is allowed, and counts it. Rejects with the signal's reason when it aborts. */
  take(signal: AbortSignal): Promise<void>
}

/** What a quota needs of the local store (`KeyValueStore` is one), which several processes may share. */
export interface QuotaStore {
  get(key: Uint8Array): Uint8Array | undefined
  batch(
    changes: ReadonlyArray<{ readonly key: Uint8Array; readonly value: Uint8Array | null }>,
    conditions: ReadonlyArray<{ readonly key: Uint8Array; readonly expected: Uint8Array | null }>,
  ): Promise<boolean>
}

export interface QuotaOptions {
  /** The name of the kind, and what identifies the account: who gives the same shares the quota. */
  readonly source: string
  readonly credentials: ReadonlyArray<string | Secret>
  readonly limits: readonly QuotaLimit[]
  /** Null: nobody else asks with this account, and a restart forgets. */
  readonly store: QuotaStore | null
  readonly clock: Clock
  readonly logger: Logger
  /** In [0, 1): lets processes that wait for the same call take turns. Default Math.random. */
  readonly random?: () => number
}

/** A wait of this length or more is worth a line in the log. */
const LONG_WAIT_MS = 60_000
/** Processes that wait for one call try within so much time of each other: whoever is first is so by chance. */
const SPREAD_MS = 100

/**
 * Keeps every limit, in any stretch of time, and counts a call before it is made: a process that is killed has counted what it
 * asked. Callers of one process are served in their order.
 *
 * Where there is a store, calls stand in it by the machine's clock, which may be set. Set back, calls that seem to be of the future count as
 * made now: nothing more is allowed, and nobody waits for longer than a limit's stretch. Set forward, a process's own calls still hold
 * it back, by the monotonic clock; those of others, and from before a restart, look older than they are.
 */
export function quota(options: QuotaOptions): Quota {
  const own = new OwnCalls(options)
  const shared = options.store === null ? null : new SharedCalls(options, options.store)
  let last: Promise<void> = Promise.resolve()

  const takeNext = async (signal: AbortSignal): Promise<void> => {
    const { clock, logger, source, random = Math.random } = options
    let isTold = false
    for (;;) {
      signal.throwIfAborted()
      const ownWaitMs = own.waitMs()
      const waitMs = ownWaitMs > 0 || shared === null ? ownWaitMs : await shared.take()
      if (waitMs <= 0) break
      if (waitMs >= LONG_WAIT_MS && !isTold) {
        isTold = true
        const until = new Date(clock.now() + waitMs).toISOString()
        logger.info({ source, until }, `${source} is asked again at ${until}: its quota is used up`)
      }
      await clock.sleep(waitMs + (shared === null ? 0 : Math.round(random() * SPREAD_MS)), signal)
    }
    own.add()
  }

  return {
    take: (signal) => {
      if (options.limits.length === 0) return Promise.resolve()
      const taken = last.then(() => takeNext(signal))
      last = taken.catch(() => undefined)
      return unlessAborted(taken, signal)
    },
  }
}

/** Calls of this process, by the monotonic clock. */
class OwnCalls {
  private readonly options: QuotaOptions
  private calls: readonly number[] = []

  constructor(options: QuotaOptions) {
    this.options = options
  }

  waitMs(): number {
    const { limits, clock } = this.options
    return nextCallAt(this.calls, limits) - clock.monotonic()
  }

  add(): void {
    const { limits, clock } = this.options
    const now = clock.monotonic()
    this.calls = [...forgetOld(this.calls, limits, now), now]
  }
}

/** Calls of all processes that share the store, by the machine's clock. */
class SharedCalls {
  private readonly options: QuotaOptions
  private readonly store: QuotaStore
  private readonly key: Uint8Array

  constructor(options: QuotaOptions, store: QuotaStore) {
    this.options = options
    this.store = store
    this.key = quotaKey(options.source, options.credentials)
  }

  /** Counts a call and gives 0, or gives the milliseconds after which it may be tried again. */
  async take(): Promise<number> {
    const { limits, clock } = this.options
    for (;;) {
      const before = this.store.get(this.key) ?? null
      const now = clock.now()
      const known = decodeCalls(before)
      const calls = withoutFuture(known, now)
      const waitMs = nextCallAt(calls, limits) - now
      const isMended = calls !== known
      if (waitMs > 0 && !isMended) return waitMs
      const after = waitMs > 0 ? calls : [...calls, now]
      const value = encodeCalls(forgetOld(after, limits, now))
      const isWritten = await this.store.batch([{ key: this.key, value }], [{ key: this.key, expected: before }])
      if (isWritten) return Math.max(0, waitMs)
    }
  }
}

/** Names the account without giving it away. */
function quotaKey(source: string, credentials: ReadonlyArray<string | Secret>): Uint8Array {
  const texts = credentials.map((part) => (typeof part === 'string' ? part : part.reveal()))
  const hash = createHash('sha256')
    .update(JSON.stringify([source, ...texts]))
    .digest('hex')
    .slice(0, 32)
  return Buffer.from(`producers/quota/${source}/${hash}`)
}
