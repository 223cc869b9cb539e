import type { Cell, View } from '../../views/view.ts'
import { isMissingTable } from './cassandra-errors.ts'
import type { CqlSession } from './cql-session.ts'
import { tableStatements } from './table-cql.ts'

const PAGE_ROWS = 1_000

/** All rows of a view as Cassandra holds them, none where there is no table, a page at a time: cells in the view's order, rows in no order that anybody could use. */
export async function* readRows(session: CqlSession, view: View): AsyncGenerator<ReadonlyArray<readonly Cell[]>> {
  const statements = tableStatements(view, session.keyspace)
  try {
    for await (const page of session.pages(statements.readAll, [], PAGE_ROWS))
      yield page.map((row) => statements.rows.cellsOf(row))
  } catch (error) {
    if (!isMissingTable(error)) throw error
  }
}
