import type { Clock } from '../core/clock.ts'
import { WindrowError } from '../core/errors.ts'
import type { Rhythm } from './rhythm.ts'

export interface ContinuousOptions {
  readonly rhythm: Rhythm
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

/** A clock that was set, or a machine that slept, is noticed within this time. */
const LONGEST_WAIT_MS = 30_000

/**
 * Attempts again and again, in the rhythm: never two at once. What an attempt is too late for is left out, not made up for. A failed
 * attempt is repeated after 1 s, 2 s, 4 s, ... at most 60 s, each shortened by up to a half, or when upstream has asked for it. Throws the error of a first attempt that nothing will mend (wrong use).
 */
export async function continuously(options: ContinuousOptions): Promise<void> {
  const { rhythm, clock, signal, attempt, onFailure, random = Math.random } = options
  let everSucceeded = false
  let failures = 0
  for (;;) {
    for (let left = rhythm.left(); left > 0 && failures === 0 && !signal.aborted; left = rhythm.left())
      await clock.sleep(Math.min(left, LONGEST_WAIT_MS), signal)
    if (signal.aborted) return
    try {
      await attempt()
      everSucceeded = true
      failures = 0
      rhythm.advance()
    } catch (error) {
      if (!everSucceeded && error instanceof WindrowError && error.kind === 'usage') throw error
      failures += 1
      const delayMs = Math.max(retryDelayMs(failures, random()), askedToWait(error, clock))
      onFailure(error, failures, delayMs)
      await clock.sleep(delayMs, signal)
    }
  }
}

/** Upstream may have said when it can be asked again: `facts.retry_at`, a timestamp. */
function askedToWait(error: unknown, clock: Clock): number {
  const retryAt = error instanceof WindrowError ? error.facts.retry_at : undefined
  const leftMs = typeof retryAt === 'string' ? Date.parse(retryAt) - clock.now() : 0
  return Number.isNaN(leftMs) ? 0 : leftMs
}

function retryDelayMs(failures: number, chance: number): number {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 20))
  return Math.round(longest * (1 - chance / 2))
}
