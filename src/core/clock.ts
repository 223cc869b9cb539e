/** Where time comes from, so that a test can hold it in its hand. Nothing under src/streams or src/views may have one. */
export interface Clock {
  /** Milliseconds since the epoch, UTC. May jump when somebody sets the machine's clock. */
  now(): number
  /** Milliseconds that only ever grow, from an arbitrary start: for durations and deadlines. */
  monotonic(): number
  /** Resolves after `ms` milliseconds, or at once when the signal aborts: look at the signal afterwards. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

// A timer of Node's longer than 2^31 - 1 ms fires at once.
const LONGEST_TIMER_MS = 2_147_483_647

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) {
        resolve()
        return
      }
      const until = performance.now() + ms
      let timer: NodeJS.Timeout
      const done = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const arm = (): void => {
        const left = until - performance.now()
        timer = setTimeout(left > LONGEST_TIMER_MS ? arm : done, Math.min(Math.max(left, 0), LONGEST_TIMER_MS))
      }
      signal?.addEventListener('abort', done, { once: true })
      arm()
    }),
}
