import type { PipelineHealthRow } from '../pipeline-health.ts'
import { quoteName } from './quote.ts'
import type { SqlClient } from './sql-client.ts'
import { tableName } from './table-sql.ts'

const TABLE = 'pipeline_health'

interface HealthColumn {
  readonly name: string
  readonly type: string
  readonly constraint?: string
  readonly comment: string
  readonly value: (row: PipelineHealthRow) => string | number | null
}

const instant = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

const columns: readonly HealthColumn[] = [
  {
    name: 'part',
    type: 'text',
    constraint: 'COLLATE "C" NOT NULL',
    comment: 'partition: of a reading topic; sink: a partition of a view in a store; source: what publishes.',
    value: ({ part }) => part,
  },
  {
    name: 'name',
    type: 'text',
    constraint: 'COLLATE "C" NOT NULL',
    comment: 'The topic, the store and the view, or the source.',
    value: ({ name }) => name,
  },
  {
    name: 'partition',
    type: 'integer',
    constraint: 'NOT NULL',
    comment: 'Number of the partition, -1 for a source and for a layer of the lake.',
    value: ({ partition }) => partition,
  },
  { name: 'state', type: 'text', constraint: 'NOT NULL', comment: 'What it is doing.', value: ({ state }) => state },
  {
    name: 'last_event',
    type: 'timestamptz',
    comment: 'Start of the newest reading processed.',
    value: ({ lastEventAt }) => instant(lastEventAt),
  },
  {
    name: 'last_append',
    type: 'timestamptz',
    comment: 'When the log took the newest record processed.',
    value: ({ lastAppendAt }) => instant(lastAppendAt),
  },
  {
    name: 'lag',
    type: 'bigint',
    comment: 'Records not in the views yet; of a sink, not in the store yet.',
    value: ({ lag }) => lag,
  },
  { name: 'late', type: 'bigint', comment: 'Readings beyond the allowed lateness.', value: ({ late }) => late },
  { name: 'duplicate', type: 'bigint', comment: 'Readings equal to the one in force.', value: ({ duplicate }) => duplicate },
  {
    name: 'dead_lettered',
    type: 'bigint',
    comment: 'Records that were no usable reading; of a sink, rows that the store refused.',
    value: ({ deadLettered }) => deadLettered,
  },
  {
    name: 'heartbeat',
    type: 'timestamptz',
    comment: 'When this was so; of a source, when it last answered.',
    value: ({ heartbeatAt }) => instant(heartbeatAt),
  },
  {
    name: 'rows_per_second',
    type: 'float8',
    comment: 'Of a sink: rows written, over about ten seconds of writing.',
    value: ({ rowsPerSecond }) => rowsPerSecond,
  },
  {
    name: 'retries',
    type: 'bigint',
    comment: 'Of a sink: failed tries since the process started.',
    value: ({ retries }) => retries,
  },
  {
    name: 'last_error',
    type: 'text',
    comment: 'Of a sink: what went wrong last, and when.',
    value: ({ lastError }) => lastError,
  },
]

/** Makes the table, or those of its columns that are missing. It is about the clock, so nothing of it is a function of the log. */
export async function preparePipelineHealth(client: SqlClient, schema: string): Promise<void> {
  const table = tableName(schema, TABLE)
  const definitions = columns.map(({ name, type, constraint = '' }) => `${quoteName(name)} ${type} ${constraint}`)
  await client.query(`CREATE TABLE IF NOT EXISTS ${table} (${definitions.join(', ')}, PRIMARY KEY (part, name, partition))`)
  const added = columns.map(({ name, type }) => `ADD COLUMN IF NOT EXISTS ${quoteName(name)} ${type}`)
  await client.query(`ALTER TABLE ${table} ${added.join(', ')}`)
  await client.query(`COMMENT ON TABLE ${table} IS 'How the pipeline is, written every few seconds by windrow.'`)
  for (const { name, comment } of columns) await client.query(`COMMENT ON COLUMN ${table}.${quoteName(name)} IS '${comment}'`)
}

/** Writes the rows over those of the same part, name and partition, in one statement. */
export async function writePipelineHealth(client: SqlClient, schema: string, rows: readonly PipelineHealthRow[]): Promise<void> {
  const names = columns.map(({ name }) => quoteName(name)).join(', ')
  const types = columns.map(({ name, type }) => `${quoteName(name)} ${type}`).join(', ')
  const updates = columns.slice(3).map(({ name }) => `${quoteName(name)} = excluded.${quoteName(name)}`)
  const json = rows.map((row) => Object.fromEntries(columns.map(({ name, value }) => [name, value(row)])))
  await client.query(
    `INSERT INTO ${tableName(schema, TABLE)} (${names}) SELECT ${names} FROM jsonb_to_recordset($1::jsonb) AS r (${types})
     ON CONFLICT (part, name, partition) DO UPDATE SET ${updates.join(', ')}`,
    [JSON.stringify(json)],
  )
}
