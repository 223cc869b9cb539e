import type { Environment } from '../../config/read-environment.ts'
import { isWindrowError, messageOf, WindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { BuildOrder } from '../../runtime/replay/build-order.ts'

/** What the process that replays tells one that helps it. */
export type ToHelper =
  | { readonly kind: 'build'; readonly environment: Environment; readonly folder: string; readonly order: BuildOrder }
  | { readonly kind: 'stop'; readonly isDone: boolean }

/** What one that helps tells. */
export type FromHelper =
  | { readonly kind: 'joined' }
  | { readonly kind: 'log'; readonly level: keyof Logger; readonly facts: object; readonly message: string }
  /** The last: it ends. */
  | { readonly kind: 'failed'; readonly error: SentError }

/** An error on its way from one process to another. */
export interface SentError {
  /** Null for one that was not foreseen. */
  readonly code: WindrowError['code'] | null
  readonly message: string
  readonly stack: string | undefined
  readonly remedy: string
  readonly kind: WindrowError['kind']
  readonly facts: WindrowError['facts']
  readonly canRetry: boolean
}

export function sentError(error: unknown): SentError {
  const stack = error instanceof Error ? error.stack : undefined
  if (!isWindrowError(error)) {
    return { code: null, message: messageOf(error), stack, remedy: '', kind: 'failure', facts: {}, canRetry: false }
  }
  const { code, message, remedy, kind, canRetry } = error
  return { code, message, stack, remedy, kind, facts: plain(error.facts), canRetry }
}

/** As it was thrown there. */
export function receivedError({ code, message, stack, ...details }: SentError): Error {
  const error = code === null ? new Error(message) : new WindrowError(code, { message, ...details })
  if (stack !== undefined) error.stack = stack
  return error
}

/** Without what only the process can hold that it is from. */
export function plain<T extends object>(facts: T): T {
  return JSON.parse(JSON.stringify(facts, (_, value: unknown) => (value instanceof Error ? sentError(value) : value))) as T
}
