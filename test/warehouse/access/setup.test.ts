import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { LocalPostgres } from '../../../src/sinks/postgres/local-postgres.ts'
import { quoteName } from '../../../src/sinks/postgres/quote.ts'
import { clientOver } from '../../../src/sinks/postgres/session-source.ts'
import { runSetup } from '../../../src/warehouse/access/run-setup.ts'
import { tryAccess } from '../../../src/warehouse/access/try-access.ts'
import { silentLogger } from '../../sinks/silent-logger.ts'
import { makeTempDirectory, removeDirectory } from '../../sinks/temp-directory.ts'
import { allViews, asRole, countOf, fillTables, HOSTILE, makeTables, outcomeOf, targetOf } from './access-kit.ts'

const dataDir = makeTempDirectory()
const client = clientOver(new LocalPostgres({ dataDir, logger: silentLogger }))
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

afterAll(async () => {
  await client.close()
  removeDirectory(dataDir)
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
})
