import pg from 'pg'
import { createTable, tableName, tableStatements } from '../../src/sinks/postgres/table-sql.ts'
import { indexesOfNewTable } from '../../src/sinks/postgres/time-indexes.ts'
import { MARK_AS_SINK } from '../../src/sinks/postgres/writer-setting.ts'
import type { Cell, View } from '../../src/views/view.ts'
import { sessionSteps } from '../../src/warehouse/access/setup-steps.ts'
import { NOT_THE_SINK } from '../../src/warehouse/audit/audit-changes.ts'
import { auditSteps } from '../../src/warehouse/audit/audit-steps.ts'
import { GROUPS, KEEPERS, USERS } from '../../src/warehouse/roles.ts'
import { hourlyRow, hourlyView } from '../workloads/hourly-rows.ts'

export interface MeasureAuditParams {
  readonly url: string
  readonly rounds: number
  /** Of 5,000 rows. */
  readonly batches: number
  /** That a comparison writes in one statement, and a person changes in another. */
  readonly manyRows: number
}

/** By what watches the table, and what is done: milliseconds, one for each time, the n-th of all at about the same time. */
export type MeasureAuditResult = Readonly<Record<AuditWay, Record<AuditWork, number[]>>>

/** `nothing` and `nothingAgain` differ by the noise of the machine. */
export const AUDIT_WAYS = ['nothing', 'nothingAgain', 'byStatement', 'byRow'] as const
export type AuditWay = (typeof AUDIT_WAYS)[number]
/** The sink's batches of new rows, of rows that all differ, of rows that are there already; a comparison's two; a person's. */
export const AUDIT_WORKS = ['insert', 'update', 'same', 'insertMany', 'updateMany', 'person'] as const
export type AuditWork = (typeof AUDIT_WORKS)[number]

const SCHEMA = 'audited'
const BATCH_ROWS = 5_000
const STAGE = 'stage'
const MEAN = hourlyView.columns.findIndex(({ name }) => name === 'temperatureMean')

/** The same statements as the sink's, as a role that is no superuser, on tables that differ in their triggers alone. */
export async function measureAudit({ url, rounds, batches, manyRows }: MeasureAuditParams): Promise<MeasureAuditResult> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await makeTables(client)
    const done = Object.fromEntries(
      AUDIT_WAYS.map((way) => [way, Object.fromEntries(AUDIT_WORKS.map((work) => [work, [] as number[]]))]),
    ) as MeasureAuditResult
    for (let round = 0; round < rounds; round++) {
      for (let batch = 0; batch < batches; batch++) await measureBatch(client, done, round * batches + batch)
    }
    await stage(client, manyRows)
    for (let round = 0; round < rounds; round++) await measureMany(client, done, round)
    return done
  } finally {
    await client.end()
  }
}

async function makeTables(client: pg.Client): Promise<void> {
  for (const name of [...Object.values(GROUPS), ...Object.values(KEEPERS)]) await client.query(`CREATE ROLE ${name}`)
  for (const [name, group] of Object.entries(USERS)) await client.query(`CREATE ROLE ${name} LOGIN IN ROLE ${GROUPS[group]}`)
  await client.query(`CREATE SCHEMA ${SCHEMA} AUTHORIZATION ${GROUPS.etl}`)
  for (const name of [...AUDIT_WAYS, STAGE]) {
    const view = { ...hourlyView, name }
    await client.query(createTable(view, SCHEMA, []))
    if (name !== STAGE) for (const index of indexesOfNewTable(view, SCHEMA)) await client.query(index)
    await client.query(`ALTER TABLE ${tableName(SCHEMA, name)} OWNER TO ${GROUPS.etl}`)
  }
  const views: View[] = [{ ...hourlyView, name: 'byStatement' }]
  await client.query('BEGIN')
  for (const { sql } of [...sessionSteps, ...auditSteps({ schema: SCHEMA, views, sqlViews: [] })]) await client.query(sql)
  await client.query('COMMIT')
  await auditByRow(client)
  await client.query('SET SESSION AUTHORIZATION user_etl')
  await client.query(`SET ROLE ${GROUPS.etl}`)
}

/** What windrow does not do: a call for each row. */
async function auditByRow(client: pg.Client): Promise<void> {
  const log = tableName(SCHEMA, 'audit_log')
  await client.query(`CREATE FUNCTION ${SCHEMA}.by_row() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET "TimeZone" = 'UTC' SET extra_float_digits = 1
    AS $$ BEGIN
      INSERT INTO ${log} (table_name, operation, details)
      VALUES (TG_TABLE_NAME, TG_OP, jsonb_build_object('old', to_jsonb(OLD), 'new', to_jsonb(NEW)));
      RETURN NULL;
    END $$`)
  await client.query(`CREATE TRIGGER by_row AFTER INSERT OR UPDATE OR DELETE ON ${tableName(SCHEMA, 'byRow')}
    FOR EACH ROW WHEN (${NOT_THE_SINK}) EXECUTE FUNCTION ${SCHEMA}.by_row()`)
}

async function measureBatch(client: pg.Client, done: MeasureAuditResult, batch: number): Promise<void> {
  const fresh = Array.from({ length: BATCH_ROWS }, (_, i) => hourlyRow(batch * BATCH_ROWS + i))
  const changed = fresh.map((row) => row.map((cell, i): Cell => (i === MEAN ? (cell as number) + 1 : cell)))
  const works = [
    ['insert', fresh],
    ['update', changed],
    ['same', changed],
  ] as const
  for (const [work, rows] of works) {
    for (const way of inTurn(batch)) {
      const { upsert, upsertParameters } = tableStatements(hourlyView, SCHEMA, way)
      const values = upsertParameters(rows)
      done[way][work].push(await timed(client, () => client.query(upsert, values)))
    }
  }
}

/** As a comparison writes, and as a person changes many rows. */
async function measureMany(client: pg.Client, done: MeasureAuditResult, round: number): Promise<void> {
  const columns = hourlyView.columns.map(({ column }) => `"${column}"`).join(', ')
  for (const way of inTurn(round)) {
    const table = tableName(SCHEMA, way)
    const { upsert } = tableStatements(hourlyView, SCHEMA, way)
    const onConflict = upsert.slice(upsert.indexOf('ON CONFLICT'))
    const copy = (selected: string) =>
      client.query(`INSERT INTO ${table} AS t (${columns}) SELECT ${selected} FROM ${SCHEMA}.${STAGE} ${onConflict}`)
    await client.query(`TRUNCATE ${table}`)
    done[way].insertMany.push(await timed(client, () => copy(columns)))
    done[way].updateMany.push(await timed(client, () => copy(columns.replace('"n"', '"n" + 1'))))
    const startedAt = performance.now()
    await client.query(`UPDATE ${table} SET "city" = 'Elsewhere'`)
    done[way].person.push(performance.now() - startedAt)
  }
}

async function stage(client: pg.Client, rows: number): Promise<void> {
  const { upsert, upsertParameters } = tableStatements(hourlyView, SCHEMA, STAGE)
  for (let from = 0; from < rows; from += BATCH_ROWS) {
    const batch = Array.from({ length: BATCH_ROWS }, (_, i) => hourlyRow(from + i))
    await client.query(upsert, upsertParameters(batch))
  }
}

/** Each comes first equally often: what comes later finds more in the caches. */
function inTurn(round: number): AuditWay[] {
  const first = round % AUDIT_WAYS.length
  return [...AUDIT_WAYS.slice(first), ...AUDIT_WAYS.slice(0, first)]
}

/** Milliseconds of a transaction that is marked as the sink's. */
async function timed(client: pg.Client, work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await client.query('BEGIN')
  await client.query(`SELECT ${MARK_AS_SINK}`)
  await work()
  await client.query('COMMIT')
  return performance.now() - startedAt
}
