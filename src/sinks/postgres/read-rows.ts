import { messageOf, WindrowError } from '../../core/errors.ts'
import { formatInstant } from '../../views/instant.ts'
import type { Cell, View, ViewColumn } from '../../views/view.ts'
import { quoteName } from './quote.ts'
import type { SqlParameter, SqlResult, SqlSession, SqlValue } from './sql-client.ts'
import { sqlStateOf } from './sql-errors.ts'
import { tableName } from './table-sql.ts'

const PAGE = 5_000
const UNDEFINED_TABLE = '42P01'
const UNDEFINED_COLUMN = '42703'

/** A value of a result as the view has it. */
export function cellOf(column: ViewColumn, value: SqlValue): Cell {
  if (value === null) return null
  return column.type === 'instant' ? Date.parse(String(value)) : value
}

/** A cell as a parameter of a statement. */
export function parameterOf(column: ViewColumn, cell: Cell): SqlParameter {
  return column.type === 'instant' && typeof cell === 'number' ? formatInstant(cell) : cell
}

/** All rows of a view's table by key, none where there is no table. Each page is a statement of its own, so that no snapshot is held open. */
export async function* readTableRows(
  session: SqlSession,
  schema: string,
  view: View,
): AsyncGenerator<ReadonlyArray<readonly Cell[]>> {
  const key = view.key.map(({ column }) => quoteName(column)).join(', ')
  const columns = view.columns.map(({ column }) => quoteName(column)).join(', ')
  const from = `SELECT ${columns} FROM ${tableName(schema, view.name)}`
  const beyond = `WHERE (${key}) > (${view.key.map((_, i) => `$${i + 1}`).join(', ')})`
  let last: readonly Cell[] | undefined
  do {
    const after = last === undefined ? [] : view.key.map((column, i) => parameterOf(column, last?.[i] ?? null))
    const found = await queryIfThere(
      session,
      view,
      `${from} ${last === undefined ? '' : beyond} ORDER BY ${key} LIMIT ${PAGE}`,
      after,
    )
    const page = found.map((values) => view.columns.map((column, i) => cellOf(column, values[i] ?? null)))
    if (page.length > 0) yield page
    last = page.length < PAGE ? undefined : page.at(-1)
  } while (last !== undefined)
}

async function queryIfThere(
  session: SqlSession,
  view: View,
  sql: string,
  parameters: readonly SqlParameter[],
): Promise<SqlResult['rows']> {
  try {
    return (await session.query(sql, parameters)).rows
  } catch (error) {
    const state = sqlStateOf(error)
    if (state === UNDEFINED_TABLE) return []
    throw state === UNDEFINED_COLUMN ? columnMissing(view, error) : error
  }
}

/** Postgres would hint at a column with a name alike. */
function columnMissing({ name }: View, cause: unknown): WindrowError {
  const column = /column "([^"]+)"/.exec(messageOf(cause))?.[1]
  return new WindrowError('WR_VIEW_TABLE_MISMATCH', {
    message: `the table ${name} lacks ${column === undefined ? 'a column' : `the column ${column}`} of the view`,
    remedy: `Run \`windrow replay ${name}\`: it adds the columns that are missing, and fills them.`,
    facts: { table: name, column },
    kind: 'usage',
    cause,
  })
}
