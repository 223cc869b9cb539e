import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LocalPostgres } from '../../../src/sinks/postgres/local-postgres.ts'
import { quoteName } from '../../../src/sinks/postgres/quote.ts'
import { clientOver } from '../../../src/sinks/postgres/session-source.ts'
import { runSetup } from '../../../src/warehouse/access/run-setup.ts'
import { silentLogger } from '../../sinks/silent-logger.ts'
import { makeTempDirectory, removeDirectory } from '../../sinks/temp-directory.ts'
import { allViews, asRole, countOf, fillTables, HOSTILE, makeTables, targetOf } from './access-kit.ts'

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

describe('a set-up on the embedded Postgres', () => {
  test('changes what is not yet so, and nothing the second time', async () => {
    const t0 = performance.now()
    const first = await runSetup(client, { target, members: [], passwords: [] })
    const t1 = performance.now()
    const second = await runSetup(client, { target, members: [], passwords: [] })
    console.log(first.steps, t1 - t0, performance.now() - t1, first.changed)
    expect(first.missing).toEqual([])
    expect(second.changed).toEqual([])
  })

  test.each([
    ['user_readonly', 2],
    ['user_data_analyst', 4],
    ['windrow_admin', 6],
    ['user_backup', 6],
  ])('%s sees %i rows', async (role, rows) => {
    await asRole(client, role, async (session) => {
    })
  })
})
import { tryAccess } from '../../../src/warehouse/access/try-access.ts'
test('try', async () => {
  const t0 = performance.now()
  const cells = await tryAccess(client, target)
  console.log(cells.length, performance.now() - t0, cells.filter(c => c.isWrong || c.found === 'not tried'))
})
