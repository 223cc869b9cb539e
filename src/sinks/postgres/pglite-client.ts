import { fileURLToPath } from 'node:url'
import type { Logger } from '../../core/logger.ts'
import { pgliteScript, pgliteTemplate } from './pglite-script.ts'
import { PgliteThread, type RawAnswer } from './pglite-thread.ts'
import { SerialQueue } from './serial-queue.ts'
import type { SqlClient, SqlParameter, SqlResult, SqlSession, TransactionOptions } from './sql-client.ts'
import { sqlClosed } from './sql-errors.ts'
import { parseResult } from './sql-values.ts'
import { inTransaction } from './transaction.ts'

export interface PgliteClientOptions {
  /** Holds the database. The caller sees to it that no other process uses it: PGlite does not. */
  readonly directory: string
  readonly logger: Logger
}

/** Exchanges messages of the wire protocol while nobody else has the database. */
export interface RawSession {
  exchange(bytes: Uint8Array, timeoutMs: number): Promise<RawAnswer>
}

/** The embedded Postgres: one session, that transactions and statements take in turns. */
export interface PgliteClient extends SqlClient {
  /** Has the session alone until `work` is done. A transaction that it leaves open is rolled back. */
  exclusively<T>(work: (session: RawSession) => Promise<T>): Promise<T>
}

/** Starts its thread when first asked, and another one after a failure. */
export function openPgliteClient(options: PgliteClientOptions): PgliteClient {
  return new EmbeddedPostgres(options)
}

class EmbeddedPostgres implements PgliteClient {
  private readonly options: PgliteClientOptions
  private readonly turns = new SerialQueue()
  private thread: PgliteThread | null = null
  private closed = false

  constructor(options: PgliteClientOptions) {
    this.options = options
  }

  query(text: string, parameters: readonly SqlParameter[] = []): Promise<SqlResult> {
    return this.turn(async (thread) => parseResult(await thread.query(text, parameters, 0)))
  }

  transaction<T>(work: (session: SqlSession) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const timeoutMs = options.timeoutMs ?? 0
    return this.turn((thread) => {
      const session: SqlSession = {
        query: async (text, parameters = []) => parseResult(await thread.query(text, parameters, timeoutMs)),
      }
      return inTransaction(session, work, options, () => void thread.end('a transaction could not be rolled back'))
    })
  }

  exclusively<T>(work: (session: RawSession) => Promise<T>): Promise<T> {
    return this.turn(async (thread) => {
      let open = false
      const session: RawSession = {
        async exchange(bytes, timeoutMs) {
          const answer = await thread.raw(bytes, timeoutMs)
          open = answer.inTransaction
          return answer
        },
      }
      try {
        return await work(session)
      } finally {
        if (open && !thread.failed) await thread.query('ROLLBACK', [], 0)
      }
    })
  }

  describe(): string {
    return this.options.directory
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    await this.turns.idle()
    await this.thread?.close()
  }

  private turn<T>(work: (thread: PgliteThread) => Promise<T>): Promise<T> {
    if (this.closed) return Promise.reject(sqlClosed(this.describe()))
    return this.turns.run(async () => {
      const thread = this.running()
      await thread.opened
      return work(thread)
    })
  }

  private running(): PgliteThread {
    if (this.thread === null || this.thread.failed) {
      this.thread = new PgliteThread({
        ...this.options,
        script: pgliteScript(),
        template: fileURLToPath(pgliteTemplate()),
      })
    }
    return this.thread
  }
}
