import type { Clock } from './clock.ts'

/** True when the promise has settled, either way, after so many milliseconds at most. A failure that comes later is nobody's any more. */
export async function settledWithin(clock: Clock, promise: Promise<unknown>, ms: number): Promise<boolean> {
  const waiting = new AbortController()
  const settled = promise.then(
    () => true,
    () => true,
  )
  const late = clock.sleep(ms, waiting.signal).then(() => false)
  const isSettled = await Promise.race([settled, late])
  waiting.abort()
  return isSettled
}
