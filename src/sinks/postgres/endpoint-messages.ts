import type { RawAnswer } from './session-source.ts'
import type { RawResult, SqlParameter } from './sql-client.ts'

/** Raised when a message changes so that the other side would misunderstand it. */
export const ENDPOINT_VERSION = 1

/**
 * One request at a time a connection; each is answered. `take` waits for the session and holds it until `give`; `query` and
 * `exchange` need it.
 */
export type EndpointRequest =
  | { readonly kind: 'hello'; readonly version: number }
  | { readonly kind: 'take'; readonly inBackground: boolean }
  | { readonly kind: 'query'; readonly text: string; readonly parameters: readonly SqlParameter[]; readonly timeoutMs: number }
  | { readonly kind: 'exchange'; readonly bytes: Uint8Array; readonly timeoutMs: number }
  | { readonly kind: 'give' }

export interface EndpointError {
  readonly code: string
  readonly message: string
  readonly remedy: string
  readonly canRetry: boolean
  readonly tooMuchAtOnce: boolean
  readonly facts: Readonly<Record<string, unknown>>
}

export type EndpointReply =
  | { readonly kind: 'hello'; readonly version: number; readonly pid: number; readonly where: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'result'; readonly result: RawResult; readonly inTransaction: boolean }
  | { readonly kind: 'answer'; readonly answer: RawAnswer }
  | { readonly kind: 'error'; readonly error: EndpointError }
