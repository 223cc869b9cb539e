import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { startPostgres } from '../../../scripts/services/postgres.js'
import { openPgClient } from '../../../src/sinks/postgres/pg-client.ts'
import { quoteName } from '../../../src/sinks/postgres/quote.ts'
import type { SqlClient, SqlSession } from '../../../src/sinks/postgres/sql-client.ts'
import { sqlStateOf } from '../../../src/sinks/postgres/sql-errors.ts'
import { passwordsOf } from '../../../src/warehouse/access/password-files.ts'
import { runSetup } from '../../../src/warehouse/access/run-setup.ts'
import { scramVerifier } from '../../../src/warehouse/access/scram-verifier.ts'
import type { SetupTarget } from '../../../src/warehouse/setup-step.ts'
import { silentLogger } from '../../sinks/silent-logger.ts'
import { fillTables, makeTables, outcomeOf, targetOf } from '../../warehouse/access/access-kit.ts'

type Server = Awaited<ReturnType<typeof startPostgres>>

export interface GuardedServer {
  readonly server: Server
  /** Of its superuser. */
  readonly admin: SqlClient
  url(user: string, password: string): string
  /** A client that has logged in with that password; closed in the end. */
  as(user: string, password: string): SqlClient
}

/** Of the superuser `windrow`. */
export const SUPERUSER_PASSWORD = 'the superuser of this test'

/** A server on which a password is asked for (SCRAM), and every statement lands in the log. */
export function guardedServer(): GuardedServer {
  const clients: SqlClient[] = []
  let server: Server | null = null
  const running = (): Server => {
    if (server === null) throw new Error('The server is there while tests run')
    return server
  }
  const open = (url: string): SqlClient => {
    const client = openPgClient({ url, logger: silentLogger, connections: 2 })
    clients.push(client)
    return client
  }
  let admin: SqlClient | null = null
  beforeAll(async () => {
    server = await startPostgres({
      password: SUPERUSER_PASSWORD,
      settings: { log_statement: 'all', log_min_error_statement: 'error', log_min_duration_statement: '0', log_duration: 'on' },
    })
    admin = open(server.url)
  })
  afterAll(async () => {
    for (const client of clients) await client.close()
    await server?.stop()
  })
  const url = (user: string, password: string): string =>
    `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${running().port}/windrow`
  return {
    get server() {
      return running()
    },
    get admin() {
      if (admin === null) throw new Error('The server is there while tests run')
      return admin
    },
    url,
    as: (user, password) => open(url(user, password)),
  }
}

/** The verifier of a password as a text constant. */
const verifierOf = (password: string): string => `'${scramVerifier(password)}'`

/** A login that a shell, a URL and SQL each read in another way. */
export const HOSTILE_LOGIN = `x"; DROP ROLE postgres; --\\ '$é`
const HOSTILE_PASSWORD = `p'w"d; \\ $1 -- %s {} \`id\``

export interface AccessWorld extends Omit<GuardedServer, 'as'> {
  readonly target: SetupTarget
  /** Where the users' passwords are. */
  readonly folder: string
  /** By login: windrow's users, `anna` of the administrators, `HOSTILE_LOGIN` of the readers, and `stranger` of none. */
  readonly passwords: ReadonlyMap<string, string>
  /** Who has logged in by their password, or by that one. */
  as(user: string, password?: string): SqlClient
}

/** Filled tables on a guarded server, access set up, and somebody of every group. */
export function accessWorld(schema: string): AccessWorld {
  const guarded = guardedServer()
  const target = targetOf(schema)
  const folder = mkdtempSync(join(tmpdir(), 'windrow-access-'))
  const passwords = new Map<string, string>()
  const logins = new Map<string, SqlClient>()
  beforeAll(async () => {
    const { admin } = guarded
    await makeTables(admin, schema)
    await fillTables(admin, schema)
    for (const login of ['anna', HOSTILE_LOGIN, 'stranger']) {
      await admin.query(`CREATE ROLE ${quoteName(login)} LOGIN PASSWORD ${verifierOf(HOSTILE_PASSWORD)}`)
      passwords.set(login, HOSTILE_PASSWORD)
    }
    const given = passwordsOf(folder)
    for (const { user, password } of given) passwords.set(user, password.reveal())
    const members = [
      { role: 'anna', group: 'admin' },
      { role: HOSTILE_LOGIN, group: 'reader' },
    ] as const
    await runSetup(admin, { target, members, passwords: given })
    for (const [login, password] of passwords) logins.set(login, guarded.as(login, password))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return {
    target,
    folder,
    passwords,
    get server() {
      return guarded.server
    },
    get admin() {
      return guarded.admin
    },
    url: guarded.url,
    as: (user: string, password?: string) =>
      password === undefined ? (logins.get(user) as SqlClient) : guarded.as(user, password),
  }
}

/** `allowed`, or the SQLSTATE of the refusal; what it did is taken back. */
export async function tried(client: SqlClient, statement: string, ...before: readonly string[]): Promise<string> {
  try {
    return await untilRolledBack(client, async (session) => {
      for (const each of before) await session.query(each)
      return outcomeOf(session, statement)
    })
  } catch (error) {
    const state = sqlStateOf(error)
    if (state === null) throw error
    return state
  }
}

/** What `work` returns, whose changes are taken back. The default of reading alone is no protection: anybody takes it off. */
export async function untilRolledBack<T>(client: SqlClient, work: (session: SqlSession) => Promise<T>): Promise<T> {
  const back: { result?: T } = {}
  try {
    await client.transaction(async (session) => {
      await session.query('SET TRANSACTION READ WRITE')
      back.result = await work(session)
      throw back
    })
  } catch (error) {
    if (error !== back) throw error
  }
  return back.result as T
}
