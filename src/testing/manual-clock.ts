import type { Clock } from '../core/clock.ts'

/** A clock that stands still until it is told to move. */
export interface ManualClock extends Clock {
  /**
   * Moves time on by `ms`. Whoever sleeps is woken in the order of the deadlines, each with the clock at its own deadline; what it
   * does until it next waits for a macrotask (a timer, a file) is done before time moves on.
   */
  advance(ms: number): Promise<void>
  /** How many sleep now. */
  readonly sleepers: number
  /** Resolves when at least `count` (default 1) sleep: the moment at which `advance` has an effect. */
  whenSleeping(count?: number): Promise<void>
}

interface Sleeper {
  readonly deadline: number
  readonly wake: () => void
}

/** Makes a clock that shows `start` (milliseconds since the epoch, default 2025-01-01T00:00:00Z) until it is advanced. */
export function manualClock(start = Date.UTC(2025, 0, 1)): ManualClock {
  let elapsed = 0
  const sleeping = new Set<Sleeper>()
  let watchers: Array<{ readonly count: number; readonly resolve: () => void }> = []

  const earliest = (before: number): Sleeper | undefined => {
    let found: Sleeper | undefined
    for (const sleeper of sleeping) {
      if (sleeper.deadline <= before && (found === undefined || sleeper.deadline < found.deadline)) found = sleeper
    }
    return found
  }

  return {
    now: () => start + elapsed,
    monotonic: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) {
          resolve()
          return
        }
        const wake = (): void => {
          sleeping.delete(sleeper)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        const sleeper: Sleeper = { deadline: elapsed + Math.max(ms, 0), wake }
        sleeping.add(sleeper)
        signal?.addEventListener('abort', wake, { once: true })
        const ready = watchers.filter((watcher) => watcher.count <= sleeping.size)
        watchers = watchers.filter((watcher) => watcher.count > sleeping.size)
        for (const watcher of ready) watcher.resolve()
      }),
    advance: async (ms) => {
      // Who is about to sleep sleeps first.
      await settled()
      const target = elapsed + ms
      for (let next = earliest(target); next !== undefined; next = earliest(target)) {
        elapsed = Math.max(elapsed, next.deadline)
        next.wake()
        await settled()
      }
      elapsed = target
      await settled()
    },
    get sleepers() {
      return sleeping.size
    },
    whenSleeping: (count = 1) =>
      sleeping.size >= count ? Promise.resolve() : new Promise((resolve) => watchers.push({ count, resolve })),
  }
}

/** Every promise job that is ready, and those that they make ready, have run when this resolves. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
