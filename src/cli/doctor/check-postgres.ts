import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config/load-config.ts'
import type { Logger } from '../../core/logger.ts'
import type { SqlClient } from '../../sinks/postgres/sql-client.ts'
import { storedTopics } from '../../sinks/postgres/stored-views.ts'
import { closedTables, isSetUp } from '../../warehouse/access/closed-tables.ts'
import { accessTarget } from '../access/access-target.ts'
import { openViewsSql } from '../views-postgres.ts'
import { checkSinkReports } from './check-sinks.ts'
import { type Finding, note, warning } from './finding.ts'

/** The ids of all topics of the log, or null when the log cannot be asked. */
export type TopicIds = () => Promise<ReadonlySet<string> | null>

/** Which Postgres it is, whether its views are of this log, and what the processes that write say there. */
export async function checkPostgres(config: Config, logger: Logger, topicIds: TopicIds): Promise<Finding[]> {
  if (config.postgresUrl === null && !existsSync(join(config.dataDir, 'postgres')))
    return [note('postgres', 'embedded, not there yet')]
  const sql = openViewsSql(config, logger)
  try {
    const { rows } = await sql.query("SELECT split_part(version(), ' ', 2)")
    const kind = config.postgresUrl === null ? 'embedded' : 'server'
    const found = note('postgres', `${kind}, version ${String(rows[0]?.[0])}, at ${sql.describe()}`)
    return [found, ...(await staleViews(sql, topicIds)), ...(await closedViews(sql, config)), ...(await checkSinkReports(sql))]
  } finally {
    await sql.close()
  }
}

/** Views in Postgres that were made from topics which the log has no longer: from before a reset, or of another log. */
async function staleViews(sql: SqlClient, topicIds: TopicIds): Promise<Finding[]> {
  const stored = await storedTopics(sql)
  const ids = stored.length === 0 ? null : await topicIds()
  if (ids === null) return []
  const stale = [...new Set(stored.filter(({ topicId }) => !ids.has(topicId)).map(({ view }) => view))]
  if (stale.length === 0) return []
  const remedy = '`windrow run --until-end` brings them up to date.'
  return [warning('postgres', `has rows from before a reset, or of another log: ${stale.join(', ')}`, remedy)]
}

/** Tables made since access was last set up. */
async function closedViews(sql: SqlClient, config: Config): Promise<Finding[]> {
  if (!(await isSetUp(sql))) {
    // The embedded one has no logins to give rights to.
    if (config.postgresUrl === null) return []
    return [note('postgres', 'access is not set up: `windrow access setup` makes roles that read some of it')]
  }
  const closed = await closedTables(sql, await accessTarget(config))
  if (closed.length === 0) return []
  const text = `windrow's roles do not have ${closed.join(', ')}: closed to them, or open without a policy`
  return [
    warning('postgres', text, '`windrow access setup` gives them what they are to have; `windrow access report` tells more.'),
  ]
}
