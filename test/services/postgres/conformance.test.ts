import { afterAll, describe, expect, test } from 'vitest'
import { quoteName } from '../../../src/sinks/postgres/quote.ts'
import { sinkConformance } from '../../conformance/sink-conformance.ts'
import { mendAwaySuite } from '../../sinks/postgres/mend-away.suite.ts'
import { postgresFixture } from '../../sinks/postgres/postgres-fixture.ts'
import { sqlViewsSuite } from '../../sinks/postgres/sql-views.suite.ts'
import { starSchemaSuite } from '../../sinks/postgres/star-schema.suite.ts'
import { tablesSuite } from '../../sinks/postgres/tables.suite.ts'
import { canAsk, testServer } from './server.ts'

describe.runIf(canAsk)('a Postgres server', () => {
  const [client, other] = testServer().clients
  const schemas: string[] = []
  const newSchema = (): string => {
    const schema = `wr_${process.pid}_${schemas.length}`
    schemas.push(schema)
    return schema
  }

  afterAll(async () => {
    for (const schema of schemas) await client.query(`DROP SCHEMA IF EXISTS ${quoteName(schema)} CASCADE`)
  })

  tablesSuite(client, newSchema)
  mendAwaySuite(client, newSchema)
  sqlViewsSuite(client, newSchema)
  starSchemaSuite(client, newSchema)
  sinkConformance({
    name: 'server',
    fences: true,
    // Of two processes that write, each has its own connections.
    fixture: async () => postgresFixture(newSchema(), client, other),
  })

  test('gives a statement up after the time it is allowed', async () => {
    const slow = client.transaction((session) => session.query('SELECT pg_sleep(5)'), { timeoutMs: 50 })
    await expect(slow).rejects.toMatchObject({ code: 'WR_SQL_TIMEOUT', canRetry: true })
    expect((await client.query('SELECT 1')).rows).toEqual([[1]])
  })

  test('that ends our connections is away, and asked again with others', async () => {
    const ending = client.transaction(async (session) => {
      const { rows } = await session.query('SELECT pg_backend_pid()')
      await other.query('SELECT pg_terminate_backend($1)', [rows[0]?.[0] as number])
      await session.query('SELECT 1')
    })
    await expect(ending).rejects.toMatchObject({ canRetry: true })
    expect((await client.query('SELECT 1')).rows).toEqual([[1]])
  })
})
