import { protocol } from '@electric-sql/pglite'
import type { RawResult, SqlField, SqlParameter } from './sql-client.ts'
import type { SqlErrorFields } from './sql-errors.ts'

/** The messages of an extended query, in one piece: parse, bind, describe, execute, sync. */
export function bindMessages(text: string, parameters: readonly SqlParameter[]): Uint8Array {
  const values = parameters.map((value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value))
  return Buffer.concat([
    protocol.serialize.parse({ text }),
    protocol.serialize.bind({ values }),
    protocol.serialize.describe({ type: 'P' }),
    protocol.serialize.execute({}),
    protocol.serialize.sync(),
  ])
}

/** What the server answered to an extended query. */
export type QueryOutcome =
  | { readonly error: null; readonly result: RawResult }
  | { readonly error: SqlErrorFields; readonly result: null }

/** The parts of Postgres' messages that matter here; every message has a name. */
interface ServerMessage {
  readonly name: string
  readonly fields?: unknown
  readonly text?: string
}

type ServerError = Omit<SqlErrorFields, 'sqlState'> & { readonly code?: string | undefined }

export function collectResult(messages: readonly ServerMessage[]): QueryOutcome {
  let fields: SqlField[] = []
  let tag = ''
  const rows: (string | null)[][] = []
  for (const message of messages) {
    if (message.name === 'dataRow') rows.push(message.fields as (string | null)[])
    else if (message.name === 'rowDescription') {
      const described = message.fields as ReadonlyArray<{ readonly name: string; readonly dataTypeID: number }>
      fields = described.map((field) => ({ name: field.name, type: field.dataTypeID }))
    } else if (message.name === 'commandComplete') tag = message.text ?? ''
    else if (message.name === 'error') return { error: errorFields(message as unknown as ServerError), result: null }
  }
  return { error: null, result: { fields, rows, ...parseTag(tag) } }
}

function errorFields(error: ServerError): SqlErrorFields {
  const { message, code, detail, hint, position, table, column, constraint } = error
  return { message, sqlState: code ?? 'XX000', detail, hint, position, table, column, constraint }
}

/** `INSERT 0 5`, `SELECT 5`, `CREATE TABLE`. */
function parseTag(tag: string): { command: string; rowCount: number | null } {
  const match = /^([A-Z]+)(?: \d+)? (\d+)$/.exec(tag)
  if (match === null) return { command: tag.split(' ')[0] ?? '', rowCount: null }
  return { command: match[1] as string, rowCount: Number(match[2]) }
}
