import type { SqlClient, SqlResult, SqlSession } from './sql-client.ts'
import { sqlRefused } from './sql-errors.ts'

export interface ReadOnlyOptions {
  /** Rows at most; more are told by `truncated`. */
  readonly limit: number
  /** Default 60 s. */
  readonly timeoutMs?: number
}

export interface ReadOnlyResult extends SqlResult {
  /** The statement would have given more rows. */
  readonly truncated: boolean
}

/**
 * Runs one statement of a user in a transaction that can only read and is rolled back, so that nothing it sets outlives it. Rejects as
 * `SqlSession.query` does; WR_SQL with SQLSTATE 25006 for a statement that writes.
 */
export async function runReadOnly(client: SqlClient, text: string, options: ReadOnlyOptions): Promise<ReadOnlyResult> {
  if (isProgram(text)) throw sqlRefused({ message: 'programs are not run for a statement', sqlState: '0A000' })
  const done = new RolledBack()
  try {
    return await client.transaction(
      async (session) => {
        done.result = await run(session, text, options.limit)
        throw done
      },
      { readOnly: true, timeoutMs: options.timeoutMs ?? 60_000 },
    )
  } catch (error) {
    if (error !== done || done.result === null) throw error
    return done.result
  }
}

/** Thrown to have the transaction rolled back although all went well. */
class RolledBack extends Error {
  result: ReadOnlyResult | null = null
}

/** A query is read through a cursor, so that no more than the limit is ever made; what is no query gives few rows. */
async function run(session: SqlSession, text: string, limit: number): Promise<ReadOnlyResult> {
  if (!isQuery(text)) return cut(await session.query(text), limit)
  await session.query(`DECLARE windrow_rows NO SCROLL CURSOR FOR ${text}`)
  const result = await session.query(`FETCH FORWARD ${limit + 1} FROM windrow_rows`)
  return cut({ ...result, command: 'SELECT' }, limit)
}

function cut(result: SqlResult, limit: number): ReadOnlyResult {
  if (result.rows.length <= limit) return { ...result, truncated: false }
  return { ...result, rows: result.rows.slice(0, limit), rowCount: limit, truncated: true }
}

/** What may stand behind DECLARE … CURSOR FOR. */
function isQuery(text: string): boolean {
  return /^(?:select|with|values|table)\b/i.test(beginning(text))
}

/** The embedded Postgres would wait for it for ever. */
function isProgram(text: string): boolean {
  const statement = beginning(text)
  return /^copy\b/i.test(statement) && /\bprogram\b/i.test(statement)
}

/** Without the comments and brackets that may come first. */
function beginning(text: string): string {
  return text.replace(/^(?:\s|\(|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)+/, '')
}
