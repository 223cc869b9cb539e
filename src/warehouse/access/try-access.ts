import { isWindrowError, WindrowError } from '../../core/errors.ts'
import { quoteName } from '../../sinks/postgres/quote.ts'
import type { SqlClient, SqlSession } from '../../sinks/postgres/sql-client.ts'
import { sqlStateOf } from '../../sinks/postgres/sql-errors.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import { GROUPS, type Group } from '../roles.ts'
import type { SetupTarget } from '../setup-step.ts'
import { type Cell, cellsOf, triedAs, triedObjects } from './access-cells.ts'
import { refuseForeignCode } from './foreign-code.ts'
import { sessionSteps } from './setup-steps.ts'
import { textArray } from './sql-text.ts'
import { type RowTrial, tryRows, tryViewRows } from './try-rows.ts'

export type Verdict = 'allowed' | 'refused' | 'not tried'

export interface TriedCell extends Pick<Cell, 'group' | 'object' | 'kind' | 'action'> {
  readonly expected: Verdict
  readonly found: Verdict
  /** Of rows: how many were to be seen, and were. Of what was not tried: why. */
  readonly detail: string | null
  readonly isWrong: boolean
}

interface Trial {
  readonly session: SqlSession
  /** Statements can be tried as a session of the role itself. */
  readonly asSession: boolean
  readonly target: SetupTarget
}

const groups = Object.keys(GROUPS) as Group[]
const REFUSED = /^(?:42501|55000|0A000)$/

/**
 * Tries what each role may and may not do. In one transaction that is rolled back, with writes that match no row; what would take a lock
 * on a table of the pipeline is tried only where it is refused before. Rejects with WR_ACCESS_NOT_SET_UP, WR_ACCESS_RIGHTS,
 * WR_ACCESS_FOREIGN_CODE.
 */
export async function tryAccess(client: SqlClient, target: SetupTarget): Promise<TriedCell[]> {
  const done = new RolledBack()
  try {
    return await client.transaction(async (session) => {
      for (const { sql } of [...sessionSteps, ...quick]) await session.query(sql)
      done.result = await tryAll({ session, asSession: await prepareRoles(session), target })
      throw done
    })
  } catch (error) {
    if (error !== done || done.result === null) throw error
    return done.result
  }
}

/** Whoever waits for a lock gives up at once: the pipeline is never held up. */
const quick = [{ sql: "SET LOCAL lock_timeout = '1s'" }, { sql: "SET LOCAL statement_timeout = '30s'" }]

/** Thrown to have the transaction rolled back although all went well. */
class RolledBack extends Error {
  result: TriedCell[] | null = null
}

/** Whether a session can be made theirs. Whoever may make roles and is no superuser becomes a member of them for the time: what is rolled back has never been. */
async function prepareRoles(session: SqlSession): Promise<boolean> {
  const roles = groups.map(triedAs)
  const { rows } = await session.query(
    `SELECT (SELECT string_agg(name, ', ') FROM unnest(${textArray(roles)}) AS name WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)),
       r.rolsuper, r.rolcreaterole, current_setting('server_version_num')::int, version() ~ 'PGlite' FROM pg_roles r WHERE r.rolname = current_user`,
  )
  const [missing, isSuperuser, makesRoles, version, isEmbedded] = rows[0] ?? []
  if (missing !== null) throw notSetUp(String(missing))
  // The embedded Postgres does not come back from SET SESSION AUTHORIZATION, not even by ROLLBACK.
  if (isSuperuser === true) return isEmbedded !== true
  if (makesRoles !== true) throw noRights()
  const inherit = Number(version) >= 160_000 ? ' WITH SET TRUE, INHERIT TRUE' : ''
  for (const role of roles) await session.query(`GRANT ${quoteName(role)} TO CURRENT_USER${inherit}`)
  return false
}

function notSetUp(missing: string): WindrowError {
  return new WindrowError('WR_ACCESS_NOT_SET_UP', {
    message: `the server has no ${missing}`,
    remedy: 'Run `windrow access setup` first.',
    facts: { missing },
    kind: 'usage',
  })
}

function noRights(): WindrowError {
  return new WindrowError('WR_ACCESS_RIGHTS', {
    message: 'to try what other roles may, a role has to be a superuser or have CREATEROLE',
    remedy: 'Set POSTGRES_ADMIN_URL to the address of such a role. `windrow access report` wants no rights.',
    kind: 'usage',
  })
}

async function tryAll(trial: Trial): Promise<TriedCell[]> {
  const columns = await columnsOf(trial)
  await refuseForeignCode(
    trial.session,
    [...columns.keys()].map((name) => tableName(trial.target.schema, name)),
  )
  const cells = cellsOf(trial.target, columns)
  const tried: TriedCell[] = []
  for (const group of groups) {
    await begin(trial, group)
    for (const cell of cells.filter((each) => each.group === group)) tried.push(await tryCell(trial, cell))
    for (const other of groups.filter((each) => each !== group)) tried.push(await trySetRole(trial, group, other))
    await end(trial)
  }
  const rows: RowTrial = {
    session: trial.session,
    schema: trial.target.schema,
    as: async (group, work) => {
      await begin(trial, group)
      const result = await work()
      await end(trial)
      return result
    },
  }
  for (const view of trial.target.views.filter(({ name }) => columns.has(name))) tried.push(...(await tryRows(rows, view)))
  for (const name of trial.target.sqlViews.filter((each) => columns.has(each))) tried.push(...(await tryViewRows(rows, name)))
  return tried
}

/** A column of each object that is there, one that may be written where there is a right to. */
async function columnsOf({ session, target }: Trial): Promise<ReadonlyMap<string, string>> {
  const names = triedObjects(target).map(({ name }) => name)
  const { rows } = await session.query(
    `SELECT c.relname::text, (SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       AND a.attidentity = '' AND a.attgenerated = '' ORDER BY a.attnum LIMIT 1)
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = ANY (${textArray(names)})`,
    [target.schema],
  )
  return new Map(rows.map(([name, column]) => [String(name), String(column)]))
}

async function begin({ session, asSession }: Trial, group: Group): Promise<void> {
  const role = quoteName(triedAs(group))
  await session.query(asSession ? `SET LOCAL SESSION AUTHORIZATION ${role}` : `SET LOCAL ROLE ${role}`)
}

async function end({ session, asSession }: Trial): Promise<void> {
  await session.query(asSession ? 'SET LOCAL SESSION AUTHORIZATION DEFAULT' : 'SET LOCAL ROLE NONE')
}

async function tryCell({ session, target }: Trial, cell: Cell): Promise<TriedCell> {
  const { believed, statement } = cell
  if (believed !== null) {
    const { rows } = await session.query(believed, [tableName(target.schema, cell.object)])
    if (rows[0]?.[0] === true) return judged(cell, 'allowed', null)
  }
  const [found, detail] = await attempt(session, statement)
  return judged(cell, found, detail)
}

async function trySetRole({ session, asSession }: Trial, group: Group, other: Group): Promise<TriedCell> {
  const cell = { group, object: GROUPS[other], kind: 'role', action: 'become', isAllowed: false } as const
  if (asSession) return judged(cell, ...(await attempt(session, `SET LOCAL ROLE ${quoteName(GROUPS[other])}`)))
  const { rows } = await session.query("SELECT pg_has_role($1, $2, 'MEMBER')", [triedAs(group), GROUPS[other]])
  return judged(cell, rows[0]?.[0] === true ? 'allowed' : 'refused', null)
}

function judged(cell: Omit<Cell, 'statement' | 'believed'>, found: Verdict, detail: string | null): TriedCell {
  const { group, object, kind, action, isAllowed } = cell
  const expected = isAllowed ? 'allowed' : 'refused'
  return { group, object, kind, action, expected, found, detail, isWrong: found !== 'not tried' && found !== expected }
}

async function attempt(session: SqlSession, statement: string): Promise<[Verdict, string | null]> {
  await session.query('SAVEPOINT windrow_cell')
  try {
    await session.query(statement)
    return ['allowed', null]
  } catch (error) {
    if (REFUSED.test(sqlStateOf(error) ?? '')) return ['refused', null]
    if (isWindrowError(error, 'WR_SQL') || isWindrowError(error, 'WR_SQL_TIMEOUT')) return ['not tried', error.message]
    throw error
  } finally {
    await session.query('ROLLBACK TO SAVEPOINT windrow_cell')
  }
}
