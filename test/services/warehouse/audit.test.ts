import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findPostgres } from '../../../scripts/services/find-tools.js'
import { startPostgres } from '../../../scripts/services/postgres.js'
import { openPgClient } from '../../../src/sinks/postgres/pg-client.ts'
import type { SqlClient, SqlValue } from '../../../src/sinks/postgres/sql-client.ts'
import { runSetup } from '../../../src/warehouse/access/run-setup.ts'
import { scramVerifier } from '../../../src/warehouse/access/scram-verifier.ts'
import { setupScript } from '../../../src/warehouse/access/setup-script.ts'
import { conformanceView } from '../../conformance/sink-setting.ts'
import { silentLogger } from '../../sinks/silent-logger.ts'
import { makeTables, targetOf } from '../../warehouse/access/access-kit.ts'
import { adminFunctionsSuite } from '../../warehouse/audit/admin-functions.suite.ts'
import { auditChangesSuite } from '../../warehouse/audit/audit-changes.suite.ts'
import { auditSetupSuite } from '../../warehouse/audit/audit-setup.suite.ts'
import { writing } from '../postgres/fault-kit.ts'
import { canStart } from '../postgres/server.ts'

type Server = Awaited<ReturnType<typeof startPostgres>>

const ROOT_PASSWORD = 'the superuser of this test'
const PASSWORD = 'a password of this test'
const schema = 'public'
const views = [conformanceView]
const target = targetOf(schema, views)
const members = [{ role: 'anna', group: 'admin' }] as const

/** Everything that a server can be told to write down is written down. */
const TALKATIVE = {
  log_statement: 'all',
  log_min_duration_statement: '0',
  shared_preload_libraries: 'pg_stat_statements,auto_explain',
  'pg_stat_statements.track': 'all',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_nested_statements': 'on',
}

describe.runIf(canStart)('the audit on a server', () => {
  let server: Server
  const clients = new Map<string, SqlClient>()
  const url = (user: string, password = PASSWORD, database = 'windrow'): string =>
    `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/${database}`
  /** Logs in when it is first asked. */
  const as = (user: string, password?: string): SqlClient => {
    const client = (): SqlClient => {
      const open = clients.get(user) ?? openPgClient({ url: url(user, password), logger: silentLogger, connections: 2 })
      clients.set(user, open)
      return open
    }
    return {
      query: (text, parameters) => client().query(text, parameters),
      transaction: (work, options) => client().transaction(work, options),
      describe: () => client().describe(),
      close: async () => undefined,
    }
  }
  const root = as('windrow', ROOT_PASSWORD)
  const anna = as('anna')

  beforeAll(async () => {
    server = await startPostgres({ password: ROOT_PASSWORD, settings: TALKATIVE })
    await root.query('CREATE EXTENSION pg_stat_statements')
    await makeTables(root, schema, views)
    await root.query(`CREATE ROLE anna LOGIN PASSWORD '${scramVerifier(PASSWORD)}'`)
    await runSetup(root, { target, members, passwords: [] })
    for (const user of ['user_etl', 'user_readonly', 'user_data_analyst', 'user_backup']) {
      await root.query(`ALTER ROLE ${user} PASSWORD '${scramVerifier(PASSWORD)}'`)
    }
  })

  afterAll(async () => {
    for (const client of clients.values()) await client.close()
    await server?.stop()
  })

  const lines = async (where = 'true'): Promise<ReadonlyArray<readonly SqlValue[]>> =>
    (await root.query(`SELECT table_name, operation, user_name, role_name FROM audit_log WHERE ${where} ORDER BY id`)).rows
  const linesOf = async (work: () => Promise<unknown>): Promise<ReadonlyArray<readonly SqlValue[]>> => {
    const last = (await root.query('SELECT coalesce(max(id), 0) FROM audit_log')).rows[0]?.[0]
    await work()
    return lines(`id > ${String(last)}`)
  }
  const insert = (station: string) =>
    `INSERT INTO conformance (station_id, hour, n, complete) VALUES ('${station}', now(), 1, true)`

  test('names who had logged in, and from where', async () => {
    expect(await linesOf(() => anna.query(insert('anna')))).toEqual([['conformance', 'INSERT', 'anna', 'anna']])
    const { rows } = await root.query(
      `SELECT client_address::text, details #>> '{new,station_id}' FROM audit_log ORDER BY id DESC LIMIT 1`,
    )
    expect(rows).toEqual([['127.0.0.1/32', 'anna']])
    expect(await linesOf(() => anna.query(`DELETE FROM conformance WHERE station_id = 'anna'`))).toHaveLength(1)
  })

  test('leaves out what the sink writes, compares and takes over by a replay, and what a person does by its login is told', async () => {
    const written = await linesOf(async () => {
      const { load, untilEqual, world } = await writing(url('user_etl'), root, { schema })
      await load(5)
      await untilEqual()
      await world.makeTopicAnew()
      await load(3)
      await untilEqual()
      await world.nextGeneration([])
      await load(2)
      await untilEqual()
      expect(Number((await root.query('SELECT count(*) FROM conformance')).rows[0]?.[0])).toBeGreaterThan(100)
    })
    expect(written).toEqual([])
    const { changed } = await runSetup(root, { target, members, passwords: [] })
    expect(changed).toEqual([])
    const etl = as('user_etl')
    expect(await linesOf(() => etl.query(insert('by hand')))).toEqual([['conformance', 'INSERT', 'user_etl', 'windrow_etl']])
    expect(await linesOf(() => anna.query(`UPDATE conformance SET n = 0 WHERE station_id = 'by hand'`))).toHaveLength(1)
  })

  test.each([
    ['by itself', async (client: SqlClient) => client.query(`SELECT set_config('windrow.writer', 'sink', false)`)],
    ['for the role', async () => root.query(`ALTER ROLE anna SET windrow.writer = 'sink'`)],
  ])('an administrator who says that she is the sink, %s, is audited all the same', async (_, forge) => {
    const client = openPgClient({ url: url('anna'), logger: silentLogger, connections: 1 })
    try {
      await forge(client)
      const told = await linesOf(() =>
        client.transaction(async (session) => {
          await session.query(`SET LOCAL windrow.writer = 'sink'`)
          await session.query(insert('forged'))
          await session.query(`DELETE FROM conformance WHERE station_id = 'forged'`)
        }),
      )
      expect(told.map(([, operation]) => operation)).toEqual(['INSERT', 'DELETE'])
    } finally {
      await client.close()
      await root.query('ALTER ROLE anna RESET windrow.writer')
    }
  })

  test('a login of the pipeline that has taken the role of nobody of it is audited, mark or not', async () => {
    await root.query('GRANT windrow_admin TO user_etl')
    const told = await linesOf(() =>
      as('user_etl').transaction(async (session) => {
        await session.query(`SET LOCAL windrow.writer = 'sink'`)
        await session.query('SET LOCAL ROLE windrow_admin')
        await session.query(insert('borrowed'))
      }),
    )
    await root.query('REVOKE windrow_admin FROM user_etl')
    expect(told).toEqual([['conformance', 'INSERT', 'user_etl', 'windrow_admin']])
  })

  test('a function of the pipeline that an administrator calls does not lend her the mark', async () => {
    await root.query(
      `CREATE FUNCTION public.lent() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN ${insert('lent')}; END $$`,
    )
    await root.query('ALTER FUNCTION public.lent() OWNER TO windrow_etl')
    const told = await linesOf(() =>
      anna.transaction(async (session) => {
        await session.query(`SET LOCAL windrow.writer = 'sink'`)
        await session.query('SELECT public.lent()')
      }),
    )
    await root.query('DROP FUNCTION public.lent()')
    expect(told).toEqual([['conformance', 'INSERT', 'anna', 'anna']])
  })

  test.each(['anna', 'user_etl', 'user_readonly', 'user_data_analyst', 'user_backup'])(
    '%s changes no line, turns no trigger off for a session, and is no keeper',
    async (user) => {
      const before = await lines()
      for (const statement of [
        'DELETE FROM audit_log',
        `UPDATE audit_log SET user_name = 'x'`,
        'TRUNCATE audit_log',
        `INSERT INTO audit_log (table_name, operation, details) VALUES ('x', 'x', '{}')`,
        'SET session_replication_role = replica',
        'SET ROLE windrow_audit',
        'SET ROLE windrow_passwords',
        'SET SESSION AUTHORIZATION windrow_audit',
      ]) {
        // A backup's session is one that only reads.
        const refused = as(user).transaction(async (session) => {
          await session.query('SET TRANSACTION READ WRITE')
          await session.query(statement)
        })
        await expect(refused).rejects.toMatchObject({ facts: { sqlState: '42501' } })
      }
      expect(await lines()).toEqual(before)
    },
  )

  test('administrators see whose sessions there are, also those of others, and readers see none', async () => {
    await as('user_readonly').query('SELECT 1')
    const { rows } = await anna.query(
      `SELECT DISTINCT user_name FROM active_connections WHERE state IS NOT NULL AND client_address IS NOT NULL ORDER BY 1`,
    )
    expect(rows.flat()).toEqual(expect.arrayContaining(['anna', 'user_readonly', 'windrow']))
    await expect(as('user_readonly').query('SELECT * FROM active_connections')).rejects.toMatchObject({
      facts: { sqlState: '42501' },
    })
  })

  test('a password that was changed lets in, and nothing that the server writes of nested statements has it', async () => {
    const plain = 'Kept from all that is nested 1!'
    await anna.query('SELECT change_user_password($1, $2)', ['user_backup', plain])
    const client = openPgClient({ url: url('user_backup', plain), logger: silentLogger, connections: 1 })
    expect((await client.query('SELECT session_user::text')).rows).toEqual([['user_backup']])
    await client.close()
    const other = 'Another one, as a constant 2!'
    await anna.query(`SELECT change_user_password('user_backup', '${other}')`)
    const { rows } = await root.query(
      `SELECT query FROM pg_stat_statements WHERE query LIKE '%ALTER ROLE%' OR query LIKE '%change_user_password%'`,
    )
    const queries = rows.flat().join('\n')
    expect(queries).toContain('SELECT change_user_password($1, $2)')
    expect(queries).toMatch(/ALTER ROLE user_backup PASSWORD 'SCRAM-SHA-256/)
    for (const password of [plain, other]) {
      expect(queries).not.toContain(password)
      const nested = server
        .log()
        .split('\n')
        .filter((line) => line.includes(password))
      // The call itself is the client's statement, which the server was told to write down.
      expect(nested.filter((line) => !/change_user_password|parameters: \$1 = 'user_backup'/.test(line))).toEqual([])
      expect(JSON.stringify((await root.query('SELECT details::text FROM audit_log')).rows)).not.toContain(password)
    }
  })

  test('what a password is given as, where it is a verifier, is all that the server ever sees', async () => {
    const password = 'Never on the server 3!'
    await anna.query(`SELECT change_user_password('user_backup', '${scramVerifier(password)}')`)
    const client = openPgClient({ url: url('user_backup', password), logger: silentLogger, connections: 1 })
    expect((await client.query('SELECT 1')).rows).toEqual([[1]])
    await client.close()
    expect(server.log()).not.toContain(password)
  })

  describe('each suite', () => {
    let schemas = 0
    const newSchema = (): string => `suite_${++schemas}`
    auditChangesSuite(root, newSchema)
    adminFunctionsSuite(root, newSchema)
    auditSetupSuite(root, newSchema)
  })
})

const bin = findPostgres()

describe.runIf(canStart && bin !== null)('a set-up of the audit by a role that is no superuser', () => {
  let server: Server
  let root: SqlClient
  let maker: SqlClient
  const folder = mkdtempSync(join(tmpdir(), 'windrow-audit-'))
  const makerUrl = () => server.url.replace(/\/\/[^@]*@/, '//maker@')
  beforeAll(async () => {
    server = await startPostgres()
    root = openPgClient({ url: server.url, logger: silentLogger })
    await root.query('CREATE ROLE maker LOGIN CREATEROLE')
    await root.query('ALTER DATABASE windrow OWNER TO maker')
    await root.query('ALTER SCHEMA public OWNER TO maker')
    maker = openPgClient({ url: makerUrl(), logger: silentLogger })
    await makeTables(maker, schema, views)
  })
  afterAll(async () => {
    await maker?.close()
    await root?.close()
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('through psql, as a script, and again through the driver, which finds nothing to change', async () => {
    const script = join(folder, 'setup.sql')
    writeFileSync(script, setupScript(target, []))
    execFileSync(join(bin as string, 'psql'), ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', makerUrl(), '-f', script], {
      stdio: 'pipe',
    })
    const owners = await root.query(
      `SELECT DISTINCT pg_get_userbyid(relowner)::text FROM pg_class WHERE relname IN ('audit_log', 'active_connections')`,
    )
    expect(owners.rows).toEqual([['windrow_audit']])
    const { rows } = await root.query(`SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'windrow_audit_%' AND tgenabled = 'O'`)
    expect(rows).toEqual([[4]])
    expect((await runSetup(maker, { target, members: [], passwords: [] })).changed).toEqual([])
    // What it borrowed it has given back: the tables of the audit are not its own.
    const kept = await root.query(
      `SELECT pg_has_role('maker', 'windrow_audit', 'USAGE'), has_schema_privilege('windrow_audit', 'public', 'CREATE')`,
    )
    expect(kept.rows).toEqual([[false, false]])
    await expect(maker.query('DELETE FROM audit_log')).rejects.toMatchObject({ facts: { sqlState: '42501' } })
  })

  test('and it may change passwords no more than others may', async () => {
    await expect(maker.query(`SELECT change_user_password('user_etl', 'a good password')`)).rejects.toMatchObject({
      facts: { sqlState: '42501' },
    })
  })
})
