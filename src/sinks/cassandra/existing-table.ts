import { textBytes } from './cell-bytes.ts'
import type { CqlSession } from './cql-session.ts'
import type { TableColumn } from './table-cql.ts'

export interface ExistingTable {
  readonly comment: string
  readonly columns: ReadonlyMap<string, TableColumn>
}

/** What is there under the name of a table, null for nothing. */
export async function readTable(session: CqlSession, table: string): Promise<ExistingTable | null> {
  const params = [textBytes(session.keyspace), textBytes(table)]
  const [found] = await session.read(
    'SELECT comment FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?',
    params,
  )
  if (found === undefined) return null
  const columns = await session.read(
    'SELECT column_name, type, kind, position FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?',
    params,
  )
  return {
    comment: String(found[0] ?? ''),
    columns: new Map(
      columns.map(([name, type, kind, position]) => [
        String(name),
        { name: String(name), type: String(type), kind: kind as TableColumn['kind'], position: Number(position) },
      ]),
    ),
  }
}
