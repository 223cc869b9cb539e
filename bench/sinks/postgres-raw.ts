import pg from 'pg'
import { columnType, createTable } from '../../src/sinks/postgres/table-sql.ts'
import { indexesOfNewTable } from '../../src/sinks/postgres/time-indexes.ts'
import type { Cell, View, ViewColumn } from '../../src/views/view.ts'
import type { OpenRawWriter } from './raw-writer.ts'

const BATCH_ROWS = 5_000
const CONNECTIONS = 4
const SCHEMA = 'raw'

/** Arrays of texts, as `pg` sends them, unnested and written over what has the same key: a statement a batch, each its own transaction. */
export const openRawPostgres: OpenRawWriter = async (environment, view) => {
  const pool = new pg.Pool({ connectionString: environment.POSTGRES_URL, max: CONNECTIONS })
  await pool.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`)
  await pool.query(`CREATE SCHEMA ${SCHEMA}`)
  await pool.query(createTable(view, SCHEMA, []))
  for (const index of indexesOfNewTable(view, SCHEMA)) await pool.query(index)
  const text = upsert(view)

  async function writeBatches(rows: ReadonlyArray<readonly Cell[]>, first: number): Promise<void> {
    for (let from = first * BATCH_ROWS; from < rows.length; from += CONNECTIONS * BATCH_ROWS) {
      const batch = rows.slice(from, from + BATCH_ROWS)
      const values = view.columns.map((column, i) => batch.map((cells) => sqlValue(column, cells[i] as Cell)))
      await pool.query({ name: 'upsert', text, values })
    }
  }

  return {
    async write(rows) {
      await Promise.all(Array.from({ length: CONNECTIONS }, (_, first) => writeBatches(rows, first)))
    },
    async close() {
      await pool.query(`DROP SCHEMA ${SCHEMA} CASCADE`)
      await pool.end()
    },
  }
}

function upsert(view: View): string {
  const names = view.columns.map(({ column }) => column).join(', ')
  const arrays = view.columns.map((column, i) => `$${i + 1}::${columnType(column.type)}[]`).join(', ')
  const updates = view.values.map(({ column }) => `${column} = excluded.${column}`).join(', ')
  return `INSERT INTO ${SCHEMA}.${view.name} (${names}) SELECT * FROM unnest(${arrays})
    ON CONFLICT (${view.key.map(({ column }) => column).join(', ')}) DO UPDATE SET ${updates}`
}

function sqlValue({ type }: ViewColumn, cell: Cell): Cell {
  return type === 'instant' && cell !== null ? new Date(cell as number).toISOString() : cell
}
