import pg from 'pg'
import { systemClock } from '../../core/clock.ts'
import { messageOf, WindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { settledWithin } from '../../core/settled-within.ts'
import { connectError, refusesSettings } from './connect-error.ts'
import { pgUrl, withoutSecrets } from './pg-url.ts'
import type { RawResult, SqlClient, SqlParameter, SqlResult, SqlSession, TransactionOptions } from './sql-client.ts'
import { type SqlErrorFields, sqlAway, sqlClosed, sqlRefused, sqlStateOf, sqlTimeout } from './sql-errors.ts'
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
  /** So much later the connection is given up: the server should have answered, or the network has died without a word. Default 10 s. */
  readonly silenceMs?: number
  /** Default 10 s. */
  readonly connectTimeoutMs?: number
}

/** Every value comes as the text that the server sent; `parseResult` does the rest for every client alike. */
const texts = { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig

/** Connections in use are waited for so long. */
const CLOSE_MS = 2_000
/** The server closes a transaction in which nothing is asked for so long. */
const IDLE_MS = 60_000

/** A Postgres server. Connects when first asked; a connection that breaks is replaced by the next call. */
export function openPgClient(options: PgClientOptions): SqlClient {
  return new PgClient(options)
}

class PgClient implements SqlClient {
  private readonly options: PgClientOptions
  private readonly where: string
  private readonly timeoutMs: number
  private pool: pg.Pool
  /** A pooler that gives connections by the transaction: a setting of the session would be another client's next. */
  private isPooled = false
  private closed = false

  constructor(options: PgClientOptions) {
    this.options = options
    this.timeoutMs = options.statementTimeoutMs ?? 60_000
    this.where = withoutSecrets(options.url)
    this.pool = this.newPool()
  }

  async query(text: string, parameters: readonly SqlParameter[] = []): Promise<SqlResult> {
    const connection = await this.connect()
    try {
      const result = await this.run(connection, text, parameters, this.timeoutMs)
      connection.release()
      return result
    } catch (error) {
      connection.release(isBroken(error) || isReadOnly(error))
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
          await this.limit(session, timeoutMs)
          return work(session)
        },
        options,
        () => {
          broken = true
        },
      )
    } catch (error) {
      broken ||= options.readOnly !== true && isReadOnly(error)
      throw error
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
    // It waits for connections that are in use, also where the server stands still.
    await settledWithin(systemClock, this.pool.end(), CLOSE_MS)
  }

  private newPool(): pg.Pool {
    const { url, connections = 8, connectTimeoutMs = 10_000, logger } = this.options
    const settings: pg.PoolConfig = {
      statement_timeout: this.timeoutMs,
      idle_in_transaction_session_timeout: IDLE_MS,
      // Whatever the database's own defaults are: results are read in this form.
      options: '-c datestyle=ISO -c extra_float_digits=1',
    }
    const pool = new pg.Pool({
      ...(this.isPooled ? {} : settings),
      connectionString: pgUrl(url),
      max: connections,
      application_name: 'windrow',
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      types: texts,
    })
    // pg takes a broken connection out of the pool by itself, and whoever uses it hears of it; an error without a listener, though, would
    // end the process.
    const tell = (error: Error): void => {
      logger.debug({ postgres: this.where, reason: messageOf(error) }, 'a connection to Postgres broke')
    }
    pool.on('error', tell)
    pool.on('connect', (connection) => connection.on('error', tell))
    return pool
  }

  private async connect(): Promise<pg.PoolClient> {
    if (this.closed) throw sqlClosed(this.where)
    const { pool } = this
    try {
      return await pool.connect()
    } catch (error) {
      const fields = fieldsOf(error)
      if (!refusesSettings(fields) || this.closed) throw connectError(this.where, error, fields)
      if (this.pool === pool) {
        if (this.isPooled) throw connectError(this.where, error, fields)
        this.isPooled = true
        this.pool = this.newPool()
        await pool.end()
      }
      return this.connect()
    }
  }

  /** Limits of the transaction, where they differ from those that the connection has. */
  private async limit(session: SqlSession, timeoutMs: number): Promise<void> {
    if (this.isPooled) {
      await session.query(
        `SELECT set_config('statement_timeout', $1, true), set_config('idle_in_transaction_session_timeout', '${IDLE_MS}', true),
           set_config('datestyle', 'ISO', true), set_config('extra_float_digits', '1', true)`,
        [String(timeoutMs)],
      )
    } else if (timeoutMs !== this.timeoutMs) await session.query(`SET LOCAL statement_timeout = ${timeoutMs}`)
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
        ...(timeoutMs === 0 ? {} : { query_timeout: timeoutMs + (this.options.silenceMs ?? 10_000) }),
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
    const fields = fieldsOf(error)
    if (fields === null || endsConnection(fields.sqlState)) return sqlAway(this.where, messageOf(error), error)
    if (fields.sqlState === '57014') return sqlTimeout(this.where, timeoutMs, error)
    return sqlRefused(fields, error)
  }
}

/** What the server said; null for an error that is not from it. */
function fieldsOf(error: unknown): SqlErrorFields | null {
  if (!(error instanceof pg.DatabaseError) || error.code === undefined) return null
  return { ...error, message: error.message, sqlState: error.code }
}

/**
 * The session only reads, though nobody asked it to: its server was, or is, a standby, or its role's setting was so when it began. The next
 * one may reach the primary, or find another setting.
 */
function isReadOnly(error: unknown): boolean {
  return sqlStateOf(error) === '25006'
}

/** The server ends (57P01 to 57P03), or the connection has (08). */
function endsConnection(state: string): boolean {
  return /^(?:08|57P0[123])/.test(state)
}
