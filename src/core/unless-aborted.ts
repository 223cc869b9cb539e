import { setMaxListeners } from 'node:events'

/** What the promise comes to, or the signal's reason as soon as it aborts; the promise goes on then without anybody who waits for it. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    // Many wait for the same signal at a time.
    setMaxListeners(0, signal)
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
