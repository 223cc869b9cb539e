import type { Clock } from '../../src/core/clock.ts'
import type { Random } from './random.ts'

/**
 * A clock that runs on at every look by up to `strideMs`, so that what depends on it happens at other moments in every run. A sleep
 * takes a turn of the event loop, and moves the clock by its whole length.
 */
export function hastyClock(random: Random, strideMs: number): Clock {
  let elapsed = 0
  const start = Date.UTC(2025, 0, 1) + random.int(0, 1_000_000_000)
  const look = () => {
    elapsed += random.int(0, strideMs)
    return elapsed
  }
  return {
    now: () => start + look(),
    monotonic: look,
    sleep: async (ms) => {
      elapsed += ms
      await turn()
    },
  }
}

/** Resolves when everything that could go on without waiting for the outside has done so. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn()
}
