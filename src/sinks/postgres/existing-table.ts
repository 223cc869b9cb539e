import { WindrowError } from '../../core/errors.ts'
import type { SqlSession } from './sql-client.ts'
import { tableName } from './table-sql.ts'

export interface ExistingColumn {
  readonly name: string
  readonly type: string
  readonly notNull: boolean
  /** Has a default, is generated or an identity: an INSERT may leave it out. */
  readonly supplied: boolean
  readonly comment: string | null
}

export interface ExistingTable {
  readonly columns: ReadonlyMap<string, ExistingColumn>
  readonly key: readonly string[]
  /** Our role may change it. */
  readonly isOwn: boolean
  readonly comment: string | null
}

/** What is there under the name of a view, null for nothing. Rejects with WR_VIEW_TABLE_MISMATCH when it is no table. */
export async function readTable(session: SqlSession, schema: string, table: string): Promise<ExistingTable | null> {
  const name = tableName(schema, table)
  const found = await session.query(
    `SELECT c.relkind::text, obj_description(c.oid, 'pg_class'), pg_has_role(c.relowner, 'USAGE') FROM pg_class c WHERE c.oid = to_regclass($1)`,
    [name],
  )
  const row = found.rows[0]
  if (row === undefined) return null
  if (row[0] !== 'r' && row[0] !== 'p') throw notATable(schema, table)
  const columns = await session.query(
    `SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull,
            a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '', col_description(a.attrelid, a.attnum)
     FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [name],
  )
  const key = await session.query(
    `SELECT a.attname::text FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k(attnum, position), pg_attribute a
     WHERE i.indrelid = to_regclass($1) AND i.indisprimary AND a.attrelid = i.indrelid AND a.attnum = k.attnum ORDER BY k.position`,
    [name],
  )
  return {
    comment: row[1] as string | null,
    isOwn: row[2] as boolean,
    key: key.rows.map((cells) => cells[0] as string),
    columns: new Map(
      columns.rows.map(([column, type, notNull, supplied, comment]) => [
        column as string,
        {
          name: column as string,
          type: type as string,
          notNull: notNull as boolean,
          supplied: supplied as boolean,
          comment: comment as string | null,
        },
      ]),
    ),
  }
}

function notATable(schema: string, table: string): WindrowError {
  return new WindrowError('WR_VIEW_TABLE_MISMATCH', {
    message: `${schema}.${table} is there, but is no table`,
    remedy: `Rename or drop ${schema}.${table}: windrow makes a table of that name and fills it from the log.`,
    facts: { table: `${schema}.${table}` },
    kind: 'usage',
  })
}
