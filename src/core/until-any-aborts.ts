import { setMaxListeners } from 'node:events'

/**
 * Runs `wait` with a signal that aborts as soon as one of the given ones does. Unlike with AbortSignal.any nothing stays with the given
 * signals afterwards, which may live as long as the process while waits are many.
 */
export async function untilAnyAborts<T>(signals: readonly AbortSignal[], wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
  // Many wait for the same signals at a time.
  setMaxListeners(0, ...signals)
  const any = new AbortController()
  const end = (): void => any.abort()
  for (const signal of signals) signal.addEventListener('abort', end, { once: true })
  if (signals.some(({ aborted }) => aborted)) end()
  try {
    return await wait(any.signal)
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', end)
    end()
  }
}
