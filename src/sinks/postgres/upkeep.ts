import { messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { ExclusiveSession } from './session-source.ts'
import { tableName } from './table-sql.ts'

/** What recovery would have to read, and the disk to hold. */
const MAX_WAL_BYTES = 64 * 1024 * 1024
/** As autovacuum: a fixed number of rows and a share of the table, so that small tables are not vacuumed all the time. */
const ROWS = 5_000
const SHARE = 0.2

const walSinceCheckpoint = `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn)::float8 FROM pg_control_checkpoint()`
const worn = `SELECT schemaname::text, relname::text, n_dead_tup > ${ROWS} + ${SHARE} * n_live_tup FROM pg_stat_user_tables
  WHERE n_dead_tup > ${ROWS} + ${SHARE} * n_live_tup OR n_mod_since_analyze > ${ROWS} + ${SHARE} * n_live_tup`

/**
 * Does what background processes do for a server and nobody for an embedded Postgres: vacuums and analyses tables that have changed a lot
 * (else they grow for ever and plans go wrong), and writes a checkpoint when the log has grown (else it grows for ever).
 */
export async function runUpkeep(session: ExclusiveSession, logger: Logger): Promise<void> {
  try {
    const tables = await session.query(worn, [], 0)
    for (const [schema, table, dead] of tables.rows) {
      const name = tableName(schema ?? '', table ?? '')
      await session.query(`${dead === 't' ? 'VACUUM (ANALYZE)' : 'ANALYZE'} ${name}`, [], 0)
      logger.debug({ table: name }, 'a table of the embedded Postgres was tidied')
    }
    const wal = await session.query(walSinceCheckpoint, [], 0)
    if (Number(wal.rows[0]?.[0]) > MAX_WAL_BYTES) await session.query('CHECKPOINT', [], 0)
  } catch (error) {
    // Nobody waits for it, and it is tried again; what is really broken shows in the statements of others.
    logger.warn({ reason: messageOf(error) }, 'the embedded Postgres could not be tidied')
  }
}
