import { expect, test } from 'vitest'
import { parseRowsQuery } from '../../../src/api/view-query.ts'
import { pageStatement, queryView } from '../../../src/cli/api/query-view.ts'
import type { SqlClient, SqlParameter, SqlResult } from '../../../src/sinks/postgres/sql-client.ts'
import { energiesView } from '../../../src/views/energy.ts'

const query = parseRowsQuery(energiesView, { station: 'FR', from: '2025-01-01', order: 'newest', limit: 'all' })

test('a page is asked for by its key, with every value as a parameter', () => {
  const { text, parameters } = pageStatement(query, 'public', [Date.UTC(2025, 0, 2), "F'R"], 10)
  expect(text).toMatch(/^SELECT "zone_id", "timestamp", .* FROM "public"\."energies" WHERE /)
  expect(text).toMatch(
    /WHERE "zone_id" = \$1 AND "timestamp" >= \$2 AND \("timestamp", "zone_id"\) < \(\$3, \$4\) ORDER BY "timestamp" DESC, "zone_id" DESC LIMIT 10$/,
  )
  expect(parameters).toEqual(['FR', '2025-01-01T00:00:00Z', '2025-01-02T00:00:00Z', "F'R"])
})

/** Answers from `rows` (texts of instants in the second cell), as a database that honours LIMIT would. */
function client(rows: ReadonlyArray<readonly (string | number | null)[]>): { readonly sql: SqlClient; readonly asked: number[] } {
  const asked: number[] = []
  let sent = 0
  const run = async (text: string, _parameters?: readonly SqlParameter[]): Promise<SqlResult> => {
    const limit = Number(text.split('LIMIT ')[1])
    asked.push(limit)
    const page = rows.slice(sent, sent + limit)
    sent += page.length
    return { fields: [], rows: page, rowCount: page.length, command: 'SELECT' }
  }
  return {
    asked,
    sql: { query: run, transaction: async (work) => work({ query: run }), describe: () => 'a table', close: async () => {} },
  }
}

const rowOf = (i: number) =>
  energiesView.columns.map(({ type }) => (type === 'instant' ? new Date(i * 60_000).toISOString() : 'x'))

test('pages follow one another until one is not full, and instants are numbers', async () => {
  const { sql, asked } = client(Array.from({ length: 4_100 }, (_, i) => rowOf(i)))
  const found: unknown[] = []
  for await (const page of queryView(sql, 'public', query)) for (const cells of page) found.push(cells[1])
  expect(asked).toEqual([2_000, 2_000, 2_000])
  expect(found).toEqual(Array.from({ length: 4_100 }, (_, i) => i * 60_000))
})

test('no more rows are fetched than were asked for', async () => {
  const { sql, asked } = client(Array.from({ length: 50 }, (_, i) => rowOf(i)))
  let count = 0
  for await (const page of queryView(sql, 'public', { ...query, limit: 7 })) count += page.length
  expect([count, asked]).toEqual([7, [7]])
})
