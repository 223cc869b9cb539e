import type { View } from '../../views/view.ts'
import { type ExistingTable, readTable } from './existing-table.ts'
import { takePrepareLock } from './prepare-lock.ts'
import { prepareSqlViews, type SqlViewNotice } from './prepare-sql-views.ts'
import { quoteName } from './quote.ts'
import type { SqlClient, SqlSession } from './sql-client.ts'
import type { SqlView } from './sql-views/sql-view.ts'
import { assertTableOfView } from './table-mismatch.ts'
import { addColumn, addExtraColumn, columnComment, commentOnColumn, commentOnTable, createTable, tableName } from './table-sql.ts'
import { indexesOfNewTable } from './time-indexes.ts'
import type { ExtraColumn, ViewExtras } from './view-extras.ts'

export interface PrepareOptions {
  readonly schema: string
  readonly extras: ViewExtras
  /** Views in SQL to keep beside the tables. */
  readonly sqlViews?: readonly SqlView[]
  readonly notice?: SqlViewNotice
}

/** What was done for a view: a table that is new, or has new columns, is not yet what the log says. */
export type Prepared = 'created' | 'extended' | 'kept'

/**
 * Makes the tables of the views, with comments and indexes, and adds new columns to those that are there; indexes that those lack are
 * `prepareTimeIndexes`' business. Statements run only where something is missing, so that a role without CREATE can use tables that were
 * made for it. Rejects with WR_VIEW_TABLE_MISMATCH when a table is there that is not the view's.
 */
export async function prepareTables(
  client: SqlClient,
  views: readonly View[],
  options: PrepareOptions,
): Promise<ReadonlyMap<string, Prepared>> {
  return client.transaction(async (session) => {
    await takePrepareLock(session)
    await ensureSchema(session, options.schema)
    await ensureProgressTables(session, options.schema)
    const prepared = new Map<string, Prepared>()
    for (const view of views) {
      const done = await prepareTable(session, view, options.schema, options.extras[view.name] ?? [])
      if (done !== 'kept') await forgetProgress(session, options.schema, view)
      prepared.set(view.name, done)
    }
    const { schema, sqlViews = [], notice = () => undefined } = options
    await prepareSqlViews(session, schema, sqlViews, new Set(prepared.keys()), notice)
    return prepared
  })
}

/** Rejects with WR_VIEW_TABLE_MISMATCH when the table is not the view's, or not any more. */
export async function assertTable(
  session: SqlSession,
  view: View,
  schema: string,
  extras: readonly ExtraColumn[],
): Promise<void> {
  const existing = await readTable(session, schema, view.name)
  if (existing !== null) assertTableOfView(view, schema, extras, existing)
}

async function prepareTable(session: SqlSession, view: View, schema: string, extras: readonly ExtraColumn[]): Promise<Prepared> {
  let existing = await readTable(session, schema, view.name)
  let done: Prepared = 'kept'
  if (existing === null) {
    await session.query(createTable(view, schema, extras))
    for (const index of indexesOfNewTable(view, schema)) await session.query(index)
    existing = (await readTable(session, schema, view.name)) as ExistingTable
    done = 'created'
  } else if (await extendTable(session, view, schema, extras, existing)) {
    existing = (await readTable(session, schema, view.name)) as ExistingTable
    done = 'extended'
  }
  // A comment is worth no failure: who made the table for us keeps its comments.
  if (existing.isOwn) await writeComments(session, view, schema, extras, existing)
  return done
}

/** True when a column of the view was added. */
async function extendTable(
  session: SqlSession,
  view: View,
  schema: string,
  extras: readonly ExtraColumn[],
  existing: ExistingTable,
): Promise<boolean> {
  const missing = view.columns.filter((column) => !existing.columns.has(column.column))
  assertTableOfView(view, schema, extras, existing)
  for (const statement of missing.flatMap((column) => addColumn(view, schema, column))) await session.query(statement)
  const missingExtras = extras.filter((extra) => !existing.columns.has(extra.column))
  for (const extra of missingExtras) await session.query(addExtraColumn(view, schema, extra))
  return missing.length + missingExtras.length > 0
}

async function writeComments(
  session: SqlSession,
  view: View,
  schema: string,
  extras: readonly ExtraColumn[],
  existing: ExistingTable,
): Promise<void> {
  if (existing.comment !== view.doc) await session.query(commentOnTable(view, schema))
  const wanted = [
    ...view.columns.map((column) => [column.column, columnComment(column)] as const),
    ...extras.map((extra) => [extra.column, extra.comment] as const),
  ]
  for (const [column, comment] of wanted) {
    if (existing.columns.get(column)?.comment !== comment) await session.query(commentOnColumn(view, schema, column, comment))
  }
}

async function ensureSchema(session: SqlSession, schema: string): Promise<void> {
  const found = await session.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema])
  if (found.rows.length === 0) await session.query(`CREATE SCHEMA ${quoteName(schema)}`)
}

/** The tables in which windrow keeps how far each view has been written. */
async function ensureProgressTables(session: SqlSession, schema: string): Promise<void> {
  const progress = tableName(schema, 'windrow_progress')
  const mends = tableName(schema, 'windrow_mends')
  const found = await session.query(
    `SELECT to_regclass($1) IS NOT NULL, to_regclass($2) IS NOT NULL,
       EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = 'last_record' AND NOT attisdropped)`,
    [progress, mends],
  )
  if (found.rows[0]?.[0] !== true) {
    await session.query(`CREATE TABLE ${progress} (
      "view" text NOT NULL, "partition" integer NOT NULL, "topic_id" text NOT NULL, "next_offset" bigint NOT NULL,
      "lease_epoch" bigint NOT NULL, "owner_epoch" bigint NOT NULL, "updated_at" timestamp with time zone NOT NULL, "last_record" text,
      PRIMARY KEY ("view", "partition"))`)
    await session.query(
      `COMMENT ON TABLE ${progress} IS 'How far each partition of a view topic has been written here, and by which owner. Kept by windrow in the transaction that writes the rows.'`,
    )
  } else if (found.rows[0]?.[2] !== true) {
    // Of a version that did not note it.
    await session.query(`ALTER TABLE ${progress} ADD COLUMN "last_record" text`)
  }
  if (found.rows[0]?.[1] !== true) {
    await session.query(`CREATE TABLE ${mends} (
      "view" text PRIMARY KEY, "holder" text NOT NULL, "until" timestamp with time zone NOT NULL)`)
    await session.query(`COMMENT ON TABLE ${mends} IS 'Which process is comparing a whole view with its topic.'`)
  }
}

/** Without progress the whole view is compared with its topic before anything else is written. */
async function forgetProgress(session: SqlSession, schema: string, view: View): Promise<void> {
  await session.query(`DELETE FROM ${tableName(schema, 'windrow_progress')} WHERE "view" = $1`, [view.name])
}
