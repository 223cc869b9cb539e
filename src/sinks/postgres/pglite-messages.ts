import type { RawResult, SqlParameter } from './sql-client.ts'
import type { SqlErrorFields } from './sql-errors.ts'

/** What the worker is started with. */
export interface PgliteWorkerData {
  /** Holds the database; made when it is missing. */
  readonly directory: string
  /** A new directory that is copied instead of made, which takes seconds; made when it is missing and its place can be written. */
  readonly template: string | null
}

/** `query`: one statement. `raw`: messages of Postgres' wire protocol, answered by the messages that the server sent. */
export type PgliteRequest =
  | { readonly id: number; readonly kind: 'query'; readonly text: string; readonly parameters: readonly SqlParameter[] }
  | { readonly id: number; readonly kind: 'raw'; readonly bytes: Uint8Array }
  | { readonly id: number; readonly kind: 'close' }

/**
 * `opened` comes first and once (`setAside` names the directory of a database that could not be trusted), or `failed`. `failed` is also
 * said when the database has stopped working: nothing but ending the thread helps then.
 */
export type PgliteReply =
  | { readonly kind: 'opened'; readonly setAside: string | null }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'result'; readonly id: number; readonly result: RawResult; readonly inTransaction: boolean }
  | { readonly kind: 'refused'; readonly id: number; readonly error: SqlErrorFields }
  | { readonly kind: 'raw'; readonly id: number; readonly bytes: Uint8Array; readonly inTransaction: boolean }
  | { readonly kind: 'closed'; readonly id: number }
