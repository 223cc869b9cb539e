import { setTimeout as sleep } from 'node:timers/promises'

export interface TryAgain {
  /** Whether the same may succeed after this failure. */
  readonly after: (error: unknown) => boolean
  /** Gives up after so many milliseconds. */
  readonly forMs: number
  /** Gives up at once when it aborts. */
  readonly signal?: AbortSignal
}

const FIRST_PAUSE_MS = 2
const LONGEST_PAUSE_MS = 200

/** Tries again with growing pauses; rejects with the last failure. */
export async function tryAgain<T>(action: () => Promise<T>, { after, forMs, signal }: TryAgain): Promise<T> {
  const end = performance.now() + forMs
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await action()
    } catch (error) {
      if (!after(error) || signal?.aborted || performance.now() + pause > end) throw error
      // Cut short by the signal: the next failure ends it.
      await sleep(pause * (0.5 + Math.random() / 2), undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
    }
  }
}
