import { preparePipelineHealth } from '../../../src/sinks/postgres/pipeline-health-table.ts'
import { postgresSink } from '../../../src/sinks/postgres/postgres-sink.ts'
import { quoteName } from '../../../src/sinks/postgres/quote.ts'
import type { SqlClient, SqlSession } from '../../../src/sinks/postgres/sql-client.ts'
import { sqlStateOf } from '../../../src/sinks/postgres/sql-errors.ts'
import { sqlViews } from '../../../src/sinks/postgres/sql-views.ts'
import { builtInTopologies } from '../../../src/streams/topologies/index.ts'
import type { View, ViewColumn } from '../../../src/views/view.ts'
import { defineView, instant, localDay, localMonth, text } from '../../../src/views/view.ts'
import type { SetupTarget } from '../../../src/warehouse/setup-step.ts'

export const PLACE = { latitude: 48.8566, longitude: 2.3522 }

/** What a name in a user's module may be like at worst. */
export const HOSTILE = `x"; DROP ROLE postgres; --\\ 'é$windrow$`

const onlyPostgres = ['postgres'] as const
/** Views of a module of a user's own: of days and months without a window, without any time, and with a hostile name. */
export const moduleViews: readonly View[] = [
  defineView({
    name: 'own_days',
    doc: 'Days.',
    key: { id: text('Id.'), day: localDay('Day.') },
    values: {},
    stores: onlyPostgres,
  }),
  defineView({
    name: 'own_months',
    doc: 'Months.',
    key: { id: text('Id.'), month: localMonth('Month.') },
    values: {},
    stores: onlyPostgres,
  }),
  defineView({ name: 'own_ids', doc: 'Timeless.', key: { id: text('Id.') }, values: {}, stores: onlyPostgres }),
  defineView({
    name: HOSTILE,
    doc: `${HOSTILE}\n\\! id`,
    key: { id: text('Id.'), at: instant('At.') },
    values: {},
    stores: onlyPostgres,
  }),
]

export const allViews: readonly View[] = [...new Set(builtInTopologies.map(({ view }) => view as View)), ...moduleViews]

export const targetOf = (schema: string, views: readonly View[] = allViews): SetupTarget => ({
  schema,
  views,
  sqlViews: sqlViews(PLACE).map(({ name }) => name),
})

/** The tables and views as the pipeline makes them. */
export async function makeTables(client: SqlClient, schema: string, views: readonly View[] = allViews): Promise<void> {
  await postgresSink({ client, schema, place: PLACE }).open(views)
  await preparePipelineHealth(client, schema)
}

/** Rows of every view, an hour inside and outside of each group's time, of the year before, and of now: six of each. */
export async function fillTables(client: SqlClient, schema: string, views: readonly View[] = allViews): Promise<void> {
  const ages = ["'0'", "'29 days 23 hours'", "'30 days 1 hour'", "'5 months 20 days'", "'6 months 1 hour'", "'1 year'"]
  for (const view of views) {
    const columns = view.columns.map(({ column }) => quoteName(column)).join(', ')
    // A local day begins within 12 hours of its date in UTC.
    const isOfWindows = view.columns.some(({ column }) => column === 'window_start')
    const rows = ages.map((age, i) => {
      const at = `((now() AT TIME ZONE 'UTC') - interval ${age}) AT TIME ZONE 'UTC'`
      return `(${view.columns.map((column) => sampleOf(column, at, i, isOfWindows ? 12 : 0)).join(', ')})`
    })
    await client.query(`INSERT INTO ${quoteName(schema)}.${quoteName(view.name)} (${columns}) VALUES ${rows.join(', ')}`)
  }
}

function sampleOf({ column, type }: ViewColumn, at: string, row: number, hours: number): string {
  switch (type) {
    case 'instant':
      return at
    case 'day':
      return `((${at}) AT TIME ZONE 'UTC' + interval '${hours} hours')::date`
    case 'month':
      return `to_char((${at}) AT TIME ZONE 'UTC', 'YYYY-MM')`
    case 'text':
      return column === 'kind' ? "'weather'" : column === 'time_zone' ? "'UTC'" : `'s${row}'`
    case 'flag':
      return 'true'
    default:
      return `${row + 1}`
  }
}

/** Runs `work` as a role of the server would, and takes back what it did. */
export async function asRole<T>(client: SqlClient, role: string, work: (session: SqlSession) => Promise<T>): Promise<T> {
  const back = { result: undefined as T | undefined }
  try {
    await client.transaction(async (session) => {
      await session.query(`SET LOCAL ROLE ${quoteName(role)}`)
      back.result = await work(session)
      throw back
    })
  } catch (error) {
    if (error !== back) throw error
  }
  return back.result as T
}

/** `allowed`, or the SQLSTATE with which it is refused. */
export async function outcomeOf(session: SqlSession, statement: string): Promise<string> {
  await session.query('SAVEPOINT cell')
  try {
    await session.query(statement)
    return 'allowed'
  } catch (error) {
    const state = sqlStateOf(error)
    if (state === null) throw error
    return state
  } finally {
    await session.query('ROLLBACK TO SAVEPOINT cell')
  }
}

export async function countOf(session: SqlSession, relation: string): Promise<number> {
  return Number((await session.query(`SELECT count(*) FROM ${relation}`)).rows[0]?.[0])
}
