import type { Condition, ViewQuery } from '../../api/ports.ts'
import { quoteName } from '../../sinks/postgres/quote.ts'
import { cellOf, parameterOf } from '../../sinks/postgres/read-rows.ts'
import type { SqlClient, SqlParameter } from '../../sinks/postgres/sql-client.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import type { Cell, ViewColumn } from '../../views/view.ts'

/** Rows fetched at once. */
const PAGE = 2_000

const operators: Readonly<Record<Condition['operator'], string>> = { equal: '=', 'at-least': '>=', below: '<' }

interface Statement {
  readonly text: string
  readonly parameters: readonly SqlParameter[]
}

/** The next page of the query: the rows after `after` in its order. */
export function pageStatement(query: ViewQuery, schema: string, after: readonly Cell[] | null, limit: number): Statement {
  const { view, conditions, order, descending } = query
  const parameters: SqlParameter[] = []
  const placeholder = (column: ViewColumn, cell: Cell): string => `$${parameters.push(parameterOf(column, cell))}`
  const where = conditions.map(
    ({ column, operator, value }) => `${quoteName(column.column)} ${operators[operator]} ${placeholder(column, value)}`,
  )
  if (after !== null) {
    const names = order.map(({ column }) => quoteName(column)).join(', ')
    const values = order.map((column, i) => placeholder(column, after[i] ?? null)).join(', ')
    where.push(`(${names}) ${descending ? '<' : '>'} (${values})`)
  }
  const direction = descending ? ' DESC' : ''
  const parts = [
    `SELECT ${view.columns.map(({ column }) => quoteName(column)).join(', ')}`,
    `FROM ${tableName(schema, view.name)}`,
    where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`,
    `ORDER BY ${order.map(({ column }) => `${quoteName(column)}${direction}`).join(', ')}`,
    `LIMIT ${limit}`,
  ]
  return { text: parts.filter((part) => part !== '').join(' '), parameters }
}

/** The rows that a query asks for, from the Postgres view, a page at a time: the next page is fetched when the one before was taken. */
export async function* queryView(
  sql: SqlClient,
  schema: string,
  query: ViewQuery,
): AsyncGenerator<ReadonlyArray<readonly Cell[]>> {
  const { view, order } = query
  const places = order.map((column) => view.columns.indexOf(column))
  let left = query.limit ?? Number.POSITIVE_INFINITY
  let after = query.after
  while (left > 0) {
    const limit = Math.min(PAGE, left)
    const { text, parameters } = pageStatement(query, schema, after, limit)
    const { rows } = await sql.query(text, parameters)
    const page = rows.map((values) => view.columns.map((column, i) => cellOf(column, values[i] ?? null)))
    if (page.length > 0) yield page
    const last = page.at(-1)
    if (last === undefined || page.length < limit) return
    left -= page.length
    after = places.map((place) => last[place] ?? null)
  }
}
