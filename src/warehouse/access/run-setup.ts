import { messageOf, WindrowError } from '../../core/errors.ts'
import type { SqlClient, SqlSession } from '../../sinks/postgres/sql-client.ts'
import { sqlStateOf } from '../../sinks/postgres/sql-errors.ts'
import type { User } from '../roles.ts'
import type { SetupStep, SetupTarget } from '../setup-step.ts'
import { assertMaySetUp, type Found } from './assert-may-set-up.ts'
import { catalogueState, catalogueWrites } from './catalogue-state.ts'
import { refuseOtherReaders } from './other-readers.ts'
import type { Membership } from './role-steps.ts'
import { type GivenPassword, type PasswordOutcome, setPasswords, usersWithoutPassword } from './set-passwords.ts'
import { sessionSteps, setupSteps } from './setup-steps.ts'

export interface SetupRequest {
  readonly target: SetupTarget
  readonly members: readonly Membership[]
  /** Empty: users that are made have none, and cannot log in with one before they do. */
  readonly passwords: readonly GivenPassword[]
}

export interface SetupOutcome extends Found {
  /** What was not yet as it is now, in a few words each. */
  readonly changed: readonly string[]
  readonly steps: number
  readonly passwords: readonly PasswordOutcome[]
  /** Users that have no password: those to whom none was given, where only a superuser could see. */
  readonly withoutPassword: readonly User[]
  /** Roles that could connect as everybody could, and cannot any more. */
  readonly lockedOut: readonly string[]
}

const LOCK_NOT_AVAILABLE = '55P03'

/** Sets everything up in one transaction, or nothing. A second run changes nothing. Rejects as `assertMaySetUp` and `refuseOtherReaders` do. */
export async function runSetup(client: SqlClient, request: SetupRequest): Promise<SetupOutcome> {
  const { target, members } = request
  for (let attempt = 1; ; attempt++) {
    try {
      return await client.transaction((session) => setUp(session, client.describe(), request, setupSteps(target, members)), {
        timeoutMs: 0,
      })
    } catch (error) {
      if (sqlStateOf(error) === LOCK_NOT_AVAILABLE) throw busy(error)
      if (attempt === ATTEMPTS || !isOvertaken(error)) throw error
    }
  }
}

/** Each waits for whoever was faster: more are not at work on a server's roles at once. */
const ATTEMPTS = 5
const UNIQUE_VIOLATION = '23505'
const DEADLOCK = '40P01'
const INTERNAL_ERROR = 'XX000'

/**
 * Roles are the server's, and a lock is of one database: a set-up of another database changes them at the same time. By then it is done, and what it made is
 * there.
 */
function isOvertaken(error: unknown): boolean {
  const state = sqlStateOf(error)
  if (state === INTERNAL_ERROR) return /tuple concurrently (?:updated|deleted)/.test(messageOf(error))
  return state === UNIQUE_VIOLATION || state === DEADLOCK
}

async function setUp(
  session: SqlSession,
  where: string,
  { target, members, passwords }: SetupRequest,
  steps: readonly SetupStep[],
): Promise<SetupOutcome> {
  for (const { sql } of sessionSteps) await session.query(sql)
  // Two at once in this database would both make everything, and one fail.
  await session.query('SELECT pg_advisory_xact_lock($1)', [SETUP_LOCK])
  const found = await assertMaySetUp(session, where, target, members)
  await refuseOtherReaders(session, target, members)
  const before = await whoConnects(session)
  const changed = await runSteps(session, steps, target.schema)
  const after = new Set(await whoConnects(session))
  return {
    ...found,
    changed,
    steps: steps.length,
    passwords: await setPasswords(session, passwords, found.isSuperuser),
    withoutPassword: await usersWithoutPassword(session, passwords, found.isSuperuser),
    lockedOut: before.filter((role) => !after.has(role)),
  }
}

/** What changed something: most steps look first, and others write again what is there. */
async function runSteps(session: SqlSession, steps: readonly SetupStep[], schema: string): Promise<string[]> {
  const before = await catalogueState(session, schema)
  let state = before
  let writes = await catalogueWrites(session)
  const done: { readonly what: string; readonly lines: readonly string[] }[] = []
  for (const { what, sql } of steps) {
    await session.query(sql)
    const written = await catalogueWrites(session)
    if (written === writes) continue
    const next = await catalogueState(session, schema)
    done.push({ what, lines: differentLines(state, next) })
    state = next
    writes = written
  }
  // Rights that are borrowed on the way and given back are no change.
  const different = new Set(differentLines(before, state))
  return done.filter(({ lines }) => lines.some((line) => different.has(line))).map(({ what }) => what)
}

function differentLines(before: string, after: string): string[] {
  if (before === after) return []
  const [old, now] = [new Set(before.split('\n')), new Set(after.split('\n'))]
  return [...[...old].filter((line) => !now.has(line)), ...[...now].filter((line) => !old.has(line))]
}

/** Any number would do, as long as every windrow takes the same. */
const SETUP_LOCK = 7_741_823_002

async function whoConnects(session: SqlSession): Promise<string[]> {
  const { rows } = await session.query(
    `SELECT rolname::text FROM pg_roles WHERE rolcanlogin AND NOT rolsuper AND has_database_privilege(oid, current_database(), 'CONNECT') ORDER BY 1`,
  )
  return rows.map(([role]) => String(role))
}

function busy(cause: unknown): WindrowError {
  return new WindrowError('WR_ACCESS_BUSY', {
    message: 'a statement under way held a table of windrow for longer than 20 s, and nothing was changed',
    remedy: 'Run it again; `SELECT * FROM pg_stat_activity` shows who is at work if it happens each time.',
    cause,
    canRetry: true,
  })
}
