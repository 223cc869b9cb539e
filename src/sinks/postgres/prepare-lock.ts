import type { SqlSession } from './sql-client.ts'

/** Any number would do, as long as every windrow takes the same. */
const PREPARE_LOCK = 7_741_823_001

/** Until the transaction ends: two processes that prepare at once would both find something missing and both create it. */
export async function takePrepareLock(session: SqlSession): Promise<void> {
  await session.query('SELECT pg_advisory_xact_lock($1)', [PREPARE_LOCK])
}
