import { once } from 'node:events'
import { WindrowError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import { quoteText } from '../../sinks/postgres/quote.ts'
import type { SqlClient } from '../../sinks/postgres/sql-client.ts'
import type { Membership } from '../access/role-steps.ts'
import { textArray } from '../access/sql-text.ts'
import { refuseTakenRoles } from '../access/taken-roles.ts'
import { GROUPS, KEEPERS, USERS } from '../roles.ts'
import type { SetupTarget } from '../setup-step.ts'
import { restoreFault } from './backup-errors.ts'
import type { BackupManifest } from './backup-manifest.ts'
import { type Login, loginOf, majorOf } from './make-backup.ts'
import { connectionEnvironment } from './pg-environment.ts'
import { choosePrograms, type PgPrograms, programPath } from './pg-programs.ts'
import { afterDump, beforeDump, createRole, forServer, type ScriptOptions } from './restore-script.ts'
import { runProgram } from './run-program.ts'
import { ofExtension, USERS_SCHEMA } from './survey.ts'

export interface RestoreRequest {
  readonly client: SqlClient
  /** The address that the client has. */
  readonly url: Secret
  readonly target: SetupTarget
  readonly programs: readonly PgPrograms[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Of the dump, whose manifest was checked. */
  readonly path: string
  readonly manifest: BackupManifest
  /** What is in the way is dropped, if it is of the backup. */
  readonly replaces: boolean
  readonly onTable: (done: number, of: number) => void
  readonly signal: AbortSignal
}

export interface RestoreOutcome {
  readonly database: string
  readonly tables: number
  readonly rows: number
  /** Members of windrow's groups in the backup that are no roles of this server, and so of no group. */
  readonly missingMembers: readonly Membership[]
}

/**
 * Restores a backup in one transaction, in which what is there then is counted: all of it, or nothing. Rejects with WR_RESTORE_NOT_EMPTY,
 * WR_RESTORE_VERSION, WR_RESTORE_RIGHTS, WR_RESTORE_ROLES, WR_ACCESS_ROLE_TAKEN or WR_BACKUP_TOOLS before anything is changed, else with
 * WR_RESTORE_FAILED or WR_RESTORE_DIFFERS.
 */
export async function restoreBackup(request: RestoreRequest): Promise<RestoreOutcome> {
  const { client, manifest, target, replaces } = request
  const found = await loginOf(client)
  const major = majorOf(found.version)
  assertNotOlder(client.describe(), found, manifest)
  const programs = choosePrograms(request.programs, {
    atLeast: Math.max(major, manifest.program.major),
    why: `a backup by pg_dump ${manifest.program.version} for PostgreSQL ${major}`,
  })
  if (!replaces) await assertEmpty(client, found)
  await assertRights(client, found, manifest)
  await assertRoles(client, manifest)
  if (manifest.access !== null) await refuseTakenRoles(client)
  const members = manifest.access?.members ?? []
  const there = await rolesThere(
    client,
    members.map(({ role }) => role),
  )
  const isThere = ({ role }: Membership): boolean => there.has(role)
  const { isSuperuser } = found
  await restore(request, programs, major, { target, manifest, members: members.filter(isThere), isSuperuser, replaces })
  // Without it the first questions would be answered by what is known of empty tables.
  await client.transaction((session) => session.query('ANALYZE'), { timeoutMs: 0 })
  return {
    database: found.database,
    tables: manifest.tables.length,
    rows: manifest.tables.reduce((sum, { rows }) => sum + rows, 0),
    missingMembers: members.filter((member) => !isThere(member)),
  }
}

async function restore(request: RestoreRequest, programs: PgPrograms, major: number, options: ScriptOptions): Promise<void> {
  const { url, path, manifest, onTable, signal } = request
  const environment = connectionEnvironment({ url, major: programs.major, environment: request.environment })
  // Either one that fails ends the other.
  const ending = new AbortController()
  const together = AbortSignal.any([signal, ending.signal])
  const psql = runProgram({
    path: programPath(programs, 'psql'),
    args: ['--no-psqlrc', '--quiet', '--no-password', '--set=ON_ERROR_STOP=1', '--output=/dev/null', '--file=-'],
    environment,
    stdin: 'pipe',
    stdout: 'ignore',
    signal: together,
  })
  let done = 0
  const reader = runProgram({
    path: programPath(programs, 'pg_restore'),
    args: ['--verbose', '--file=-', ...(options.replaces ? ['--clean', '--if-exists'] : []), path],
    environment: { ...('PATH' in environment ? { PATH: environment.PATH as string } : {}), LC_ALL: 'C' },
    stdin: 'ignore',
    stdout: 'pipe',
    onLine(line) {
      if (line.startsWith('pg_restore: processing data for table')) onTable(++done, manifest.tables.length)
    },
    signal: together,
  })
  const input = psql.child.stdin as NonNullable<typeof psql.child.stdin>
  const output = reader.child.stdout as NonNullable<typeof reader.child.stdout>
  input.write(beforeDump(options))
  const script = output.pipe(forServer(major))
  script.pipe(input, { end: false })
  const read = (async () => {
    await Promise.race([once(script, 'end'), psql.ended])
    const outcome = await Promise.race([reader.ended, psql.ended.then(() => null)])
    // Nothing is committed but by the last of these lines: of a script that breaks off nothing is kept.
    if (outcome?.succeeded === true) input.end(afterDump(options))
    else ending.abort()
    return reader.ended
  })()
  const written = await psql.ended
  const isCutOff = ending.signal.aborted
  ending.abort()
  const { succeeded, said } = await read
  if (written.succeeded && succeeded) return
  signal.throwIfAborted()
  throw restoreFault(isCutOff && !succeeded ? said : written.said)
}

/** What a newer server writes, an older one need not understand. */
function assertNotOlder(where: string, found: Login, { server }: BackupManifest): void {
  if (majorOf(found.version) >= majorOf(server.version)) return
  throw new WindrowError('WR_RESTORE_VERSION', {
    message: `the backup is of PostgreSQL ${majorOf(server.version)}, and ${where} is ${majorOf(found.version)}`,
    remedy: `Restore it into a server of version ${majorOf(server.version)} or newer; into an older one the views come from the log (\`windrow run\` with the empty database).`,
    facts: { backup: server.version, server: found.version },
    kind: 'usage',
  })
}

async function assertEmpty(client: SqlClient, { database }: Login): Promise<void> {
  const { rows } = await client.query(
    `SELECT format('%s.%s', n.nspname, o.name) FROM pg_namespace n JOIN (
       SELECT c.relnamespace AS nsp, c.relname::text AS name FROM pg_class c
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relpersistence <> 't' AND NOT ${ofExtension('pg_class', 'c')}
       UNION ALL SELECT f.pronamespace, f.proname::text FROM pg_proc f WHERE NOT ${ofExtension('pg_proc', 'f')}
     ) AS o ON o.nsp = n.oid WHERE ${USERS_SCHEMA} ORDER BY 1 LIMIT 5`,
  )
  if (rows.length === 0) return
  const names = rows.map(([name]) => String(name))
  throw new WindrowError('WR_RESTORE_NOT_EMPTY', {
    message: `the database ${database} (${client.describe()}) is not empty: ${names.slice(0, 4).join(', ')}${names.length > 4 ? ' and more' : ''} are there`,
    remedy:
      'Restore into an empty one (CREATE DATABASE …, then --into its name), or add --replace: what the backup has is dropped first, and what it has not stays.',
    facts: { database, there: names },
    kind: 'usage',
  })
}

/** Things are given to their owners, which takes a superuser, or a role that may be each of them. */
async function assertRights(client: SqlClient, found: Login, { access, owners }: BackupManifest): Promise<void> {
  if (found.isSuperuser) return
  const { rows } = await client.query(
    `SELECT name FROM unnest(${textArray(owners)}) AS name WHERE to_regrole(quote_ident(name)) IS NULL OR NOT pg_has_role(to_regrole(quote_ident(name)), 'MEMBER')`,
  )
  const lacks = rows.map(([name]) => String(name))
  if (access === null && lacks.length === 0) return
  throw new WindrowError('WR_RESTORE_RIGHTS', {
    message: `the role ${found.login} may not give things to ${(lacks.length === 0 ? [...owners] : lacks).join(', ')}, who owned them`,
    remedy: 'Set POSTGRES_ADMIN_URL to a superuser of the server, and run it again.',
    facts: { login: found.login, owners },
    kind: 'usage',
  })
}

/** windrow's own are made, the others are their owner's to make: a dump has neither their rights nor their passwords. */
async function assertRoles(client: SqlClient, { roles, access }: BackupManifest): Promise<void> {
  const own = new Set<string>([...Object.values(GROUPS), ...Object.values(KEEPERS), ...Object.keys(USERS)])
  const needed = roles.filter((role) => access === null || !own.has(role))
  const there = await rolesThere(client, needed)
  const missing = needed.filter((role) => !there.has(role))
  if (missing.length === 0) return
  throw new WindrowError('WR_RESTORE_ROLES', {
    message: `the backup gives things to roles that the server has not: ${missing.join(', ')}`,
    remedy: `Make them first: ${missing.map(createRole).join('; ')}. LOGIN and a password are yours to add: no backup has them. Then run it again.`,
    facts: { missing },
    kind: 'usage',
  })
}

async function rolesThere(client: SqlClient, roles: readonly string[]): Promise<Set<string>> {
  if (roles.length === 0) return new Set()
  const { rows } = await client.query(`SELECT rolname::text FROM pg_roles WHERE rolname IN (${roles.map(quoteText).join(', ')})`)
  return new Set(rows.map(([role]) => String(role)))
}
