import type { SqlClient, SqlSession } from './sql-client.ts'
import { tableName } from './table-sql.ts'

const PROGRESS = 'windrow_progress'
/** What windrow writes beside the views. */
const OTHERS = [PROGRESS, 'windrow_mends', 'pipeline_health'] as const

/** The view topics, by their identity, that the tables of a Postgres were made from; none where windrow was never at work there. */
export async function storedTopics(
  session: SqlSession,
  schema = 'public',
): Promise<ReadonlyArray<{ readonly view: string; readonly topicId: string }>> {
  if (!(await isThere(session, schema, PROGRESS))) return []
  const { rows } = await session.query(
    `SELECT DISTINCT "view", "topic_id" FROM ${tableName(schema, PROGRESS)} ORDER BY "view", "topic_id"`,
  )
  return rows.map(([view, topicId]) => ({ view: String(view), topicId: String(topicId) }))
}

/**
 * Takes every row out of the tables that windrow keeps views in, and all that it remembers of them, in one transaction. The tables
 * stay, and so does what others built on them. The caller sees to it that nobody writes meanwhile.
 */
export function emptyViews(client: SqlClient, schema = 'public'): Promise<void> {
  return client.transaction(async (session) => {
    const views = [...new Set((await storedTopics(session, schema)).map(({ view }) => view))]
    for (const table of [...views, ...OTHERS]) {
      if (await isThere(session, schema, table)) await session.query(`TRUNCATE ${tableName(schema, table)}`)
    }
  })
}

async function isThere(session: SqlSession, schema: string, table: string): Promise<boolean> {
  const { rows } = await session.query('SELECT to_regclass($1) IS NOT NULL', [tableName(schema, table)])
  return rows[0]?.[0] === true
}
