import { WindrowError } from '../../core/errors.ts'
import type { View } from '../../views/view.ts'
import { textBytes } from './cell-bytes.ts'
import type { Cluster, CqlSession } from './cql-session.ts'
import { type ExistingTable, readTable } from './existing-table.ts'
import { PROGRESS_TABLE, type ProgressTable, progressTableCql } from './progress-table.ts'
import { createTable, quoteName, quoteText, type TableColumn, tableColumns, tableComment, tableName } from './table-cql.ts'

/** Copies of a keyspace that is made where nobody says how many, if there are so many nodes. */
const COPIES = 3

export interface PrepareOptions {
  readonly replication: readonly string[]
  readonly progress: ProgressTable
}

/**
 * Makes the keyspace and the tables of the views, and adds columns to those that are there. Statements run only where something is missing, so that a
 * role without CREATE can use what was made for it. Rejects with WR_VIEW_TABLE_MISMATCH when a table is there that is not the view's.
 */
export async function prepareTables(session: CqlSession, views: readonly View[], options: PrepareOptions): Promise<void> {
  await ensureKeyspace(session, options.replication)
  await ensureProgressTable(session)
  for (const view of views) {
    if (await isReady(session, view)) continue
    // Two processes that start at once would both make the table, which a cluster of several nodes may take for two tables.
    await options.progress.alone(view.name, async () => {
      const existing = await readTable(session, view.name)
      if (existing !== null) check(session.keyspace, view, existing)
      const missing = existing === null ? [] : missingColumns(view, existing)
      if (existing !== null && missing.length === 0) return
      // First, since what comes next may be carried out though its answer is lost, or this process ends: nobody would notice later that
      // what the table is said to hold is not in it.
      await options.progress.forget(view.name, existing === null)
      if (existing === null) await session.define(createTable(view, session.keyspace))
      else await addColumns(session, view, missing)
    })
    await comment(session, view)
  }
}

async function ensureProgressTable(session: CqlSession): Promise<void> {
  const existing = await readTable(session, PROGRESS_TABLE)
  if (existing === null) await session.define(progressTableCql(session.keyspace))
  // Of a version that did not note it.
  else if (!existing.columns.has('last_record')) {
    await session.define(`ALTER TABLE ${tableName(session.keyspace, PROGRESS_TABLE)} ADD last_record text`)
  }
}

async function isReady(session: CqlSession, view: View): Promise<boolean> {
  const existing = await readTable(session, view.name)
  if (existing === null) return false
  check(session.keyspace, view, existing)
  return missingColumns(view, existing).length === 0 && existing.comment === tableComment(view)
}

async function addColumns(session: CqlSession, view: View, columns: readonly TableColumn[]): Promise<void> {
  for (const { name, type } of columns) {
    await session.define(`ALTER TABLE ${tableName(session.keyspace, view.name)} ADD ${quoteName(name)} ${type}`)
  }
}

async function comment(session: CqlSession, view: View): Promise<void> {
  const wanted = tableComment(view)
  const existing = await readTable(session, view.name)
  if (existing === null || existing.comment === wanted) return
  await session.define(`ALTER TABLE ${tableName(session.keyspace, view.name)} WITH comment = ${quoteText(wanted)}`)
}

function missingColumns(view: View, existing: ExistingTable): TableColumn[] {
  return tableColumns(view).filter(({ name }) => !existing.columns.has(name))
}

function check(keyspace: string, view: View, existing: ExistingTable): void {
  const wanted = tableColumns(view)
  const [key, found] = [keyOf(wanted), keyOf([...existing.columns.values()])]
  const problems: string[] = []
  if (key !== found) problems.push(`its primary key is ${found} and should be ${key}`)
  for (const { name, type } of wanted) {
    const column = existing.columns.get(name)
    if (column !== undefined && column.type !== type) problems.push(`${name} is ${column.type} and should be ${type}`)
  }
  if (problems.length > 0) throw mismatch(`${keyspace}.${view.name}`, problems)
}

/** As CREATE TABLE has it: `((station_id, month), hour)`. */
function keyOf(columns: readonly TableColumn[]): string {
  const named = (kind: TableColumn['kind']): string[] =>
    columns
      .filter((column) => column.kind === kind)
      .sort((a, b) => a.position - b.position)
      .map(({ name }) => name)
  return `(${[`(${named('partition_key').join(', ')})`, ...named('clustering')].join(', ')})`
}

async function ensureKeyspace(session: CqlSession, replication: readonly string[]): Promise<void> {
  const found = await session.read('SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?', [
    textBytes(session.keyspace),
  ])
  if (found.length > 0) return
  const copies = replicationCql(await session.cluster(), replication)
  await session.define(`CREATE KEYSPACE IF NOT EXISTS ${quoteName(session.keyspace)} WITH replication = ${copies}`)
}

/** `{'class': 'NetworkTopologyStrategy', 'dc1': 3}` of `3` or `dc1:3`. Throws WR_CASSANDRA_DC for a data centre that is not there. */
export function replicationCql({ localDc, dcs: known, localNodes }: Cluster, replication: readonly string[]): string {
  const given = replication.length === 0 ? [String(Math.min(COPIES, localNodes))] : replication
  const dcs = given.map((item) => {
    const colon = item.lastIndexOf(':')
    const dc = colon < 0 ? localDc : item.slice(0, colon)
    if (!known.includes(dc)) throw noSuchReplica(dc, known)
    return `${quoteText(dc)}: ${Number(item.slice(colon + 1))}`
  })
  return `{'class': 'NetworkTopologyStrategy', ${dcs.join(', ')}}`
}

function noSuchReplica(dc: string, dcs: readonly string[]): WindrowError {
  return new WindrowError('WR_CASSANDRA_DC', {
    message: `CASSANDRA_REPLICATION asks for copies in the data centre ${dc}, which is not there: there is ${dcs.join(', ')}`,
    remedy: 'Correct the names in CASSANDRA_REPLICATION, or give a number alone, for copies in the local data centre.',
    facts: { dc, dcs },
    kind: 'usage',
  })
}

function mismatch(table: string, problems: readonly string[]): WindrowError {
  return new WindrowError('WR_VIEW_TABLE_MISMATCH', {
    message: `the table ${table} is not that of the view: ${problems.join('; ')}`,
    remedy: `Drop the table (DROP TABLE ${table}): windrow makes it anew and fills it from the log.`,
    facts: { table, problems },
    kind: 'usage',
  })
}
