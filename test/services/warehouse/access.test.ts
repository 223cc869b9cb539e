import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { quoteName } from '../../../src/sinks/postgres/quote.ts'
import { sqlStateOf } from '../../../src/sinks/postgres/sql-errors.ts'
import { passwordsOf } from '../../../src/warehouse/access/password-files.ts'
import { runSetup } from '../../../src/warehouse/access/run-setup.ts'
import { tryAccess } from '../../../src/warehouse/access/try-access.ts'
import { allViews, countOf } from '../../warehouse/access/access-kit.ts'
import { canStart } from '../postgres/server.ts'
import { accessWorld, HOSTILE_LOGIN, tried } from './access-kit.ts'

const schema = 'public'

describe.runIf(canStart)('on a server that asks for passwords', () => {
  const it = accessWorld(schema)
  const { as, passwords, target } = it

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
        await session.query('PREPARE p AS SELECT * FROM public.weather_data')
        expect((await session.query('EXECUTE p')).rows).toHaveLength(4)
      })
    })

    test.each([
      ['user_readonly', 2],
      ['user_data_analyst', 4],
      ['user_backup', 6],
    ])('by COPY, which sends %s %i rows of a table and of a query', async (user, rows) => {
      for (const what of ['public.weather_data', '(SELECT * FROM public.weather_data)']) {
        expect(await as(user).query(`COPY ${what} TO STDOUT`)).toMatchObject({ command: 'COPY', rowCount: rows })
      }
    })

    test('by functions: those of anybody run as their caller', async () => {
      await it.admin.query(
        `CREATE FUNCTION public.all_weather() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.weather_data'`,
      )
      await it.admin.query(`CREATE FUNCTION public.all_facts() RETURNS SETOF public.fact_weather LANGUAGE plpgsql
        AS 'BEGIN RETURN QUERY EXECUTE ''TABLE public.fact_weather''; END'`)
      const facts = await countOf(as('user_backup'), 'public.fact_weather')
      for (const [user, rows] of [
        ['user_readonly', 2],
        ['user_data_analyst', 4],
        ['user_backup', 6],
      ] as const) {
        expect((await as(user).query('SELECT public.all_weather()::int')).rows).toEqual([[rows]])
        const seen = await countOf(as(user), 'public.all_facts()')
        expect(seen).toBe(await countOf(as(user), 'public.fact_weather'))
        expect(rows === 6 ? seen === facts : seen <= facts).toBe(true)
      }
    })

    test('by names that are SQL themselves', async () => {
      const injection = `weather_data"; SET ROLE windrow_admin; --`
      for (const user of ['user_readonly', 'user_data_analyst', HOSTILE_LOGIN]) {
        expect(await tried(as(user), `SELECT * FROM public.${quoteName(injection)}`)).toBe('42P01')
        // Several statements in one text are refused by the protocol.
        expect(await tried(as(user), 'SELECT 1; SET ROLE windrow_admin')).toBe('42601')
        const { rows } = await as(user).query("SELECT session_user::text, pg_has_role(current_user, 'windrow_admin', 'MEMBER')")
        expect(rows).toEqual([[user, false]])
      }
    })

    test('by what the planner knows of columns', async () => {
      await it.admin.query('ANALYZE public.weather_data')
      expect(await countOf(it.admin, `pg_stats WHERE tablename = 'weather_data' AND schemaname = 'public'`)).toBeGreaterThan(0)
      for (const user of ['user_readonly', 'user_data_analyst', HOSTILE_LOGIN]) {
        expect(await countOf(as(user), `pg_stats WHERE tablename = 'weather_data'`)).toBe(0)
        expect(await tried(as(user), 'SELECT * FROM pg_statistic')).toBe('42501')
      }
    })

    test('by EXPLAIN, which shows no row', async () => {
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

  test.each([
    ['a policy', 'CREATE POLICY planted ON public.stations USING (public.planted())', 'DROP POLICY planted ON public.stations'],
    ['a view', 'CREATE VIEW public.planted_view AS SELECT public.planted() AS x', 'DROP VIEW public.planted_view'],
    [
      'a default',
      'ALTER TABLE public.stations ALTER COLUMN city SET DEFAULT public.planted()::text',
      'ALTER TABLE public.stations ALTER COLUMN city DROP DEFAULT',
    ],
    ['an index', 'CREATE INDEX planted ON public.stations ((public.planted()))', 'DROP INDEX public.planted'],
  ])('`access test` runs no code of the pipeline with the rights of who tries: %s', async (_, plant, remove) => {
    const etl = as('user_etl')
    const planted = (body: string) =>
      etl.query(
        `CREATE OR REPLACE FUNCTION public.planted() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN ${body} RETURN true; END $$`,
      )
    await planted('')
    const tables = { ...target, sqlViews: [...target.sqlViews, 'planted_view'] }
    try {
      await etl.query(plant)
      await planted(`RESET SESSION AUTHORIZATION; RAISE EXCEPTION 'planted code ran as %', current_user;`)
      await expect(tryAccess(it.admin, tables)).rejects.toMatchObject({
        code: 'WR_ACCESS_FOREIGN_CODE',
        message: expect.stringContaining('function public.planted()'),
      })
      // Who looked at it may say that it is as good as a superuser's.
      await it.admin.query('ALTER FUNCTION public.planted() OWNER TO CURRENT_USER')
      await it.admin.query(
        'CREATE OR REPLACE FUNCTION public.planted() RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT true $$',
      )
      await expect(tryAccess(it.admin, tables)).resolves.not.toEqual([])
    } finally {
      await it.admin.query(remove)
      await it.admin.query('DROP FUNCTION public.planted()')
    }
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
    const again = [...passwordsOf(it.folder)]
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

  test('a set-up that another database overtakes, whose roles are the same, begins again', async () => {
    await it.admin.query('ALTER ROLE windrow_reader CREATEDB')
    const setup = await it.admin.transaction(async (session) => {
      await session.query('ALTER ROLE windrow_reader CONNECTION LIMIT 7')
      const running = runSetup(it.admin, { target, members: [], passwords: [] })
      const waits = `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid')`
      await expect.poll(async () => (await session.query(waits)).rows, { timeout: 15_000 }).toEqual([[true]])
      return { running }
    })
    expect((await setup.running).changed).toEqual(['the role windrow_reader'])
    const { rows } = await it.admin.query(`SELECT rolcreatedb, rolconnlimit FROM pg_roles WHERE rolname = 'windrow_reader'`)
    expect(rows).toEqual([[false, 7]])
    await it.admin.query('ALTER ROLE windrow_reader CONNECTION LIMIT -1')
  })

  test('a generated password has 192 bits that nothing has to quote', () => {
    for (const user of ['user_etl', 'user_readonly', 'user_data_analyst', 'user_backup'])
      expect(passwords.get(user)).toMatch(/^[\w-]{32}$/)
    expect(new Set(passwords.values()).size).toBe(5)
    expect(randomBytes(24).toString('base64url')).toHaveLength(32)
  })
})
