export interface BackoffOptions {
  readonly firstMs: number
  readonly mostMs: number
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number
}

/** How long to wait before each try: twice as long every time, by chance up to half less, so that many do not come back at once. */
export class Backoff {
  private readonly options: BackoffOptions
  private failures = 0

  constructor(options: BackoffOptions) {
    this.options = options
  }

  /** Failures since the last success. */
  get tries(): number {
    return this.failures
  }

  next(): number {
    const { firstMs, mostMs, random } = this.options
    const wait = Math.min(mostMs, firstMs * 2 ** Math.min(this.failures, 30))
    this.failures += 1
    return wait * (1 - random() / 2)
  }

  succeeded(): void {
    this.failures = 0
  }
}
