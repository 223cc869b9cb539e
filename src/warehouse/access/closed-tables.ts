import { quoteText } from '../../sinks/postgres/quote.ts'
import type { SqlSession } from '../../sinks/postgres/sql-client.ts'
import { GROUPS } from '../roles.ts'
import type { SetupTarget } from '../setup-step.ts'
import { textArray } from './sql-text.ts'

/** Whether a set-up has ever made windrow's roles on this server. */
export async function isSetUp(session: SqlSession): Promise<boolean> {
  const { rows } = await session.query('SELECT count(*)::int FROM pg_roles WHERE rolname = $1', [GROUPS.reader])
  return rows[0]?.[0] === 1
}

/**
 * Tables of views, in order, that the groups do not have although they are there: made since the last set-up, and closed to everybody but
 * the pipeline; or open without a policy. None where access was never set up.
 */
export async function closedTables(session: SqlSession, { schema, views }: SetupTarget): Promise<string[]> {
  const { rows } = await session.query(
    `SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles g ON g.rolname = ${quoteText(GROUPS.reader)}
     WHERE n.nspname = ${quoteText(schema)} AND c.relkind IN ('r', 'p') AND c.relname = ANY (${textArray(views.map(({ name }) => name))})
       AND NOT (c.relrowsecurity AND has_table_privilege(g.oid, c.oid, 'SELECT') AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = g.rolname))
     ORDER BY c.relname COLLATE "C"`,
  )
  return rows.map(([name]) => String(name))
}
