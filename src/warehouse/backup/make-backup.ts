import type { Secret } from '../../core/secret.ts'
import { assertVersion } from '../../sinks/postgres/postgres-errors.ts'
import type { SqlClient, SqlSession } from '../../sinks/postgres/sql-client.ts'
import { assertSeesAll } from './assert-sees-all.ts'
import { dumpFault } from './backup-errors.ts'
import type { BackupManifest } from './backup-manifest.ts'
import { connectionEnvironment } from './pg-environment.ts'
import { choosePrograms, type PgPrograms, programPath } from './pg-programs.ts'
import { runProgram } from './run-program.ts'
import {
  accessInUse,
  closedLargeObjects,
  countTables,
  positionsOf,
  type Relation,
  relationsOf,
  rolesInUse,
  STAGES,
} from './survey.ts'

export interface BackupRequest {
  readonly client: SqlClient
  /** The address that the client has. */
  readonly url: Secret
  /** Of windrow's tables. */
  readonly schema: string
  readonly programs: readonly PgPrograms[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly windrow: string
  readonly madeAt: Date
  readonly onTable: (done: number, of: number) => void
  readonly signal: AbortSignal
}

export interface Login {
  /** As `server_version_num`. */
  readonly version: number
  readonly database: string
  readonly login: string
  readonly isSuperuser: boolean
}

/** Who has logged in where. Rejects as the client does, and with WR_SQL_VERSION. */
export async function loginOf(client: SqlClient): Promise<Login> {
  const { rows } = await client.query(
    `SELECT current_setting('server_version_num')::int, current_database()::text, session_user::text, r.rolsuper
     FROM pg_roles r WHERE r.rolname = session_user`,
  )
  const [version, database, login, isSuperuser] = rows[0] ?? []
  assertVersion(client.describe(), Number(version))
  return { version: Number(version), database: String(database), login: String(login), isSuperuser: isSuperuser === true }
}

export const majorOf = (version: number): number => Math.floor(version / 10_000)

/**
 * Dumps the database to `path`, and tells what is in the dump: both of one moment, which pg_dump is given by a snapshot. Rejects with
 * WR_BACKUP_TOOLS, WR_BACKUP_PARTIAL, WR_BACKUP_FAILED or WR_BACKUP_FILE.
 */
export async function makeBackup(request: BackupRequest, found: Login, path: string): Promise<Omit<BackupManifest, 'dump'>> {
  const { client, schema, windrow, madeAt } = request
  const major = majorOf(found.version)
  const programs = choosePrograms(request.programs, { atLeast: major, why: `PostgreSQL ${major} (${client.describe()})` })
  return client.transaction(
    async (session) => {
      const { snapshot, backend } = await oneMoment(session)
      const relations = await relationsOf(session, schema)
      assertSeesAll(found.login, relations, await closedLargeObjects(session))
      const contents = await bothOrNeither(
        request,
        dump(request, programs, relations, snapshot, path),
        tell(session, schema, relations, request.signal),
        backend,
      )
      const { version, database, login } = found
      return {
        format: 1 as const,
        madeAt: madeAt.toISOString(),
        windrow,
        server: { version, database, login },
        program: { version: programs.version, major: programs.major },
        ...contents,
      }
    },
    { readOnly: true, timeoutMs: 0 },
  )
}

/** Longer than any batch of a sink takes. */
const LOCK_WAIT = '60s'

/** The session sees one moment from here on, and keeps it for others as long as it lasts. */
async function oneMoment(session: SqlSession): Promise<{ readonly snapshot: string; readonly backend: number }> {
  await session.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')
  // It asks nothing while pg_dump is at work.
  await session.query('SET LOCAL idle_in_transaction_session_timeout = 0')
  await session.query(`SET LOCAL lock_timeout = '${LOCK_WAIT}'`)
  const { rows } = await session.query('SELECT pg_export_snapshot(), pg_backend_pid()')
  return { snapshot: String(rows[0]?.[0]), backend: Number(rows[0]?.[1]) }
}

/** Neither goes on once the other has failed, or both are to stop; both have ended when this has. What failed first is told. */
async function bothOrNeither<T>(
  { client, signal }: BackupRequest,
  dumping: Dump,
  telling: Promise<T>,
  backend: number,
): Promise<T> {
  let hasTold = false
  let isCancelled = false
  const told = telling
    .finally(() => {
      hasTold = true
    })
    .catch(dumping.stop)
  const dumped = dumping.done.catch(async (error: unknown) => {
    if (!hasTold) {
      isCancelled = true
      // It may count a large table, or wait for one that is held.
      await client.query('SELECT pg_cancel_backend($1::int)', [backend]).catch(() => undefined)
    }
    throw error
  })
  const [dump, contents] = await Promise.allSettled([dumped, told])
  signal.throwIfAborted()
  if (dump.status === 'rejected' && (isCancelled || contents.status === 'fulfilled')) throw dump.reason
  if (contents.status === 'rejected') throw contents.reason
  return contents.value
}

async function tell(session: SqlSession, schema: string, relations: readonly Relation[], signal: AbortSignal) {
  return {
    tables: await countTables(session, relations, signal),
    views: await positionsOf(session, schema),
    ...(await rolesInUse(session)),
    access: await accessInUse(session, schema),
  }
}

interface Dump {
  readonly done: Promise<void>
  stop(reason: unknown): Promise<never>
}

function dump(
  { url, schema, environment, onTable, signal }: BackupRequest,
  programs: PgPrograms,
  relations: readonly Relation[],
  snapshot: string,
  path: string,
): Dump {
  const tables = relations.filter(({ kind }) => kind === 'r').length
  let done = 0
  const stopping = new AbortController()
  const run = runProgram({
    path: programPath(programs, 'pg_dump'),
    args: [
      '--format=custom',
      '--verbose',
      '--no-password',
      `--file=${path}`,
      `--snapshot=${snapshot}`,
      `--lock-wait-timeout=${LOCK_WAIT}`,
      `--exclude-table="${schema.replaceAll('"', '""')}"."${STAGES}"*`,
      // Else it refuses tables with policies, also where they show all: which they do, as was seen. For the others it stays as strict as it is.
      ...(relations.some(({ isGuarded }) => isGuarded) ? ['--enable-row-security'] : []),
    ],
    environment: connectionEnvironment({ url, major: programs.major, environment }),
    stdin: 'ignore',
    stdout: 'ignore',
    onLine(line) {
      if (line.startsWith('pg_dump: dumping contents of table')) onTable(++done, tables)
    },
    signal: AbortSignal.any([signal, stopping.signal]),
  })
  const settled = run.ended.then(async ({ succeeded, said }) => {
    signal.throwIfAborted()
    if (!succeeded) throw dumpFault(path, said)
    await assertReadable(programs, environment, path, signal)
  })
  return {
    done: settled,
    async stop(reason) {
      stopping.abort()
      await run.ended
      throw reason
    },
  }
}

/** An archive of which pg_restore cannot read what is in it is none. */
async function assertReadable(
  programs: PgPrograms,
  environment: BackupRequest['environment'],
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const { PATH = '' } = environment
  const list = runProgram({
    path: programPath(programs, 'pg_restore'),
    args: ['--list', path],
    environment: { PATH, LC_ALL: 'C' },
    stdin: 'ignore',
    stdout: 'ignore',
    signal,
  })
  const { succeeded, said } = await list.ended
  if (!succeeded) throw dumpFault(path, `what it wrote cannot be read: ${said}`)
}
