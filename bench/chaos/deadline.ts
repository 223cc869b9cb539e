import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_MS = 50

/** What was waited for did not come in time. */
function overdue(what: string, ms: number): Error {
  return new Error(`waited ${ms / 1000} s for ${what}`)
}

/** The same promise, rejected when it takes longer; `what` says then what was waited for. */
export async function within<T>(promise: Promise<T>, ms: number, what: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(overdue(what(), ms)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Asks again and again until the answer is null: nothing is left to wait for. */
export async function until(ms: number, leftToWaitFor: () => Promise<string | null>): Promise<void> {
  const end = performance.now() + ms
  let left: string | null = 'a first look'
  for (;;) {
    left = await within(leftToWaitFor(), Math.max(LOOK_MS, end - performance.now()), () => `an answer, and before for ${left}`)
    if (left === null) return
    if (performance.now() > end) throw overdue(left, ms)
    await sleep(LOOK_MS)
  }
}
