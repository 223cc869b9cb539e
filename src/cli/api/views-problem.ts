import type { Problem } from '../../api/ports.ts'
import type { Clock } from '../../core/clock.ts'
import type { SqlClient } from '../../sinks/postgres/sql-client.ts'
import { sqlTimeout } from '../../sinks/postgres/sql-errors.ts'
import { problemOf } from './health.ts'

/** Whoever watches over windrow waits for an answer this long; a statement of somebody may take a minute. */
const PATIENCE_MS = 1_500

/** Asks Postgres whether it answers, one question at a time however many want to know; null when it does. */
export function viewsProblem(sql: SqlClient, clock: Clock): () => Promise<Problem | null> {
  let asked: Promise<Problem | null> | null = null
  const ask = async (): Promise<Problem | null> => {
    try {
      await sql.query('SELECT 1')
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
