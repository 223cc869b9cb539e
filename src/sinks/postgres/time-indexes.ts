import { WindrowError } from '../../core/errors.ts'
import type { View } from '../../views/view.ts'
import { takePrepareLock } from './prepare-lock.ts'
import type { SqlViewNotice } from './prepare-sql-views.ts'
import { quoteName } from './quote.ts'
import type { SqlClient, SqlSession } from './sql-client.ts'
import { tableName } from './table-sql.ts'

/**
 * Values that the index by time holds beside the key, so that the newest values and those of an hour are read from the index alone.
 * Only of views whose rows seldom change: an update of what an index holds has to write all indexes of the row. Rows of windows are
 * written again with each reading.
 */
const HELD_VALUES: Readonly<Record<string, readonly string[]>> = {
  weather_data: ['temperature'],
  energies: ['consommations', 'production_pv'],
}

/** An index by a column of time. */
interface TimeIndex {
  readonly column: string
  /** Columns that it holds without being sorted by them. */
  readonly held: readonly string[]
}

interface ExistingIndex {
  /** With its schema, quoted. */
  readonly name: string
  readonly leads: string
  /** All its other columns. */
  readonly others: ReadonlySet<string>
  /** As windrow made it before it held values: Postgres named it, and nothing but the column of time is in it. */
  readonly isPlain: boolean
}

interface ExistingIndexes {
  readonly indexes: readonly ExistingIndex[]
  /** Bytes of the table alone. */
  readonly size: number
  /** Our role may change the table. */
  readonly isOwn: boolean
}

/** Building an index of a table of this size takes seconds, in which nobody writes it. */
const BUILT_AT_ONCE_BYTES = 512 * 1024 * 1024

/** So long a table's writers may take to let the index be built; and so long others wait behind. */
const LOCK_TIMEOUT = '5s'

/** The statements for a table that was just made. */
export function indexesOfNewTable(view: View, schema: string): string[] {
  return wantedIndexes(view).map((index) => createIndex(view, schema, index, ''))
}

/**
 * Gives tables that are there the indexes they lack, as those that an earlier version made. Each in a transaction of its own: others read
 * meanwhile, and writers wait for seconds at most. A table that is larger, or another's, is left as it is, and the notice has the statement:
 * CREATE INDEX CONCURRENTLY holds up nobody, but may not be part of a transaction, takes as long as it takes, and if it fails leaves an index
 * that has to be dropped; so a person runs it. Rejects only when Postgres cannot be reached.
 */
export async function prepareTimeIndexes(
  client: SqlClient,
  views: readonly View[],
  schema: string,
  notice: SqlViewNotice,
): Promise<void> {
  for (const view of views) {
    if (lacking(view, (await readIndexes(client, schema, view.name)).indexes).length === 0) continue
    try {
      await client.transaction((session) => addIndexes(session, view, schema, notice))
    } catch (error) {
      if (!(error instanceof WindrowError) || error.code === 'WR_SQL_AWAY' || error.code === 'WR_SQL_CLOSED') throw error
      const table = tableName(schema, view.name)
      notice(view.name, `${table} lacks an index by time, which could not be made: ${error.message}`, remedyFor(view, schema))
    }
  }
}

async function addIndexes(session: SqlSession, view: View, schema: string, notice: SqlViewNotice): Promise<void> {
  // Another process may just have made them.
  await takePrepareLock(session)
  const { indexes, size, isOwn } = await readIndexes(session, schema, view.name)
  const missing = lacking(view, indexes)
  if (missing.length === 0) return
  if (!isOwn || size > BUILT_AT_ONCE_BYTES) {
    const why = isOwn ? 'and is too large for one to be built while its writers wait' : 'and belongs to another role'
    notice(view.name, `${tableName(schema, view.name)} lacks an index by time, ${why}`, remedyFor(view, schema))
    return
  }
  await session.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`)
  for (const index of missing) {
    await session.query(createIndex(view, schema, index, ''))
    for (const { name, leads, isPlain } of indexes) {
      if (isPlain && leads === index.column) await session.query(`DROP INDEX ${name}`)
    }
  }
}

/** For each key column of time an index that begins with it; a primary key that begins with it is one. */
function wantedIndexes(view: View): TimeIndex[] {
  const names = new Set(view.columns.map(({ column }) => column))
  const values = (HELD_VALUES[view.name] ?? []).filter((column) => names.has(column))
  return view.key
    .filter(({ type }) => type === 'instant' || type === 'day' || type === 'month')
    .filter(({ column }) => column !== view.key[0]?.column)
    .map(({ column }) => {
      const rest = view.key.filter((other) => other.column !== column).map((other) => other.column)
      return { column, held: values.length === 0 ? [] : [...rest, ...values] }
    })
}

function lacking(view: View, indexes: readonly ExistingIndex[]): TimeIndex[] {
  return wantedIndexes(view).filter(
    ({ column, held }) => !indexes.some(({ leads, others }) => leads === column && held.every((name) => others.has(name))),
  )
}

/** Postgres names it: a table that was renamed keeps its indexes' names, and another one must not go without for that. */
function createIndex(view: View, schema: string, { column, held }: TimeIndex, how: '' | 'CONCURRENTLY '): string {
  const include = held.length === 0 ? '' : ` INCLUDE (${held.map(quoteName).join(', ')})`
  return `CREATE INDEX ${how}ON ${tableName(schema, view.name)} (${quoteName(column)})${include}`
}

function remedyFor(view: View, schema: string): string {
  const statements = wantedIndexes(view).map((index) => createIndex(view, schema, index, 'CONCURRENTLY '))
  return `Queries by time are slower until the table's owner runs, outside a transaction, ${statements.join('; ')}. Windrow tries again when it starts the next time.`
}

async function readIndexes(session: SqlSession, schema: string, table: string): Promise<ExistingIndexes> {
  const { rows } = await session.query(
    `SELECT i.indexrelid IS NOT NULL, format('%I.%I', n.nspname, x.relname), a[1], array_to_string(a[2:], E'\\n'),
       i.indnatts = 1 AND NOT i.indisunique AND x.relname = left(format('%s_%s_idx', c.relname, a[1]), 63),
       pg_relation_size(c.oid)::float8, pg_has_role(c.relowner, 'USAGE')
     FROM pg_class c LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL
     LEFT JOIN pg_class x ON x.oid = i.indexrelid LEFT JOIN pg_namespace n ON n.oid = x.relnamespace
     LEFT JOIN pg_am m ON m.oid = x.relam
     LEFT JOIN LATERAL (SELECT array_agg(t.attname::text ORDER BY k.position) AS a FROM unnest(i.indkey) WITH ORDINALITY AS k(attnum, position)
       LEFT JOIN pg_attribute t ON t.attrelid = c.oid AND t.attnum = k.attnum) AS k ON true
     WHERE c.oid = to_regclass($1) AND (m.amname IS NULL OR m.amname = 'btree')`,
    [tableName(schema, table)],
  )
  const [first] = rows
  return {
    size: Number(first?.[5] ?? 0),
    isOwn: first?.[6] === true,
    indexes: rows
      .filter(([isThere]) => isThere === true)
      .map(([, name, leads, others, isPlain]) => ({
        name: String(name),
        leads: String(leads),
        others: new Set(String(others ?? '').split('\n')),
        isPlain: isPlain === true,
      })),
  }
}
