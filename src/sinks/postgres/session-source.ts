import type { RawResult, SqlClient, SqlParameter, SqlSession } from './sql-client.ts'
import { parseResult } from './sql-values.ts'
import { inTransaction } from './transaction.ts'

/** What the server answered to messages of the wire protocol. */
export interface RawAnswer {
  readonly bytes: Uint8Array
  readonly inTransaction: boolean
}

/** The one session of an embedded Postgres, for a while in one hand. */
export interface ExclusiveSession {
  /** A transaction is open, as of the last answer. */
  readonly inTransaction: boolean
  /** As `SqlSession.query`, with texts as results. `timeoutMs` 0 waits as long as it takes. */
  query(text: string, parameters: readonly SqlParameter[], timeoutMs: number): Promise<RawResult>
  /** Messages of the wire protocol, complete ones. */
  exchange(bytes: Uint8Array, timeoutMs: number): Promise<RawAnswer>
  /** Ends the session together with what it holds open, when it cannot be brought in order. */
  abandon(reason: string): void
}

/** Gives the session of an embedded Postgres to one user after another. */
export interface SessionSource {
  /**
   * Waits for its turn (in the background: until nobody else waits, or for quite a few of them); has the session alone until `work` is
   * done. A transaction that is open then is rolled back.
   */
  exclusively<T>(work: (session: ExclusiveSession) => Promise<T>, inBackground?: boolean): Promise<T>
  describe(): string
  /** Waits for what is under way. */
  close(): Promise<void>
}

/** The port of SQL over a session that is taken in turns. */
export function clientOver(source: SessionSource): SqlClient {
  return {
    query: (text, parameters = []) =>
      source.exclusively(async (session) => parseResult(await session.query(text, parameters, 0))),
    transaction: (work, options = {}) =>
      source.exclusively((session) => {
        const timeoutMs = options.timeoutMs ?? 0
        const within: SqlSession = {
          query: async (text, parameters = []) => parseResult(await session.query(text, parameters, timeoutMs)),
        }
        return inTransaction(within, work, options, () => session.abandon('a transaction could not be rolled back'))
      }, options.inBackground),
    describe: () => source.describe(),
    close: () => source.close(),
  }
}
