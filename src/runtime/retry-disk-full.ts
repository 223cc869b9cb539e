import type { Clock } from '../core/clock.ts'
import { isWindrowError, type WindrowError } from '../core/errors.ts'

export interface RoomOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Called each time that there is no room. */
  readonly onFull: (error: WindrowError) => void
}

const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000

/** Runs an action that applies wholly or not at all, again and again while it rejects with WR_DISK_FULL, until the signal aborts. */
export async function withRoom<T>(action: () => Promise<T>, { clock, signal, onFull }: RoomOptions): Promise<T> {
  let waitMs = FIRST_WAIT_MS
  for (;;) {
    try {
      return await action()
    } catch (error) {
      if (!isWindrowError(error, 'WR_DISK_FULL') || signal.aborted) throw error
      onFull(error)
      await clock.sleep(waitMs, signal)
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
    }
  }
}
