import { type DuckDBAppender, DuckDBDateValue, DuckDBInstance, DuckDBTimestampTZValue } from '@duckdb/node-api'
import type { Cell, ColumnType, View } from '../../views/view.ts'
import { writeWholeFile } from './write-file.ts'

const MS_PER_DAY = 86_400_000

const sqlTypes: Readonly<Record<ColumnType, string>> = {
  text: 'VARCHAR',
  instant: 'TIMESTAMPTZ',
  day: 'DATE',
  month: 'VARCHAR',
  double: 'DOUBLE',
  count: 'BIGINT',
  flag: 'BOOLEAN',
}

const appenders: Readonly<Record<ColumnType, (appender: DuckDBAppender, cell: Exclude<Cell, null>) => void>> = {
  text: (appender, cell) => appender.appendVarchar(String(cell)),
  instant: (appender, cell) => appender.appendTimestampTZ(new DuckDBTimestampTZValue(BigInt(cell) * 1000n)),
  day: (appender, cell) => appender.appendDate(new DuckDBDateValue(Date.parse(`${cell}T00:00:00Z`) / MS_PER_DAY)),
  month: (appender, cell) => appender.appendVarchar(String(cell)),
  double: (appender, cell) => appender.appendDouble(Number(cell)),
  count: (appender, cell) => appender.appendBigInt(BigInt(cell)),
  flag: (appender, cell) => appender.appendBoolean(cell === true),
}

function appendRow(appender: DuckDBAppender, view: View, cells: readonly Cell[]): void {
  for (const [i, { type }] of view.columns.entries()) {
    const cell = cells[i] ?? null
    if (cell === null) appender.appendNull()
    else appenders[type](appender, cell)
  }
  appender.endRow()
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Writes the rows in their order. One thread, so that the same rows give the same bytes. */
export async function writeParquetFile(
  view: View,
  path: string,
  rows: AsyncIterable<ReadonlyArray<readonly Cell[]>>,
): Promise<void> {
  await writeWholeFile(path, async (partial) => {
    // A database beside the file, so that rows which do not fit into memory go to the same disk.
    const instance = await DuckDBInstance.create(':memory:', {
      threads: '1',
      memory_limit: '512MB',
      temp_directory: `${partial}.tmp`,
    })
    const connection = await instance.connect()
    try {
      const columns = view.columns.map(({ column, type }) => `${quoted(column)} ${sqlTypes[type]}`)
      await connection.run(`CREATE TABLE rows (${columns.join(', ')})`)
      const appender = await connection.createAppender('rows')
      for await (const batch of rows) {
        for (const cells of batch) appendRow(appender, view, cells)
        appender.flushSync()
      }
      appender.closeSync()
      await connection.run(`COPY rows TO '${partial.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`)
    } finally {
      connection.closeSync()
      instance.closeSync()
    }
  })
}
