import { isWindrowError } from '../../core/errors.ts'
import type { SqlSession } from '../../sinks/postgres/sql-client.ts'
import { starSchema } from '../../sinks/postgres/sql-views.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import { stationsView } from '../../views/stations.ts'
import type { View } from '../../views/view.ts'
import { GROUPS, type Group } from '../roles.ts'
import { isInvokers } from './ownership-steps.ts'
import type { TriedCell } from './try-access.ts'
import { timeBound, VISIBLE, visibleRows } from './visible-time.ts'

export interface RowTrial {
  readonly session: SqlSession
  readonly schema: string
  /** Runs `work` as the group, which does not throw. */
  readonly as: <T>(group: Group, work: () => Promise<T>) => Promise<T>
}

const groups = Object.keys(GROUPS) as Group[]
const limited = Object.keys(VISIBLE) as (keyof typeof VISIBLE)[]
/** The pipeline may write between two counts. */
const TRIES = 3
/** Columns of views in SQL that say when a row was. */
const TIMES = ['timestamp', 'hour', 'day', 'window_start']
/** Their days and hours are those of a calendar as long as the stations that one sees are there: none tells of a reading. */
const CALENDARS = starSchema.filter(({ needs }) => needs.every((name) => name === stationsView.name)).map(({ name }) => name)

/** Policies are on, and each group sees the rows of its time and no other. */
export async function tryRows(trial: RowTrial, view: View): Promise<TriedCell[]> {
  const { rows } = await trial.session.query('SELECT relrowsecurity FROM pg_class WHERE oid = to_regclass($1)', [
    tableName(trial.schema, view.name),
  ])
  const tried: TriedCell[] = []
  for (const group of groups) {
    const cell = { group, object: view.name, kind: 'view table', action: `rows: ${timeOf(group)}`, expected: 'allowed' } as const
    if (rows[0]?.[0] !== true && group !== 'etl')
      tried.push({ ...cell, found: 'refused', detail: 'the table has no row level security', isWrong: true })
    else tried.push({ ...cell, ...(await compareRows(trial, view, group)) })
  }
  return tried
}

/** Nobody sees through a view in SQL what is older than what they see of the tables. */
export async function tryViewRows({ session, schema, as }: RowTrial, name: string): Promise<TriedCell[]> {
  const view = tableName(schema, name)
  const { rows } = await session.query(
    `SELECT ${isInvokers('c')}, (SELECT format(CASE a.atttypid WHEN 'date'::regtype THEN '%I::timestamp AT TIME ZONE ''UTC'' + interval ''14 hours''' ELSE '%I' END, a.attname)
       FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = ANY ($2::text[]) AND a.atttypid IN ('timestamptz'::regtype, 'date'::regtype) LIMIT 1) FROM pg_class c WHERE c.oid = to_regclass($1)`,
    [view, `{${TIMES.join(',')}}`],
  )
  // A local day is over so many hours later than the same day in UTC at most.
  const [isInvoker, column] = rows[0] ?? []
  const time = CALENDARS.includes(name) ? null : (column ?? null)
  const tried: TriedCell[] = []
  for (const group of limited) {
    const cell = { group, object: name, kind: 'SQL view', action: `rows: ${timeOf(group)}`, expected: 'allowed' } as const
    const older = time === null ? 'false' : `${time} < ${timeBound(group)}`
    const seen = await as(group, () => count(session, `${view} WHERE ${older}`))
    const problem =
      isInvoker !== true ? 'it shows what its owner may see (security_invoker)' : seen.rows > 0 ? `${seen.rows} older rows` : null
    const found = problem !== null ? 'refused' : seen.why !== null ? 'not tried' : 'allowed'
    tried.push({ ...cell, found, detail: problem ?? seen.why, isWrong: problem !== null })
  }
  return tried
}

function timeOf(group: Group): string {
  return group === 'reader' || group === 'analyst' ? VISIBLE[group] : 'all'
}

async function compareRows(
  { session, schema, as }: RowTrial,
  view: View,
  group: Group,
): Promise<Pick<TriedCell, 'found' | 'detail' | 'isWrong'>> {
  const table = tableName(schema, view.name)
  const condition = group === 'reader' || group === 'analyst' ? visibleRows(view, group) : 'true'
  let detail = ''
  for (let tries = 0; tries < TRIES; tries++) {
    const all = await count(session, `${table} WHERE ${condition}`)
    const seen = await as(group, () => count(session, table))
    const why = seen.why ?? all.why
    if (why !== null) return { found: 'not tried', detail: why, isWrong: false }
    if (seen.rows === all.rows) return { found: 'allowed', detail: `${seen.rows} rows`, isWrong: false }
    detail = `sees ${seen.rows} rows, and should see ${all.rows}`
  }
  return { found: 'refused', detail, isWrong: true }
}

async function count(session: SqlSession, from: string): Promise<{ readonly rows: number; readonly why: string | null }> {
  await session.query('SAVEPOINT windrow_cell')
  try {
    const { rows } = await session.query(`SELECT count(*)::float8 FROM ${from}`)
    return { rows: Number(rows[0]?.[0]), why: null }
  } catch (error) {
    if (isWindrowError(error, 'WR_SQL') || isWindrowError(error, 'WR_SQL_TIMEOUT')) return { rows: 0, why: error.message }
    throw error
  } finally {
    await session.query('ROLLBACK TO SAVEPOINT windrow_cell')
  }
}
