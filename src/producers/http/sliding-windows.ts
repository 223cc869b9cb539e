import type { QuotaLimit } from './quota.ts'

/**
 * A call arrives a little after it was counted, and not always equally late: a stretch of time is taken so much longer, that upstream, too,
 * sees no more calls in it than it allows.
 */
const SLACK_MS = 1000
const SLACK_SHARE = 0.05

/** The stretch of time that a limit is kept in. */
export function stretchMs({ perMs }: QuotaLimit): number {
  return perMs + Math.min(SLACK_MS, Math.ceil(perMs * SLACK_SHARE))
}

/** When the next call is allowed, after the given calls (in order); minus infinity where it always is. */
export function nextCallAt(calls: readonly number[], limits: readonly QuotaLimit[]): number {
  let at = Number.NEGATIVE_INFINITY
  for (const limit of limits) {
    const first = calls[calls.length - limit.calls]
    if (first !== undefined) at = Math.max(at, first + stretchMs(limit))
  }
  return at
}

/** Without the calls that count for no limit any more. */
export function forgetOld(calls: readonly number[], limits: readonly QuotaLimit[], now: number): readonly number[] {
  const longest = Math.max(...limits.map(stretchMs))
  const most = Math.max(...limits.map(({ calls: allowed }) => allowed))
  return calls.slice(-most).filter((at) => at > now - longest)
}

/** The same calls, those of the future as if they were made now; the very same array where there is none. */
export function withoutFuture(calls: readonly number[], now: number): readonly number[] {
  return calls.some((at) => at > now) ? calls.map((at) => Math.min(at, now)) : calls
}

/** Times in whole milliseconds, in order: the first, then what each is after the one before. */
export function encodeCalls(calls: readonly number[]): Uint8Array {
  return Buffer.from(JSON.stringify(calls.map((at, i) => at - (calls[i - 1] ?? 0))))
}

export function decodeCalls(bytes: Uint8Array | null): readonly number[] {
  if (bytes === null) return []
  let at = 0
  return (JSON.parse(Buffer.from(bytes).toString()) as number[]).map((step) => {
    at += step
    return at
  })
}

/**
 * The shortest interval in whole seconds at which every station can be polled without waiting for the quota, at least 1: all polls of
 * one interval may come at once.
 */
export function slowestNeeded(limits: readonly QuotaLimit[], stations: number, callsAPoll: number): number {
  const calls = stations * callsAPoll
  let seconds = 1
  for (const limit of limits) {
    const polls = Math.floor(limit.calls / calls)
    const ms = polls >= 1 ? stretchMs(limit) / polls : (stretchMs(limit) * calls) / limit.calls
    seconds = Math.max(seconds, Math.ceil(ms / 1000))
  }
  return seconds
}
