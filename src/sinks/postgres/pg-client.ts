import pg from 'pg'
import { messageOf, WindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { RawResult, SqlClient, SqlParameter, SqlResult, SqlSession, TransactionOptions } from './sql-client.ts'
import { sqlAway, sqlClosed, sqlRefused, sqlTimeout } from './sql-errors.ts'
import { parseResult } from './sql-values.ts'
import { inTransaction, isBroken } from './transaction.ts'

export interface PgClientOptions {
  /** `postgres://user:password@host:port/database?…` as libpq takes it. */
  readonly url: string
  readonly logger: Logger
  /** Connections at most. Default 8. */
  readonly connections?: number
  /** After this the server gives a statement up. Default 60 s. */
  readonly statementTimeoutMs?: number
  /** Default 10 s. */
  readonly connectTimeoutMs?: number
}

/** Every value comes as the text that the server sent; `parseResult` does the rest for every client alike. */
const texts = { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig

/** A Postgres server. Connects when first asked; a connection that breaks is replaced by the next call. */
export function openPgClient(options: PgClientOptions): SqlClient {
  return new PgClient(options)
}

class PgClient implements SqlClient {
  private readonly pool: pg.Pool
  private readonly where: string
  private readonly timeoutMs: number
  private closed = false

  constructor(options: PgClientOptions) {
    this.timeoutMs = options.statementTimeoutMs ?? 60_000
    this.where = withoutSecrets(options.url)
    this.pool = new pg.Pool({
      connectionString: options.url,
      max: options.connections ?? 8,
      application_name: 'windrow',
      connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
      statement_timeout: this.timeoutMs,
      idle_in_transaction_session_timeout: 60_000,
      keepAlive: true,
      types: texts,
    })
    // pg takes a broken connection out of the pool by itself, and whoever uses it hears of it; an error without a listener, though, would
    // end the process.
    const tell = (error: Error): void => {
      options.logger.debug({ postgres: this.where, reason: messageOf(error) }, 'a connection to Postgres broke')
    }
    this.pool.on('error', tell)
    this.pool.on('connect', (connection) => connection.on('error', tell))
  }

  async query(text: string, parameters: readonly SqlParameter[] = []): Promise<SqlResult> {
    const connection = await this.connect()
    try {
      const result = await this.run(connection, text, parameters, this.timeoutMs)
      connection.release()
      return result
    } catch (error) {
      connection.release(isBroken(error))
      throw error
    }
  }

  async transaction<T>(work: (session: SqlSession) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const connection = await this.connect()
    const timeoutMs = options.timeoutMs ?? this.timeoutMs
    const session: SqlSession = { query: (text, parameters = []) => this.run(connection, text, parameters, timeoutMs) }
    let broken = false
    try {
      return await inTransaction(
        session,
        async () => {
          if (timeoutMs !== this.timeoutMs) await session.query(`SET LOCAL statement_timeout = ${timeoutMs}`)
          return work(session)
        },
        options,
        () => {
          broken = true
        },
      )
    } finally {
      connection.release(broken)
    }
  }

  describe(): string {
    return this.where
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    await this.pool.end()
  }

  private async connect(): Promise<pg.PoolClient> {
    if (this.closed) throw sqlClosed(this.where)
    try {
      return await this.pool.connect()
    } catch (error) {
      throw this.asSqlError(error, this.timeoutMs)
    }
  }

  private async run(
    connection: pg.PoolClient,
    text: string,
    parameters: readonly SqlParameter[],
    timeoutMs: number,
  ): Promise<SqlResult> {
    try {
      const result = await connection.query<(string | null)[]>({
        text,
        values: parameters as unknown[],
        rowMode: 'array',
        // Several statements in one text are refused, as by the embedded Postgres.
        queryMode: 'extended',
        // The network may die without a word: no answer long after the server should have given up.
        ...(timeoutMs === 0 ? {} : { query_timeout: timeoutMs + 10_000 }),
      } as pg.QueryArrayConfig)
      const raw: RawResult = {
        fields: result.fields.map((field) => ({ name: field.name, type: field.dataTypeID })),
        rows: result.rows,
        rowCount: result.rowCount,
        command: result.command ?? '',
      }
      return parseResult(raw)
    } catch (error) {
      throw this.asSqlError(error, timeoutMs)
    }
  }

  private asSqlError(error: unknown, timeoutMs: number): WindrowError {
    if (error instanceof WindrowError) return error
    if (!(error instanceof pg.DatabaseError) || error.code === undefined) return sqlAway(this.where, messageOf(error), error)
    if (error.code === '57014') return sqlTimeout(this.where, timeoutMs, error)
    return sqlRefused({ ...error, message: error.message, sqlState: error.code }, error)
  }
}

/** Host, port and database: never the user's password. */
function withoutSecrets(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url)
    return `${hostname === '' ? 'local' : hostname}${port === '' ? '' : `:${port}`}${pathname}`
  } catch {
    // libpq takes forms that are no URL; the configuration has checked it already.
    return 'server'
  }
}
