import { quoteName } from './quote.ts'
import type { SqlClient } from './sql-client.ts'
import { tableName } from './table-sql.ts'

/** How one partition of a reading topic, or one source, is at a moment. Instants are milliseconds since the epoch. */
export interface PipelineHealthRow {
  readonly part: 'partition' | 'source'
  /** The topic's or the source's. */
  readonly name: string
  /** -1 for a source. */
  readonly partition: number
  readonly state: string
  readonly lastEventAt: number | null
  readonly lastAppendAt: number | null
  /** Records not in the views yet. */
  readonly lag: number | null
  readonly late: number | null
  readonly duplicate: number | null
  readonly deadLettered: number | null
  /** When this was so; of a source, when it last answered. */
  readonly heartbeatAt: number | null
}

const TABLE = 'pipeline_health'

const columns: ReadonlyArray<readonly [name: string, definition: string, comment: string]> = [
  ['part', 'text COLLATE "C" NOT NULL', 'partition: of a reading topic; source: what publishes.'],
  ['name', 'text COLLATE "C" NOT NULL', 'The topic, or the source.'],
  ['partition', 'integer NOT NULL', 'Number of the partition, -1 for a source.'],
  ['state', 'text NOT NULL', 'What it is doing.'],
  ['last_event', 'timestamp with time zone', 'Start of the newest reading processed.'],
  ['last_append', 'timestamp with time zone', 'When the log took the newest record processed.'],
  ['lag', 'bigint', 'Records not in the views yet.'],
  ['late', 'bigint', 'Readings beyond the allowed lateness.'],
  ['duplicate', 'bigint', 'Readings equal to the one in force.'],
  ['dead_lettered', 'bigint', 'Records that were no usable reading.'],
  ['heartbeat', 'timestamp with time zone', 'When this was so; of a source, when it last answered.'],
]

/** Makes the table where it is missing. It is about the clock, so nothing of it is a function of the log. */
export async function preparePipelineHealth(client: SqlClient, schema: string): Promise<void> {
  const table = tableName(schema, TABLE)
  const definitions = columns.map(([name, definition]) => `${quoteName(name)} ${definition}`)
  await client.query(`CREATE TABLE IF NOT EXISTS ${table} (${definitions.join(', ')}, PRIMARY KEY (part, name, partition))`)
  await client.query(`COMMENT ON TABLE ${table} IS 'How the pipeline is, written every few seconds by windrow.'`)
  for (const [name, , comment] of columns) await client.query(`COMMENT ON COLUMN ${table}.${quoteName(name)} IS '${comment}'`)
}

const instant = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

/** Writes the rows over those of the same part, name and partition. */
export async function writePipelineHealth(client: SqlClient, schema: string, rows: readonly PipelineHealthRow[]): Promise<void> {
  const names = columns.map(([name]) => quoteName(name))
  const updates = names.slice(3).map((name) => `${name} = excluded.${name}`)
  const statement = `INSERT INTO ${tableName(schema, TABLE)} (${names.join(', ')}) VALUES (${names.map((_, i) => `$${i + 1}`).join(', ')})
    ON CONFLICT (part, name, partition) DO UPDATE SET ${updates.join(', ')}`
  await client.transaction(async (session) => {
    for (const row of rows) {
      await session.query(statement, [
        row.part,
        row.name,
        row.partition,
        row.state,
        instant(row.lastEventAt),
        instant(row.lastAppendAt),
        row.lag,
        row.late,
        row.duplicate,
        row.deadLettered,
        instant(row.heartbeatAt),
      ])
    }
  })
}
