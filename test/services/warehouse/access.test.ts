import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { quoteName } from '../../../src/sinks/postgres/quote.ts'
import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import { sqlStateOf } from '../../../src/sinks/postgres/sql-errors.ts'
import { passwordsOf } from '../../../src/warehouse/access/password-files.ts'
import { runSetup } from '../../../src/warehouse/access/run-setup.ts'
import { tryAccess } from '../../../src/warehouse/access/try-access.ts'
import { allViews, countOf, fillTables, HOSTILE, makeTables, outcomeOf, targetOf } from '../../warehouse/access/access-kit.ts'
import { canStart } from '../postgres/server.ts'
import { guardedServer, verifierOf } from './access-kit.ts'

const schema = 'public'
const target = targetOf(schema)
/** A login that a shell, a URL and SQL each read in another way. */
const HOSTILE_LOGIN = `x"; DROP ROLE postgres; --\\ '$é`
const HOSTILE_PASSWORD = `p'w"d; \\ $1 -- %s {} \`id\``
const folder = mkdtempSync(join(tmpdir(), 'windrow-access-'))

describe.runIf(canStart)('on a server that asks for passwords', () => {
  const it = guardedServer()
  const logins = new Map<string, SqlClient>()
  const as = (user: string): SqlClient => logins.get(user) as SqlClient
  const passwords = new Map<string, string>()

  beforeAll(async () => {
    await makeTables(it.admin, schema)
    await fillTables(it.admin, schema)
    for (const login of ['anna', HOSTILE_LOGIN, 'stranger']) {
      const name = quoteName(login)
      await it.admin.query(`CREATE ROLE ${name} LOGIN PASSWORD ${verifierOf(HOSTILE_PASSWORD)}`)
      passwords.set(login, HOSTILE_PASSWORD)
    }
    const given = passwordsOf(folder)
    for (const { user, password } of given) passwords.set(user, password.reveal())
    const members = [
      { role: 'anna', group: 'admin' },
      { role: HOSTILE_LOGIN, group: 'reader' },
    ] as const
    await runSetup(it.admin, { target, members, passwords: given })
    for (const [login, password] of passwords) logins.set(login, it.as(login, password))
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  describe('one cell of the table', () => {
    const EVERY = ['select', 'insert', 'update', 'delete', 'truncate'] as const
    const CHANGE = ['select', 'insert', 'update', 'delete'] as const
    const READ = ['select'] as const
    const NOTHING = [] as const
    const may: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
      user_etl: { weather_daily: EVERY, [HOSTILE]: EVERY, pipeline_health: EVERY, windrow_progress: EVERY, meteo: READ },
      user_readonly: { weather_daily: READ, [HOSTILE]: READ, pipeline_health: READ, windrow_progress: NOTHING, meteo: READ },
      user_data_analyst: { weather_daily: READ, [HOSTILE]: READ, pipeline_health: READ, windrow_progress: NOTHING, meteo: READ },
      user_backup: { weather_daily: READ, [HOSTILE]: READ, pipeline_health: READ, windrow_progress: READ, meteo: READ },
      anna: { weather_daily: CHANGE, [HOSTILE]: CHANGE, pipeline_health: READ, windrow_progress: NOTHING, meteo: READ },
    }
    const columnOf: Readonly<Record<string, string>> = {
      weather_daily: 'city',
      [HOSTILE]: 'id',
      pipeline_health: 'state',
      windrow_progress: 'topic_id',
      meteo: 'temperature',
    }
    const statementOf = (action: string, table: string, column: string): string => {
      switch (action) {
        case 'select':
          return `SELECT * FROM ${table}`
        case 'insert':
          return `INSERT INTO ${table} SELECT * FROM ${table} WHERE false`
        case 'update':
          return `UPDATE ${table} SET ${column} = ${column}`
        case 'delete':
          return `DELETE FROM ${table}`
        default:
          return `TRUNCATE ${table}`
      }
    }
    const cells = Object.entries(may).flatMap(([user, objects]) =>
      Object.entries(objects).flatMap(([object, allowed]) =>
        EVERY.filter((action) => object !== 'meteo' || user !== 'user_etl' || action === 'select').map((action) => ({
          user,
          object,
          action,
          expected: allowed.includes(action) ? 'allowed' : 'refused',
        })),
      ),
    )

    test.each(cells)('$user, $action, $object: $expected', async ({ user, object, action, expected }) => {
      const outcome = await tried(
        as(user),
        statementOf(action, `${schema}.${quoteName(object)}`, quoteName(columnOf[object] ?? '')),
      )
      expect(outcome === 'allowed' ? 'allowed' : 'refused').toBe(expected)
      // A view that cannot be written to at all says so before it is asked who one is.
      if (outcome !== 'allowed') expect(outcome).toMatch(object === 'meteo' ? /42501|55000|0A000|42809/ : /42501/)
    })

    const PLACES = [
      ['a table', 'CREATE TABLE public.own ()', ['user_etl']],
      ['a temporary table', 'CREATE TEMPORARY TABLE own ()', ['user_data_analyst']],
      ['a view', 'CREATE VIEW public.own AS SELECT 1', ['user_etl']],
      ['a function', `CREATE FUNCTION public.own() RETURNS int LANGUAGE sql AS 'SELECT 1'`, ['user_etl']],
      ['a schema', 'CREATE SCHEMA own', []],
      ['a role', 'CREATE ROLE own', []],
      ['a policy', 'CREATE POLICY own ON public.weather_daily USING (true)', ['user_etl']],
      ['no more policies', 'ALTER TABLE public.weather_daily DISABLE ROW LEVEL SECURITY', ['user_etl']],
      ['no more triggers', 'ALTER TABLE public.weather_daily DISABLE TRIGGER ALL', ['user_etl']],
      ['no triggers in this session', 'SET session_replication_role = replica', []],
      [
        'a trigger',
        'CREATE TRIGGER own AFTER INSERT ON public.weather_daily EXECUTE FUNCTION suppress_redundant_updates_trigger()',
        ['user_etl'],
      ],
      ['a program', `COPY public.weather_daily TO PROGRAM 'cat'`, []],
      ['a file', `COPY public.weather_daily TO '/tmp/windrow-access-out'`, []],
      ['the verifiers', 'SELECT * FROM pg_authid', []],
    ] as const
    const makers = ['user_etl', 'user_readonly', 'user_data_analyst', 'user_backup', 'anna', HOSTILE_LOGIN]
    test.each(
      PLACES.flatMap(([what, statement, allowed]) =>
        makers.map((user) => ({ user, what, statement, isAllowed: (allowed as readonly string[]).includes(user) })),
      ),
    )('$user makes $what: $isAllowed', async ({ user, statement, isAllowed }) => {
      const outcome = await tried(as(user), statement)
      expect(outcome).toBe(isAllowed ? 'allowed' : '42501')
    })

    test.each(
      makers.flatMap((user) =>
        [
          'windrow_etl',
          'windrow_reader',
          'windrow_analyst',
          'windrow_admin',
          'windrow_backup',
          'windrow_audit',
          'windrow_passwords',
          'windrow',
        ].map((role) => ({ user, role })),
      ),
    )('$user becomes $role only where it is a member', async ({ user, role }) => {
      const member: Readonly<Record<string, string>> = {
        user_etl: 'windrow_etl',
        user_readonly: 'windrow_reader',
        user_data_analyst: 'windrow_analyst',
        user_backup: 'windrow_backup',
        anna: 'windrow_admin',
        [HOSTILE_LOGIN]: 'windrow_reader',
      }
      expect(await tried(as(user), `SET ROLE ${role}`)).toBe(member[user] === role ? 'allowed' : '42501')
    })
  })

  test('a wrong password is refused, and so is somebody of no group', async () => {
    await expect(it.as('user_readonly', 'not the password').query('SELECT 1')).rejects.toMatchObject({ code: 'WR_SQL_LOGIN' })
    await expect(as('stranger').query('SELECT 1')).rejects.toMatchObject({ code: 'WR_SQL_LOGIN' })
  })

  test.each([
    ['user_readonly', 2, 1],
    [HOSTILE_LOGIN, 2, 1],
    ['user_data_analyst', 4, 4],
    ['anna', 6, 6],
    ['user_backup', 6, 6],
    ['user_etl', 6, 6],
  ])('%s sees %i of 6 rows of each view by instant, and %i of days', async (user, instants, days) => {
    for (const { name } of allViews) {
      if (name === 'own_months') continue
      const expected = name === 'own_days' ? days : name === 'own_ids' && instants < 6 ? 0 : instants
      expect([name, await countOf(as(user), `${schema}.${quoteName(name)}`)]).toEqual([name, expected])
    }
  })

  test('views in SQL show no row that the tables do not', async () => {
    for (const [user, rows] of [
      ['user_readonly', 2],
      ['user_data_analyst', 4],
      ['user_backup', 6],
    ] as const) {
      expect(await countOf(as(user), 'public.gold_weather_aggregates')).toBe(rows)
      const { rows: seen } = await as(user).query(
        `SELECT count(*) = 0 FROM public.meteo WHERE "timestamp" < now() - interval '${user === 'user_readonly' ? '30 days' : '1 year 1 day'}'`,
      )
      expect(seen).toEqual([[true]])
    }
  })

  describe('a reader does not get round the policies', () => {
    const old = `SELECT count(*) FROM public.weather_data WHERE "timestamp" < now() - interval '31 days'`

    test.each([
      ['a time zone of his own, in which the clocks change by two weeks', `SET TimeZone = 'AAA-167BBB167,J1/0,J365/23'`],
      ['another time zone', `SET TimeZone = 'Pacific/Kiritimati'`],
      ['names of time zones of his own', `SET timezone_abbreviations = 'Australia'`],
      ['a search path', 'SET search_path = pg_temp, public, pg_catalog'],
      ['the writer of the sink', `SELECT set_config('windrow.writer', 'sink', false)`],
      ['another role by a setting', `SELECT set_config('role', 'windrow_reader', false)`],
      ['no default of reading alone', 'SET default_transaction_read_only = off'],
      ['other interval styles', `SET IntervalStyle = 'sql_standard'`],
    ])('by %s', async (_, statement) => {
      await as('user_readonly')
        .transaction(async (session) => {
          await session.query(statement)
          expect((await session.query(old)).rows).toEqual([[0]])
        })
        .catch((error: unknown) => expect(sqlStateOf(error)).toMatch(/^(?:22023|42501)$/))
    })

    test('by turning them off: that is an error, not a gap', async () => {
      expect(await tried(as('user_readonly'), old, 'SET LOCAL row_security = off')).toBe('42501')
    })

    test.each([
      [
        'a cast that fails on what it looks at',
        `SELECT * FROM public.weather_data WHERE (city || '-')::int = 1 AND "timestamp" < now() - interval '31 days'`,
      ],
      [
        'a division by what it looks at',
        `SELECT * FROM public.weather_data WHERE 1 / (n_of(city)) = 1`.replace(
          'n_of(city)',
          `CASE WHEN city = 's5' THEN 0 ELSE 1 END`,
        ),
      ],
    ])('by %s', async (_, statement) => {
      // Rows that nobody may see are not handed to expressions of the reader's: no error tells of them.
      expect(await tried(as('user_readonly'), statement)).toBe('allowed')
    })

    test('by functions and operators of an own', async () => {
      const analyst = as('user_data_analyst')
      const own = `CREATE FUNCTION pg_temp.leak(t text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS 'BEGIN RAISE EXCEPTION ''%'', t; END'`
      const leak = `SELECT * FROM public.weather_data WHERE pg_temp.leak(city) AND "timestamp" < now() - interval '7 months'`
      // Temporary functions are hers to make, and see none of the rows.
      expect(await tried(analyst, leak, own)).toBe('allowed')
      expect(await tried(as('user_readonly'), leak, own)).toBe('42501')
    })

    test('by temporary views, sub-selects, cursors, prepared statements and COPY', async () => {
      const analyst = as('user_data_analyst')
      await analyst.transaction(async (session) => {
        await session.query('CREATE TEMPORARY VIEW mine AS SELECT * FROM public.weather_data')
        expect(await countOf(session, 'mine')).toBe(4)
        await session.query('CREATE TEMPORARY TABLE copied AS TABLE public.weather_data')
        expect(await countOf(session, 'copied')).toBe(4)
        await session.query('DECLARE c CURSOR FOR SELECT * FROM public.weather_data')
        expect((await session.query('FETCH ALL FROM c')).rows).toHaveLength(4)
        expect(await countOf(session, '(SELECT * FROM public.weather_data OFFSET 0) AS s')).toBe(4)
        expect(
          await countOf(
            session,
            `unnest(xpath('/table/row', query_to_xml('SELECT 1 FROM public.weather_data', true, false, ''))) AS r`,
          ),
        ).toBe(4)
      })
    })

    test('by what the planner knows of columns', async () => {
      await it.admin.query('ANALYZE public.weather_data')
      expect(await countOf(it.admin, `pg_stats WHERE tablename = 'weather_data' AND schemaname = 'public'`)).toBeGreaterThan(0)
      for (const user of ['user_readonly', 'user_data_analyst', HOSTILE_LOGIN]) {
        expect(await countOf(as(user), `pg_stats WHERE tablename = 'weather_data'`)).toBe(0)
        expect(await tried(as(user), 'SELECT * FROM pg_statistic')).toBe('42501')
      }
    })

    test('by EXPLAIN, which tells how many rows were left out and no value', async () => {
      const { rows } = await as('user_readonly').query(
        `EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM public.weather_data WHERE city = 's5'`,
      )
      expect(rows.flat().join('\n')).toMatch(/rows=0/)
    })

    test('by locking rows, or by foreign keys', async () => {
      expect(await tried(as('user_readonly'), 'SELECT * FROM public.weather_data FOR UPDATE')).toBe('42501')
      expect(
        await tried(as('user_data_analyst'), 'CREATE TEMPORARY TABLE t (s text, FOREIGN KEY (s) REFERENCES public.own_ids)'),
      ).not.toBe('allowed')
    })
  })

  test('`access test` finds nothing wrong, and what is wrong', async () => {
    const cells = await tryAccess(it.admin, target)
    expect(cells.filter(({ isWrong, found }) => isWrong || found === 'not tried')).toEqual([])
    expect(cells.length).toBeGreaterThan(500)
    await it.admin.query('GRANT INSERT ON public.stations TO windrow_reader')
    await it.admin.query('ALTER TABLE public.energies DISABLE ROW LEVEL SECURITY')
    const wrong = (await tryAccess(it.admin, target)).filter(({ isWrong }) => isWrong)
    expect(wrong.map(({ group, object, action }) => [group, object, action])).toEqual(
      expect.arrayContaining([
        ['reader', 'stations', 'insert'],
        ['reader', 'energies', 'rows: 30 days'],
      ]),
    )
    const { changed } = await runSetup(it.admin, { target, members: [], passwords: [] })
    expect(changed).toEqual(['who reads and changes stations', 'of energies readers see 30 days, analysts 6 months'])
  })

  test('the server never saw a password: neither its log of statements nor of errors has one', async () => {
    const again = [...passwordsOf(folder)]
    const { passwords: outcomes } = await runSetup(it.admin, { target, members: [], passwords: again })
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['kept', 'kept', 'kept', 'kept'])
    const log = it.server.log()
    expect(log).toContain('CREATE ROLE "user_readonly"')
    for (const { user, password } of again) {
      expect(log).not.toContain(password.reveal())
      const verifier = (await it.admin.query('SELECT rolpassword FROM pg_authid WHERE rolname = $1', [user])).rows[0]?.[0]
      expect(verifier).toMatch(/^SCRAM-SHA-256\$4096:/)
      expect(log).not.toContain(String(verifier))
    }
  })

  test('a generated password has 192 bits that nothing has to quote', () => {
    for (const user of ['user_etl', 'user_readonly', 'user_data_analyst', 'user_backup'])
      expect(passwords.get(user)).toMatch(/^[\w-]{32}$/)
    expect(new Set(passwords.values()).size).toBe(5)
    expect(randomBytes(24).toString('base64url')).toHaveLength(32)
  })
})

/** `allowed`, or the SQLSTATE of the refusal; what it did is taken back. */
async function tried(client: SqlClient, statement: string, ...before: readonly string[]): Promise<string> {
  const back = { outcome: '' }
  try {
    await client.transaction(async (session) => {
      // The default of reading alone is no protection: anybody takes it off.
      await session.query('SET TRANSACTION READ WRITE')
      for (const each of before) await session.query(each)
      back.outcome = await outcomeOf(session, statement)
      throw back
    })
  } catch (error) {
    if (error === back) return back.outcome
    const state = sqlStateOf(error)
    if (state === null) throw error
    return state
  }
  throw new Error('a transaction that has to be rolled back was not')
}
