import type { LogReader } from '../log/port.ts'

/** Resolves when one of the readers may have more, or when the signal aborts. */
export async function anyMore(readers: readonly LogReader[], stop: AbortSignal): Promise<void> {
  const woken = new AbortController()
  try {
    await Promise.race(readers.map((reader) => reader.whenMore(AbortSignal.any([stop, woken.signal]))))
  } finally {
    woken.abort()
  }
}
