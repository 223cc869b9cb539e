import * as duckdb from '@duckdb/node-api'
import { cellAppender, parquetColumns } from '../../sinks/parquet-columns.ts'
import type { Cell, View } from '../../views/view.ts'
import { writeWholeFile } from './write-file.ts'

/** Writes the rows in their order. One thread, so that the same rows give the same bytes. */
export async function writeParquetFile(
  view: View,
  path: string,
  rows: AsyncIterable<ReadonlyArray<readonly Cell[]>>,
): Promise<void> {
  await writeWholeFile(path, async (partial) => {
    // A database beside the file, so that rows which do not fit into memory go to the same disk.
    const instance = await duckdb.DuckDBInstance.create(':memory:', {
      threads: '1',
      memory_limit: '512MB',
      temp_directory: `${partial}.tmp`,
    })
    const connection = await instance.connect()
    try {
      await connection.run(`CREATE TABLE rows (${parquetColumns(view.columns)})`)
      const append = cellAppender(duckdb, view.columns)
      const appender = await connection.createAppender('rows')
      for await (const batch of rows) {
        for (const cells of batch) append(appender, cells)
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
