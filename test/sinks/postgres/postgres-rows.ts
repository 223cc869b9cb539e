import { quoteName } from '../../../src/sinks/postgres/quote.ts'
import { cellOf } from '../../../src/sinks/postgres/read-rows.ts'
import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import { tableName, tableStatements } from '../../../src/sinks/postgres/table-sql.ts'
import type { Cell, View } from '../../../src/views/view.ts'

/** All rows of a view's table as cells. */
export async function readRows(client: SqlClient, schema: string, view: View): Promise<Cell[][]> {
  const columns = view.columns.map(({ column }) => quoteName(column)).join(', ')
  const { rows } = await client.query(`SELECT ${columns} FROM ${tableName(schema, view.name)}`)
  return rows.map((values) => view.columns.map((column, i) => cellOf(column, values[i] ?? null)))
}

export async function upsertRows(client: SqlClient, schema: string, view: View, rows: Cell[][]): Promise<void> {
  const statements = tableStatements(view, schema, view.name)
  await client.query(statements.upsert, statements.upsertParameters(rows))
}

export async function removeRows(client: SqlClient, schema: string, view: View, keys: Cell[][]): Promise<void> {
  const statements = tableStatements(view, schema, view.name)
  await client.query(statements.remove, statements.removeParameters(keys))
}

/** Makes the progress of all partitions of a view so much older. */
export async function ageProgress(client: SqlClient, schema: string, view: View, ms: number): Promise<void> {
  await client.query(
    `UPDATE ${tableName(schema, 'windrow_progress')} SET updated_at = updated_at - make_interval(secs => $2::float8 / 1000) WHERE view = $1`,
    [view.name, ms],
  )
}
