import type { DuckDBType } from '@duckdb/node-api'
import type { EventType } from '../../../events/event-type.ts'
import { sqlName } from '../lake-database.ts'

/** Where a reading stands in the log: by these a row of bronze is known. (`offset` alone would be a word of SQL.) */
export const PARTITION = 'log_partition'
export const OFFSET = 'log_offset'

export interface ReadingColumn {
  readonly name: string
  /** As DuckDB has it. */
  readonly type: string
  /** Of a staged row `s`, with the texts that belong to its numbers. */
  readonly sql: string
}

/** The names of the tables that hold the readings of a topic on their way. */
export interface StagedTables {
  readonly rows: string
  readonly faults: string
  readonly keys: string
  readonly subKeys: string
  readonly places: string
  readonly origins: string
  readonly texts: string
}

const time = (value: string): string => `make_timestamptz(CAST(${value} AS BIGINT) * 1000)`
const unlessNaN = (value: string): string => `CASE WHEN isnan(${value}) THEN NULL ELSE ${value} END`

/** The columns of a staged row, all of them DOUBLE, NaN where there is no value. */
export function stagedColumns(event: EventType): readonly string[] {
  const payload = event.payload.map((_, i) => `p${i}`)
  return ['part', 'off', 'key', 'sub', 'ts', 'minutes', 'revised', 'place', 'ingested', 'origin', ...payload]
}

/** The columns of bronze and silver, in their order: where it stands in the log, then the reading's own fields. */
export function readingColumns(event: EventType): readonly ReadingColumn[] {
  return [
    { name: PARTITION, type: 'INTEGER', sql: 'CAST(s.part AS INTEGER)' },
    { name: OFFSET, type: 'BIGINT', sql: 'CAST(s.off AS BIGINT)' },
    { name: event.keyField, type: 'VARCHAR', sql: 'k.text' },
    ...event.subKeyFields.map((name, i) => ({ name, type: 'VARCHAR', sql: `u.f${i}` })),
    { name: 'timestamp', type: 'TIMESTAMPTZ', sql: time('s.ts') },
    { name: 'interval_minutes', type: 'INTEGER', sql: 'CAST(s.minutes AS INTEGER)' },
    { name: 'city', type: 'VARCHAR', sql: 'l.city' },
    { name: 'country', type: 'VARCHAR', sql: 'l.country' },
    { name: 'latitude', type: 'DOUBLE', sql: 'l.latitude' },
    { name: 'longitude', type: 'DOUBLE', sql: 'l.longitude' },
    { name: 'time_zone', type: 'VARCHAR', sql: 'l.time_zone' },
    { name: 'revised_at', type: 'TIMESTAMPTZ', sql: `CASE WHEN isnan(s.revised) THEN NULL ELSE ${time('s.revised')} END` },
    { name: 'ingested_at', type: 'TIMESTAMPTZ', sql: time('s.ingested') },
    { name: 'data_origin', type: 'VARCHAR', sql: 'o.text' },
    ...payloadColumns(event),
  ]
}

function payloadColumns(event: EventType): ReadingColumn[] {
  return event.payload.map(({ field, kind }, i) => {
    if (kind === 'text') return { name: field, type: 'VARCHAR', sql: `t${i}.text` }
    const value = `s.p${i}`
    if (kind === 'number') return { name: field, type: 'DOUBLE', sql: unlessNaN(value) }
    return { name: field, type: 'BOOLEAN', sql: `CASE WHEN isnan(${value}) THEN NULL ELSE ${value} = 1 END` }
  })
}

/** The rows of a day that fit the condition (on `s`), as they stand in the lake. */
export function readingsSql(event: EventType, tables: StagedTables, condition: string): string {
  const columns = readingColumns(event).map(({ name, sql }) => `${sql} AS ${sqlName(name)}`)
  const texts = event.payload.flatMap(({ kind }, i) =>
    kind === 'text' ? [`LEFT JOIN ${tables.texts} t${i} ON t${i}.id = s.p${i}`] : [],
  )
  return [
    `SELECT ${columns.join(', ')} FROM ${tables.rows} s`,
    `LEFT JOIN ${tables.keys} k ON k.id = s.key`,
    ...(event.subKeyFields.length === 0 ? [] : [`LEFT JOIN ${tables.subKeys} u ON u.id = s.sub`]),
    `LEFT JOIN ${tables.places} l ON l.id = s.place`,
    `LEFT JOIN ${tables.origins} o ON o.id = s.origin`,
    ...texts,
    `WHERE ${condition}`,
  ].join(' ')
}

/** Records that are no readings, with what is known of them. */
export function faultsSql(event: EventType, tables: StagedTables, condition: string): string {
  const known: Readonly<Record<string, string>> = {
    [PARTITION]: 's.part',
    [OFFSET]: 's.off',
    [event.keyField]: 's.key',
    timestamp: 's.ts',
  }
  const columns = readingColumns(event).map(({ name, type }) => `${known[name] ?? `CAST(NULL AS ${type})`} AS ${sqlName(name)}`)
  return `SELECT ${columns.join(', ')}, s.problem AS problem, s.raw AS raw FROM ${tables.faults} s WHERE ${condition}`
}

export const withoutFault = 'CAST(NULL AS VARCHAR) AS problem, CAST(NULL AS BLOB) AS raw'

export function stagedTypes(event: EventType, duckdb: typeof import('@duckdb/node-api')): readonly DuckDBType[] {
  return stagedColumns(event).map(() => duckdb.DOUBLE)
}
