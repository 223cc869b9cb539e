import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
const target = targetOf(schema)
const table = (name: string): string => `${quoteName(schema)}.${quoteName(name)}`

beforeAll(async () => {
  await makeTables(client, schema)
  await fillTables(client, schema)
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

  test.each([
    ['user_readonly', 2, 1],
    ['user_data_analyst', 4, 4],
    ['windrow_admin', 6, 6],
    ['user_backup', 6, 6],
    ['user_etl', 6, 6],
  ])('%s sees %i of 6 rows by instant, and %i of local days', async (role, instants, days) => {
    await asRole(client, role, async (session) => {
      for (const { name } of allViews) {
        // How many of the months are whole depends on the day of the month.
        if (name === 'own_months') continue
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
    await client.query(`ALTER TABLE ${table('energies')} DISABLE ROW LEVEL SECURITY`)
    const wrong = (await tryAccess(client, target)).filter(({ isWrong }) => isWrong)
    expect(wrong.map(({ group, object, action }) => `${group} ${object} ${action}`).sort()).toEqual([
      'admin energies rows: all',
      'analyst energies rows: 6 months',
      'backup energies rows: all',
      'reader energies rows: 30 days',
      'reader stations insert',
    ])
    const { changed } = await runSetup(client, { target, members: [], passwords: [] })
    expect(changed).toEqual(['who reads and changes stations', 'of energies readers see 30 days, analysts 6 months'])
  })
})
