/** So many calls in any stretch of so many milliseconds. */
export interface QuotaLimit {
  readonly calls: number
  readonly perMs: number
}

/** What an upstream allows to one account, shared by all that ask with it. */
export interface Quota {
  /** Waits until a call is allowed, and counts it. Rejects with the signal's reason when it aborts. */
  take(signal: AbortSignal): Promise<void>
}
