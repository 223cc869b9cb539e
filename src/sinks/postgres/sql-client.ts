/** A value of a result: whole numbers beyond 53 bits, numerics, times and all other types are texts (see `sql-values.ts`). */
export type SqlValue = string | number | boolean | null

/** A parameter: bytes are sent in Postgres' binary format, all else as text. */
export type SqlParameter = string | number | boolean | null | Uint8Array

export interface SqlField {
  readonly name: string
  /** OID of the type. */
  readonly type: number
}

export interface SqlResult {
  readonly fields: readonly SqlField[]
  /** Cells in the order of the fields. */
  readonly rows: ReadonlyArray<readonly SqlValue[]>
  /** Rows given or changed; null for what counts none, for instance CREATE TABLE. */
  readonly rowCount: number | null
  /** What the server says it did: `SELECT`, `INSERT`, `COMMIT`. */
  readonly command: string
}

/** A result as Postgres sends it: every value its text. */
export interface RawResult {
  readonly fields: readonly SqlField[]
  readonly rows: ReadonlyArray<ReadonlyArray<string | null>>
  readonly rowCount: number | null
  readonly command: string
}

/** Where statements run, one after another. */
export interface SqlSession {
  /**
   * Runs one statement (extended query: several in one text are refused). Rejects with WR_SQL when the database refuses it (`facts`
   * has sqlState, detail, hint, position), WR_SQL_AWAY when it cannot be reached or has just gone (then it may or may not have run),
   * WR_SQL_TIMEOUT when it took longer than allowed.
   */
  query(text: string, parameters?: readonly SqlParameter[]): Promise<SqlResult>
}

export interface TransactionOptions {
  readonly readOnly?: boolean
  /** For each statement, 0 for none. Default: 60 s on a server, none on the embedded Postgres. */
  readonly timeoutMs?: number
  /** Where there is only one session, others go first. */
  readonly inBackground?: boolean
}

/** A Postgres, whether a server, the embedded one of this process, or that of another. */
export interface SqlClient extends SqlSession {
  /**
   * Runs `work` in a transaction: committed when it resolves, rolled back when it rejects. Statements of the client itself wait
   * meanwhile where there is only one session (embedded): inside `work` use its argument alone.
   */
  transaction<T>(work: (session: SqlSession) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Where it is, without secrets, for logs and doctor. */
  describe(): string
  /** Waits for what is under way. Later calls are refused with WR_SQL_CLOSED. */
  close(): Promise<void>
}
