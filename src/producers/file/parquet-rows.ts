import type { DuckDBValue } from '@duckdb/node-api'
import { messageOf, WindrowError } from '../../core/errors.ts'
import type { RawCell } from './cells.ts'
import type { FilePart } from './file-rows.ts'

type DuckDB = typeof import('@duckdb/node-api')

/** The rows of a Parquet file, in the file's order, a few thousand at a time. Row numbers count from 1. */
export async function* parquetRows(path: string): AsyncGenerator<FilePart> {
  // Loaded only here: the native library takes longer to load than everything else of a start.
  const duckdb = await import('@duckdb/node-api')
  const instance = await duckdb.DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: '512MB',
    autoinstall_known_extensions: 'false',
  })
  const connection = await instance.connect()
  try {
    const result = await connection.stream(`SELECT * FROM read_parquet('${path.replaceAll("'", "''")}')`)
    const columns = result.columnNames()
    let line = 0
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      for (const row of chunk.getRows()) {
        const cells = row.map((value) => cellOf(value, duckdb))
        line += 1
        yield { kind: 'row', line, columns, cells, bytes: () => jsonBytes(columns, cells) }
      }
    }
  } catch (cause) {
    throw new WindrowError('WR_FILE_UNREADABLE', {
      message: `The Parquet file ${path} cannot be read: ${messageOf(cause).split('\n')[0] ?? ''}`,
      remedy: 'Check that the file is whole and is Parquet; give --format or another file extension where it is something else.',
      facts: { path },
      cause,
    })
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** Timestamps without a zone become texts, so that they are read like those of any other file. */
function cellOf(value: DuckDBValue, duckdb: DuckDB): RawCell {
  if (value === null || typeof value !== 'object') return value
  if (value instanceof duckdb.DuckDBTimestampTZValue) return new Date(Number(value.micros / 1000n))
  if (value instanceof duckdb.DuckDBStructValue) {
    return Object.fromEntries(Object.entries(value.entries).map(([name, inner]) => [name, cellOf(inner, duckdb)]))
  }
  return value.toString()
}

function jsonBytes(columns: readonly string[], cells: readonly RawCell[]): Uint8Array {
  const row = Object.fromEntries(columns.map((column, i) => [column, cells[i]]))
  const text = JSON.stringify(row, (_, value: unknown) => {
    if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) return String(value)
    return value
  })
  return new TextEncoder().encode(text)
}
