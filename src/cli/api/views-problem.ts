import type { Problem } from '../../api/ports.ts'
import type { Clock } from '../../core/clock.ts'
import { WindrowError } from '../../core/errors.ts'
import type { SqlClient } from '../../sinks/postgres/sql-client.ts'
import { sqlTimeout } from '../../sinks/postgres/sql-errors.ts'
import { problemOf } from './in-time.ts'

/** Whoever watches over windrow waits for an answer this long; a statement of somebody may take a minute. */
const PATIENCE_MS = 1_500

/**
 * Asks Postgres whether it answers, one question at a time however many want to know; null when it does. `table`: one that must be
 * there, since other processes are to write the views; null where this one does.
 */
export function viewsProblem(sql: SqlClient, clock: Clock, table: string | null): () => Promise<Problem | null> {
  let asked: Promise<Problem | null> | null = null
  const ask = async (): Promise<Problem | null> => {
    try {
      const { rows } = await sql.query('SELECT to_regclass($1) IS NULL', [`public.${table ?? 'none'}`])
      if (table !== null && rows[0]?.[0] === true) return problemOf(unwritten(sql.describe()), clock.now())
      return null
    } catch (error) {
      return problemOf(error, clock.now())
    } finally {
      asked = null
    }
  }
  const isBusy = async (signal: AbortSignal): Promise<Problem> => {
    await clock.sleep(PATIENCE_MS, signal)
    return problemOf(sqlTimeout(sql.describe(), PATIENCE_MS), clock.now())
  }
  return async () => {
    asked ??= ask()
    const answered = new AbortController()
    try {
      return await Promise.race([asked, isBusy(answered.signal)])
    } finally {
      answered.abort()
    }
  }
}

function unwritten(where: string): WindrowError {
  return new WindrowError('WR_VIEWS_UNWRITTEN', {
    message: `No process has written the views to ${where} yet.`,
    remedy:
      'Start `windrow run` with the same data folder, or let both use one server (POSTGRES_URL). A first start takes some seconds.',
    facts: { where },
  })
}
