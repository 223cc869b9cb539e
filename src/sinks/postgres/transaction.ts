import { isWindrowError } from '../../core/errors.ts'
import type { SqlSession, TransactionOptions } from './sql-client.ts'
import { sqlRefused } from './sql-errors.ts'

/**
 * Runs `work` between BEGIN and COMMIT on a session that nobody else uses meanwhile. `onBroken` is called when the session cannot be
 * used any more, before the error is thrown.
 */
export async function inTransaction<T>(
  session: SqlSession,
  work: (session: SqlSession) => Promise<T>,
  options: TransactionOptions,
  onBroken: () => void,
): Promise<T> {
  try {
    await session.query(options.readOnly === true ? 'BEGIN READ ONLY' : 'BEGIN')
    const result = await work(session)
    await commit(session)
    return result
  } catch (error) {
    if (isBroken(error) || !(await rolledBack(session))) onBroken()
    throw error
  }
}

/** After a plain refusal a session is in order; otherwise it may still be busy with what was given up. */
export function isBroken(error: unknown): boolean {
  return isWindrowError(error, 'WR_SQL_AWAY') || isWindrowError(error, 'WR_SQL_TIMEOUT')
}

/** A transaction in which a statement failed unseen is rolled back by COMMIT, which then says so in its command tag alone. */
async function commit(session: SqlSession): Promise<void> {
  const { command } = await session.query('COMMIT')
  if (command === 'ROLLBACK') {
    throw sqlRefused({ message: 'the transaction had failed and was rolled back', sqlState: '25P02' })
  }
}

async function rolledBack(session: SqlSession): Promise<boolean> {
  try {
    await session.query('ROLLBACK')
    return true
  } catch {
    // The caller hears of what went wrong first; a session that is closed rolls back too.
    return false
  }
}
