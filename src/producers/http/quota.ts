/** So many calls in any stretch of so many milliseconds. */
export interface QuotaLimit {
  readonly calls: number
  readonly perMs: number
}
