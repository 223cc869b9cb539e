import type { DuckDBAppender, DuckDBValue } from '@duckdb/node-api'
import type { Cell, ColumnType, ViewColumn } from '../views/view.ts'

type DuckDB = typeof import('@duckdb/node-api')

const MS_PER_DAY = 86_400_000

const types = {
  text: 'VARCHAR',
  instant: 'TIMESTAMPTZ',
  day: 'DATE',
  month: 'VARCHAR',
  double: 'DOUBLE',
  count: 'BIGINT',
  flag: 'BOOLEAN',
} as const satisfies Readonly<Record<ColumnType, string>>

/** A column's type in DuckDB, and so in Parquet. */
export const parquetType = ({ type }: Pick<ViewColumn, 'type'>): (typeof types)[ColumnType] => types[type]

/** A name as SQL has it, whatever is in it. */
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** The columns as `CREATE TABLE` has them. */
export const parquetColumns = (columns: readonly ViewColumn[]): string =>
  columns.map((column) => `${quoted(column.column)} ${parquetType(column)}`).join(', ')

/** From a cell of that type to what DuckDB takes. The library is given, for it takes long to load. */
export function parquetValue(duckdb: DuckDB, type: ColumnType): (cell: Exclude<Cell, null>) => DuckDBValue {
  switch (type) {
    case 'text':
    case 'month':
      return String
    case 'instant':
      return (cell) => new duckdb.DuckDBTimestampTZValue(BigInt(cell) * 1000n)
    case 'day':
      return (cell) => new duckdb.DuckDBDateValue(Date.parse(`${cell}T00:00:00Z`) / MS_PER_DAY)
    case 'double':
      return Number
    case 'count':
      return BigInt
    case 'flag':
      return (cell) => cell === true
  }
}

/** Appends rows of cells in the order of the columns. */
export function cellAppender(
  duckdb: DuckDB,
  columns: readonly ViewColumn[],
): (appender: DuckDBAppender, cells: readonly Cell[]) => void {
  const plan = columns.map((column) => ({ type: duckdb[parquetType(column)], toDuckDb: parquetValue(duckdb, column.type) }))
  return (appender, cells) => {
    for (const [i, { type, toDuckDb }] of plan.entries()) {
      const cell = cells[i] ?? null
      if (cell === null) appender.appendNull()
      else appender.appendValue(toDuckDb(cell), type)
    }
    appender.endRow()
  }
}
