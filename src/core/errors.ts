/** What kind of failure it is; the command line turns it into an exit code (found 1, usage 2, failure 3). */
export type ErrorKind = 'found' | 'usage' | 'failure'

export interface ErrorDetails {
  /** What happened and where, in one sentence, without secrets. */
  readonly message: string
  /** What to do about it, as an instruction. */
  readonly remedy: string
  readonly kind?: ErrorKind
  /** The facts behind the message, for logs and programs. Never a secret. */
  readonly facts?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
  /** True when the same call may succeed later without anybody changing anything. */
  readonly canRetry?: boolean
  /** True when the same may succeed in smaller pieces. */
  readonly tooMuchAtOnce?: boolean
}

/** An error with a stable code (`WR_...`), its facts and its remedy. Every code is explained in docs/errors.md. */
export class WindrowError extends Error {
  readonly code: `WR_${string}`
  readonly remedy: string
  readonly kind: ErrorKind
  readonly facts: Readonly<Record<string, unknown>>
  readonly canRetry: boolean
  readonly tooMuchAtOnce: boolean

  constructor(code: `WR_${string}`, details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'WindrowError'
    this.code = code
    this.remedy = details.remedy
    this.kind = details.kind ?? 'failure'
    this.facts = details.facts ?? {}
    this.canRetry = details.canRetry ?? false
    this.tooMuchAtOnce = details.tooMuchAtOnce ?? false
  }
}

/** True for a WindrowError, and with `code` only for one of that code. */
export function isWindrowError(error: unknown, code?: `WR_${string}`): error is WindrowError {
  return error instanceof WindrowError && (code === undefined || error.code === code)
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
