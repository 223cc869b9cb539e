import { beforeAll, describe, expect, test } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { quoteName } from '../../../src/sinks/postgres/quote.ts'
import { findGaps } from '../../../src/warehouse/access/find-gaps.ts'
import { refuseOtherOwnersStep } from '../../../src/warehouse/access/other-owners.ts'
import { readAccess } from '../../../src/warehouse/access/read-access.ts'
import { runSetup } from '../../../src/warehouse/access/run-setup.ts'
import { refuseTakenRolesStep } from '../../../src/warehouse/access/taken-roles.ts'
import { tryAccess } from '../../../src/warehouse/access/try-access.ts'
import { oneLocalPostgres } from '../../sinks/postgres/one-local-postgres.ts'
import { allViews, asRole, countOf, fillTables, HOSTILE, makeTables, outcomeOf, targetOf } from './access-kit.ts'

const { client } = oneLocalPostgres()
const schema = HOSTILE
/** Of each kind of time one: the others are tried on a server. */
const views = allViews.filter(({ name }) =>
  ['weather_data', 'weather_daily', 'stations', 'own_days', 'own_ids', HOSTILE].includes(name),
)
const target = targetOf(schema, views)
const table = (name: string): string => `${quoteName(schema)}.${quoteName(name)}`

beforeAll(async () => {
  await makeTables(client, schema, views)
  await fillTables(client, schema, views)
})

describe('a set-up on the embedded Postgres, in a schema with a hostile name', () => {
  test('changes what is not yet so, and nothing the second time', async () => {
    const first = await runSetup(client, { target, members: [], passwords: [] })
    expect(first.missing).toEqual([])
    expect(first.changed).toContain('the role windrow_reader')
    expect(first.changed).toContain('of weather_data readers see 30 days, analysts 6 months')
    const second = await runSetup(client, { target, members: [], passwords: [] })
    expect(second.changed).toEqual([])
  })

  test('people begin without the compiler of queries, the pipeline and backups as the server has it', async () => {
    const { rows } = await client.query(
      "SELECT setrole::regrole::text FROM pg_db_role_setting WHERE 'jit=off' = ANY (setconfig) ORDER BY 1",
    )
    expect(rows.flat()).toEqual(['user_data_analyst', 'user_readonly'])
  })

  test('tells who has no password, and of nobody who was given one, now or before', async () => {
    const others = ['user_etl', 'user_data_analyst', 'user_backup']
    const passwords = [{ user: 'user_readonly' as const, password: new Secret('a-password-of-a-reader'), isNew: true }]
    const given = await runSetup(client, { target, members: [], passwords })
    expect(given.withoutPassword).toEqual(others)
    const later = await runSetup(client, { target, members: [], passwords: [] })
    expect(later.withoutPassword).toEqual(others)
  })

  test.each([
    ['user_readonly', 2, 1],
    ['user_data_analyst', 4, 4],
    ['windrow_admin', 6, 6],
    ['user_backup', 6, 6],
    ['user_etl', 6, 6],
  ])('%s sees %i of 6 rows by instant, and %i of local days', async (role, instants, days) => {
    await asRole(client, role, async (session) => {
      for (const { name } of views) {
        const expected = name === 'own_days' ? days : name === 'own_ids' && instants < 6 ? 0 : instants
        expect([name, await countOf(session, table(name))]).toEqual([name, expected])
      }
    })
  })

  test.each([
    ['user_readonly', `UPDATE ${table('stations')} SET city = city`, '42501'],
    ['user_readonly', 'CREATE TEMPORARY TABLE own ()', '42501'],
    ['user_data_analyst', `DELETE FROM ${table('stations')}`, '42501'],
    ['user_data_analyst', 'CREATE TEMPORARY TABLE own ()', 'allowed'],
    ['windrow_admin', `UPDATE ${table('stations')} SET city = city`, 'allowed'],
    ['user_backup', `SELECT FROM ${table('windrow_progress')}`, 'allowed'],
    ['user_readonly', `SELECT FROM ${table('windrow_progress')}`, '42501'],
  ])('%s, %s: %s', async (role, statement, outcome) => {
    expect(await asRole(client, role, (session) => outcomeOf(session, statement))).toBe(outcome)
  })

  test('`access test` finds nothing wrong, then a right too many and a table without its policies', async () => {
    const cells = await tryAccess(client, target)
    expect(cells.filter(({ isWrong, found }) => isWrong || found === 'not tried')).toEqual([])
    await client.query(`GRANT INSERT ON ${table('stations')} TO windrow_reader`)
    await client.query(`ALTER TABLE ${table('weather_data')} DISABLE ROW LEVEL SECURITY`)
    const wrong = (await tryAccess(client, target)).filter(({ isWrong }) => isWrong)
    expect(wrong.map(({ group, object, action }) => `${group} ${object} ${action}`).sort()).toEqual([
      'admin weather_data rows: all',
      'analyst weather_data rows: 6 months',
      'backup weather_data rows: all',
      'reader stations insert',
      'reader weather_data rows: 30 days',
    ])
    const { changed } = await runSetup(client, { target, members: [], passwords: [] })
    expect(changed).toEqual(['who reads and changes stations', 'of weather_data readers see 30 days, analysts 6 months'])
  })

  test.each([
    ['may make roles, and so give itself any', 'user_readonly', 'ALTER ROLE user_readonly CREATEROLE'],
    ['can become a superuser', 'user_readonly', 'GRANT postgres TO user_readonly'],
    ['can become one by way of another', 'windrow_reader', 'GRANT postgres TO between; GRANT between TO windrow_reader'],
    ['is of a group that sees all', 'windrow_reader', 'GRANT windrow_admin TO windrow_reader'],
    ["reads the server's files", 'user_data_analyst', 'GRANT pg_read_server_files TO user_data_analyst'],
    ['is a keeper', 'user_backup', 'GRANT windrow_audit TO user_backup'],
    ['is a superuser', 'windrow_analyst', 'ALTER ROLE windrow_analyst SUPERUSER'],
  ])('refuses a role of a name of its own that %s, and so does the script', async (_, role, statements) => {
    await client.query('CREATE ROLE between')
    try {
      for (const statement of statements.split('; ')) await client.query(statement)
      await expect(runSetup(client, { target, members: [], passwords: [] })).rejects.toMatchObject({
        code: 'WR_ACCESS_ROLE_TAKEN',
        message: expect.stringContaining(role),
      })
      await expect(client.query(refuseTakenRolesStep.sql)).rejects.toThrow(role)
      const gaps = await client.transaction(async (session) => findGaps(session, target, await readAccess(session, target)))
      expect(gaps.map(({ text }) => text).join('\n')).toContain(`${role} (`)
    } finally {
      for (const statement of statements.split('; ').reverse()) await client.query(undone(statement))
      await client.query('DROP ROLE between')
    }
    expect((await runSetup(client, { target, members: [], passwords: [] })).changed).toEqual([])
  })

  test.each(['DISABLE TRIGGER USER', 'DISABLE TRIGGER windrow_audit_truncate'])(
    'a report finds a table with %s',
    async (change) => {
      const gaps = async () => {
        const found = await client.transaction(async (session) => findGaps(session, target, await readAccess(session, target)))
        return found.map(({ text }) => text).filter((text) => text.includes('audited'))
      }
      expect(await gaps()).toEqual([])
      await client.query(`ALTER TABLE ${table(HOSTILE)} ${change}`)
      expect(await gaps()).toEqual([expect.stringContaining(`in ${HOSTILE} is not audited`)])
      await runSetup(client, { target, members: [], passwords: [] })
      expect(await gaps()).toEqual([])
    },
  )

  test.each([
    [
      'a table that a comparison might have left',
      `CREATE TABLE ${table('windrow_mend_mine')} ()`,
      `TABLE ${table('windrow_mend_mine')}`,
    ],
    ['a view with a comment like its own', `CREATE VIEW ${table('dim_hour')} AS SELECT 1 AS one`, `VIEW ${table('dim_hour')}`],
  ])('takes nobody for the pipeline who has made %s', async (_, make, what) => {
    await client.query('CREATE ROLE mallory LOGIN')
    await client.query(`DROP VIEW IF EXISTS ${table('dim_hour')} CASCADE`)
    await client.query(`GRANT USAGE, CREATE ON SCHEMA ${quoteName(schema)} TO mallory`)
    try {
      await client.transaction(async (session) => {
        await session.query('SET LOCAL ROLE mallory')
        await session.query(make)
        await session.query(`COMMENT ON ${what} IS 'Mine (windrow 0123456789ab)'`)
      })
      await expect(runSetup(client, { target, members: [], passwords: [] })).rejects.toMatchObject({
        code: 'WR_ACCESS_OTHER_OWNERS',
        message: expect.stringContaining('mallory'),
      })
      await expect(client.query(refuseOtherOwnersStep(target).sql)).rejects.toThrow('mallory')
      const { rows } = await client.query(`SELECT pg_has_role('mallory', 'windrow_etl', 'MEMBER')`)
      expect(rows).toEqual([[false]])
    } finally {
      await client.query('DROP OWNED BY mallory CASCADE')
      await client.query('DROP ROLE mallory')
    }
    await expect(runSetup(client, { target, members: [], passwords: [] })).resolves.toMatchObject({ missing: [] })
  })
})

/** `GRANT x TO y` and `ALTER ROLE x SUPERUSER`, taken back. */
function undone(statement: string): string {
  return statement.startsWith('GRANT')
    ? statement.replace('GRANT', 'REVOKE').replace(' TO ', ' FROM ')
    : statement.replace(/ (\w+)$/, ' NO$1')
}
