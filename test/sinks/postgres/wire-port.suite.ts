import { connect } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openPgClient } from '../../../src/sinks/postgres/pg-client.ts'
import { postgresSink } from '../../../src/sinks/postgres/postgres-sink.ts'
import { clientOver, type SessionSource } from '../../../src/sinks/postgres/session-source.ts'
import { openWirePort, type WirePort } from '../../../src/sinks/postgres/wire-port.ts'
import { everyType } from '../../views/sample-views.ts'
import { silentLogger } from '../silent-logger.ts'
import { readRows, upsertRows } from './postgres-rows.ts'

/** The port in front of an embedded Postgres. */
export function wirePortSuite(source: SessionSource): void {
  const own = clientOver(source)
  let port: WirePort

  beforeAll(async () => {
    port = await openWirePort({ source, port: 0, logger: silentLogger, idleInTransactionMs: 200, statementTimeoutMs: 5_000 })
    await own.query('CREATE TABLE t AS SELECT generate_series(1, 3) AS n')
  })

  afterAll(async () => {
    await port.close()
  })

  async function connected(options: pg.ClientConfig = {}): Promise<pg.Client> {
    const client = new pg.Client({ host: '127.0.0.1', port: port.port, user: 'anybody', database: 'postgres', ...options })
    client.on('error', () => undefined)
    onTestFinished(() => client.end().catch(() => undefined))
    await client.connect()
    return client
  }

  describe('the port for SQL clients', () => {
    test('answers simple, prepared and failing statements as Postgres does', async () => {
      const client = await connected({ ssl: false })
      expect((await client.query('SELECT n FROM t ORDER BY n')).rows).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
      expect((await client.query('SELECT $1::int + n AS m FROM t WHERE n = $2', [10, 2])).rows).toEqual([{ m: 12 }])
      expect((await client.query({ name: 'again', text: 'SELECT $1::text AS x', values: ['a'] })).rows).toEqual([{ x: 'a' }])
      expect((await client.query({ name: 'again', text: 'SELECT $1::text AS x', values: ['b'] })).rows).toEqual([{ x: 'b' }])
      await expect(client.query('SELECT * FROM nowhere')).rejects.toMatchObject({ code: '42P01' })
      await expect(client.query('SELECT $1::int', ['x'])).rejects.toMatchObject({ code: '22P02' })
      expect((await client.query('SELECT 1 AS one; SELECT 2 AS two')) as unknown).toMatchObject([
        { rows: [{ one: 1 }] },
        { rows: [{ two: 2 }] },
      ])
    })

    test('keeps the prepared statements of clients apart', async () => {
      const [a, b] = [await connected(), await connected()]
      expect((await a.query({ name: 's', text: 'SELECT 1 AS x' })).rows).toEqual([{ x: 1 }])
      expect((await b.query({ name: 's', text: 'SELECT 2 AS x' })).rows).toEqual([{ x: 2 }])
      expect((await a.query({ name: 's', text: 'SELECT 1 AS x' })).rows).toEqual([{ x: 1 }])
    })

    test('keeps the settings of clients apart, and from ours', async () => {
      const [a, b] = [await connected(), await connected({ application_name: 'bi' })]
      await a.query("SET timezone = 'Europe/Paris'")
      await a.query('SET extra_float_digits = -10')
      expect((await b.query('SHOW timezone')).rows).toEqual([{ TimeZone: 'UTC' }])
      expect((await own.query('SELECT 1/3::float8')).rows).toEqual([[1 / 3]])
      expect((await a.query('SHOW timezone')).rows).toEqual([{ TimeZone: 'Europe/Paris' }])
      expect((await b.query('SHOW application_name')).rows).toEqual([{ application_name: 'bi' }])
    })

    test('has a transaction whole: others wait, and see it when it is committed', async () => {
      const a = await connected()
      await a.query('BEGIN')
      await a.query('INSERT INTO t VALUES (4)')
      const seen = own.query('SELECT count(*) FROM t')
      await a.query('COMMIT')
      expect((await seen).rows).toEqual([[4]])
      await own.query('DELETE FROM t WHERE n = 4')
    })

    test('rolls back what a client leaves open, or forgets', async () => {
      const [leaving, forgetful] = [await connected(), await connected()]
      await leaving.query('BEGIN')
      await leaving.query('DELETE FROM t')
      await leaving.end()
      expect((await own.query('SELECT count(*) FROM t')).rows).toEqual([[3]])
      await forgetful.query('BEGIN')
      await forgetful.query('DELETE FROM t')
      expect((await own.query('SELECT count(*) FROM t')).rows).toEqual([[3]])
      await expect(forgetful.query('SELECT 1')).rejects.toThrow()
    })

    test('refuses COPY from the client, and goes on', async () => {
      const client = await connected()
      await expect(client.query('COPY t FROM STDIN')).rejects.toMatchObject({ code: '0A000' })
      expect((await client.query('SELECT 1 AS x')).rows).toEqual([{ x: 1 }])
    })

    test('serves our own client for servers: rows come back bit by bit', async () => {
      const client = openPgClient({ url: `postgres://anybody@127.0.0.1:${port.port}/postgres`, logger: silentLogger })
      onTestFinished(() => client.close())
      await postgresSink({ client }).open([everyType])
      const rows = [
        ['a', 0, null, '2025-01-01', '2025-01', null, 0.1, 1, true, null, null],
        ['b', 1_735_689_600_123, 'Zürich', '0001-01-01', '0001-01', Number.NaN, 5e-324, Number.MAX_SAFE_INTEGER, false, true, -1],
      ]
      await upsertRows(client, 'public', everyType, rows)
      expect(await readRows(client, 'public', everyType)).toEqual(rows)
    })

    test('ends a connection that does not speak its protocol', async () => {
      const socket = connect(port.port, '127.0.0.1')
      socket.write('GET / HTTP/1.1\r\n\r\n')
      const answer = await new Promise<string>((resolve) => {
        let all = ''
        socket.on('data', (chunk) => {
          all += chunk.toString('latin1')
        })
        socket.on('close', () => resolve(all))
      })
      expect(answer).toContain('08P01')
    })

    test('that is in use is an error that names the setting', async () => {
      await expect(openWirePort({ source, port: port.port, logger: silentLogger })).rejects.toMatchObject({
        code: 'WR_PG_PORT_TAKEN',
        kind: 'usage',
      })
    })
  })
}
