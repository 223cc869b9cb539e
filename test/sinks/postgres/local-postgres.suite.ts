import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LocalPostgres } from '../../../src/sinks/postgres/local-postgres.ts'
import { runReadOnly } from '../../../src/sinks/postgres/run-read-only.ts'
import { clientOver } from '../../../src/sinks/postgres/session-source.ts'
import { silentLogger } from '../silent-logger.ts'

/** What every process sees of an embedded Postgres that `owner` has. */
export function localPostgresSuite(dataDir: string, owner: LocalPostgres): void {
  const guest = new LocalPostgres({ dataDir, logger: silentLogger })

  beforeAll(async () => {
    await clientOver(owner).query('CREATE TABLE numbers (n integer PRIMARY KEY)')
  })

  afterAll(async () => {
    await guest.close()
  })

  describe.each([
    ['of this process', clientOver(owner)],
    ['of another process', clientOver(guest)],
  ])('the embedded Postgres %s', (_, client) => {
    test('says of a statement that took too long that it did, and answers the next one', async () => {
      const endless = runReadOnly(client, 'SELECT count(*) FROM generate_series(1, 100000000000)', { limit: 1, timeoutMs: 300 })
      await expect(endless).rejects.toMatchObject({ code: 'WR_SQL_TIMEOUT', tooMuchAtOnce: true })
      await expect.poll(async () => (await client.query('SELECT 1').catch(() => null))?.rows, { timeout: 30_000 }).toEqual([[1]])
    })

    test('refuses to run a program, for which it would wait for ever', async () => {
      const statement = "-- a comment\n copy (SELECT 1) TO program 'x'"
      await expect(runReadOnly(client, statement, { limit: 1 })).rejects.toMatchObject({ code: 'WR_SQL' })
    })

    test('answers a query with typed cells', async () => {
      const result = await client.query(
        `SELECT 1, 2::int8, 9007199254740993::int8, 0.1::float8, 'NaN'::float8, true, NULL, 'é"''', date '2025-01-02',
              timestamptz '2025-01-01 01:00:00.5+01', 1.50::numeric, '{"a":1}'::json`,
      )
      expect(result.rows).toEqual([
        [
          1,
          2,
          '9007199254740993',
          0.1,
          Number.NaN,
          true,
          null,
          'é"\'',
          '2025-01-02',
          '2025-01-01T00:00:00.5Z',
          '1.50',
          '{"a":1}',
        ],
      ])
      expect(result.command).toBe('SELECT')
      expect(result.rowCount).toBe(1)
    })

    test('takes text, numbers, flags, null and bytes as parameters', async () => {
      const { rows } = await client.query('SELECT $1::text, $2::int8, $3::bool, $4::text, $5::bytea', [
        'a\u{1f327}',
        12,
        false,
        null,
        Uint8Array.of(0, 255),
      ])
      expect(rows).toEqual([['a\u{1f327}', 12, false, null, '\\x00ff']])
    })

    test('says what it refuses, by SQLSTATE, and goes on', async () => {
      await expect(client.query('SELECT nothing FROM nowhere')).rejects.toMatchObject({
        code: 'WR_SQL',
        canRetry: false,
        facts: { sqlState: '42P01', position: '21' },
      })
      expect((await client.query('SELECT 1')).rows).toEqual([[1]])
    })

    test('refuses several statements in one text', async () => {
      await expect(client.query('SELECT 1; SELECT 2')).rejects.toMatchObject({ code: 'WR_SQL', facts: { sqlState: '42601' } })
    })

    test('commits a transaction whose work resolves and rolls back one whose work rejects', async () => {
      await client.transaction((session) => session.query('INSERT INTO numbers VALUES (1)'))
      const failing = client.transaction(async (session) => {
        await session.query('INSERT INTO numbers VALUES (2)')
        throw new Error('changed my mind')
      })
      await expect(failing).rejects.toThrow('changed my mind')
      expect((await client.query('DELETE FROM numbers RETURNING n')).rows).toEqual([[1]])
    })

    test('does not pass a transaction off as committed in which a refusal was swallowed', async () => {
      const swallowing = client.transaction(async (session) => {
        await session.query('INSERT INTO numbers VALUES (3)')
        await session.query('SELECT 1/0').catch(() => undefined)
      })
      await expect(swallowing).rejects.toMatchObject({ code: 'WR_SQL', facts: { sqlState: '25P02' } })
      expect((await client.query('SELECT n FROM numbers')).rows).toEqual([])
    })

    test('refuses to write in a transaction that only reads', async () => {
      const writing = client.transaction((session) => session.query('INSERT INTO numbers VALUES (4)'), { readOnly: true })
      await expect(writing).rejects.toMatchObject({ code: 'WR_SQL', facts: { sqlState: '25006' } })
    })
  })

  test('transactions of several users take turns', async () => {
    const [first, second] = [clientOver(owner), clientOver(guest)]
    await first.query('CREATE TABLE counter AS SELECT 0 AS n')
    const increase = (client: typeof first) =>
      client.transaction(async (session) => {
        const { rows } = await session.query('SELECT n FROM counter')
        await session.query('UPDATE counter SET n = $1', [(rows[0]?.[0] as number) + 1])
      })
    await Promise.all([first, second, first, second, first, second].map(increase))
    expect((await first.query('SELECT n FROM counter')).rows).toEqual([[6]])
  })
}
