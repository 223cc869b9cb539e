import type { Clock } from '../core/clock.ts'
import type { WindrowError } from '../core/errors.ts'
import { patiently } from './retry-patiently.ts'

export interface RoomOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Called each time that there is no room. */
  readonly onFull: (error: WindrowError) => void
}

/** Runs an action that applies wholly or not at all, again and again while it rejects with WR_DISK_FULL, until the signal aborts. */
export function withRoom<T>(action: () => Promise<T>, { clock, signal, onFull }: RoomOptions): Promise<T> {
  return patiently(action, { clock, signal, codes: ['WR_DISK_FULL'], onFailure: onFull })
}
