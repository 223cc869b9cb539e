import type { Clock } from '../core/clock.ts'
import { isWindrowError, type WindrowError } from '../core/errors.ts'

export interface PatienceOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Errors that pass by themselves or with somebody's help. */
  readonly codes: readonly string[]
  /** Called each time that it failed with one of them. */
  readonly onFailure: (error: WindrowError) => void
}

const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000

/** Runs an action that applies wholly or not at all, again and again while it rejects with one of the codes, until the signal aborts. */
export async function patiently<T>(action: () => Promise<T>, { clock, signal, codes, onFailure }: PatienceOptions): Promise<T> {
  let waitMs = FIRST_WAIT_MS
  for (;;) {
    try {
      return await action()
    } catch (error) {
      if (!isWindrowError(error) || !codes.includes(error.code) || signal.aborted) throw error
      onFailure(error)
      await clock.sleep(waitMs, signal)
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
    }
  }
}
