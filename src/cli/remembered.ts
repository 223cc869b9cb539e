import type { Clock } from '../core/clock.ts'

/** Asks at most once in `forMs`, however many want to know: all get the same answer, or the same failure. */
export function remembered<T>(clock: Clock, forMs: number, ask: () => Promise<T>): () => Promise<T> {
  let asked: { readonly at: number; readonly answer: Promise<T> } | null = null
  return () => {
    const at = clock.monotonic()
    if (asked === null || at - asked.at >= forMs) asked = { at, answer: ask() }
    return asked.answer
  }
}
