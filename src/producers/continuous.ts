import type { Clock } from '../core/clock.ts'
import { WindrowError } from '../core/errors.ts'

export interface ContinuousOptions {
  /** From the start of one attempt to the start of the next. */
  readonly intervalMs: number
  readonly clock: Clock
  /** Ends the loop; an attempt that is under way is waited for. */
  readonly signal: AbortSignal
  readonly attempt: () => Promise<void>
  /** Called after a failed attempt, before the wait until the next. */
  readonly onFailure: (error: unknown, failures: number, delayMs: number) => void
  /** In [0, 1); spreads the retries of many processes. Default Math.random. */
  readonly random?: () => number
}

const FIRST_DELAY_MS = 1000
const LONGEST_DELAY_MS = 60_000

/**
 * Attempts again and again, at whole intervals after the start: never two at once, and without drift. What an attempt is too late for
 * is left out, not made up for. A failed attempt is repeated after 1 s, 2 s, 4 s, ... at most 60 s, each shortened by up to a half.
 * Throws the error of a first attempt that nothing will mend (wrong use).
 */
export async function continuously(options: ContinuousOptions): Promise<void> {
  const { intervalMs, clock, signal, attempt, onFailure, random = Math.random } = options
  const start = clock.monotonic()
  let tick = 0
  let everSucceeded = false
  let failures = 0
  while (!signal.aborted) {
    try {
      await attempt()
      everSucceeded = true
      failures = 0
      // At least the next one: a timer may fire a little early.
      tick = Math.max(tick, Math.floor((clock.monotonic() - start) / intervalMs)) + 1
      await clock.sleep(start + tick * intervalMs - clock.monotonic(), signal)
    } catch (error) {
      if (!everSucceeded && error instanceof WindrowError && error.kind === 'usage') throw error
      failures += 1
      const delayMs = retryDelayMs(failures, random())
      onFailure(error, failures, delayMs)
      await clock.sleep(delayMs, signal)
    }
  }
}

function retryDelayMs(failures: number, chance: number): number {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 20))
  return Math.round(longest * (1 - chance / 2))
}
