import { afterAll, describe, expect, test } from 'vitest'
import { openSqlClient } from '../../src/sinks/postgres/open-sql-client.ts'
import { postgresSink } from '../../src/sinks/postgres/postgres-sink.ts'
import { quoteName } from '../../src/sinks/postgres/quote.ts'
import { tableName } from '../../src/sinks/postgres/table-sql.ts'
import { sinkConformance } from '../conformance/sink-conformance.ts'
import { readRows, removeRows, upsertRows } from '../sinks/postgres/postgres-rows.ts'
import { silentLogger } from '../sinks/silent-logger.ts'

/** A server on which schemas can be made and dropped, for instance postgres://postgres@127.0.0.1:5432/postgres */
const url = process.env.WINDROW_TEST_POSTGRES_URL ?? ''

describe.runIf(url !== '')('a Postgres server', () => {
  const clients = [1, 2].map(() => openSqlClient({ postgresUrl: url, dataDir: '', logger: silentLogger }))
  const [client, other] = clients as [(typeof clients)[0], (typeof clients)[0]]
  const schemas: string[] = []

  afterAll(async () => {
    for (const schema of schemas) await client.query(`DROP SCHEMA IF EXISTS ${quoteName(schema)} CASCADE`)
    for (const each of clients) await each.close()
  })

  sinkConformance({
    name: 'server',
    fences: true,
    async fixture() {
      const schema = `wr_${process.pid}_${schemas.length}`
      schemas.push(schema)
      let sinks = 0
      return {
        // Of two processes that write, each has its own connections.
        sink: () => postgresSink({ client: sinks++ % 2 === 0 ? client : other, schema }),
        rows: (view) => readRows(client, schema, view),
        tamper: (view, cells) => upsertRows(client, schema, view, [[...cells]]),
        remove: (view, key) => removeRows(client, schema, view, [[...key]]),
        refuseThirteen: async (view) => {
          await client.query(`ALTER TABLE ${tableName(schema, view.name)} ADD CONSTRAINT unlucky CHECK (n <> 13)`)
        },
      }
    },
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

test('a server that nobody runs is away, and no error shows the password', async () => {
  const client = openSqlClient({ postgresUrl: 'postgres://u:hunter2@127.0.0.1:1/db', dataDir: '', logger: silentLogger })
  const error = await client.query('SELECT 1').catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'WR_SQL_AWAY', canRetry: true })
  expect(JSON.stringify(error) + String(error)).not.toContain('hunter2')
  await client.close()
})
