import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { LocalPostgres } from '../../../src/sinks/postgres/local-postgres.ts'
import { clientOver } from '../../../src/sinks/postgres/session-source.ts'
import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import { silentLogger } from '../silent-logger.ts'
import { tempDirectory } from '../temp-directory.ts'
import { buildChild, type Child, startChild } from './child-process.ts'

let file = ''

beforeAll(async () => {
  file = await buildChild()
})

afterAll(() => rmSync(file, { force: true }))

function start(dataDir: string): Child {
  const child = startChild(file, dataDir)
  onTestFinished(() => child.kill())
  return child
}

function open(dataDir: string, helloTimeoutMs = 10_000): SqlClient {
  const client = clientOver(new LocalPostgres({ dataDir, logger: silentLogger, helloTimeoutMs }))
  onTestFinished(() => client.close())
  return client
}

/** The tables are written in one transaction each time: n and n again. */
async function bothTables(client: SqlClient): Promise<[number, number, number]> {
  const { rows } = await client.query(
    'SELECT (SELECT count(*) FROM first), (SELECT count(*) FROM second), (SELECT coalesce(max(n), -1) FROM first)',
  )
  return rows[0] as unknown as [number, number, number]
}

async function away<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      expect(error).toMatchObject({ canRetry: true })
    }
  }
}

// Windows can stop no process.
describe.runIf(process.platform !== 'win32')('the embedded Postgres that several processes use', () => {
  test('is one of the first, which others leave alone while it is stopped, ask while it runs, and succeed when it is killed', async () => {
    const dataDir = tempDirectory()
    const child = start(dataDir)
    expect(await child.nextLine()).toBe('open')

    child.process.kill('SIGSTOP')
    await expect(open(dataDir, 200).query('SELECT 1')).rejects.toMatchObject({
      code: 'WR_PGLITE_LOCKED',
      message: expect.stringContaining(`process ${child.process.pid}`),
      canRetry: true,
    })
    child.process.kill('SIGCONT')

    const guest = open(dataDir)
    const [asked] = await bothTables(guest)
    expect(asked).toBeGreaterThanOrEqual(0)
    await killAfter(child, 10)
    await expectAllOrNothing(child, guest)

    const next = start(dataDir)
    expect(await next.nextLine()).toBe('open')
    await killAfter(next, 10)
    await expectAllOrNothing(next, guest)
  })
})

async function killAfter(child: Child, lines: number): Promise<void> {
  for (let n = 0; n < lines; n++) await child.nextLine()
  await child.kill()
}

/** What the child printed is there, and no transaction is there in part. */
async function expectAllOrNothing(child: Child, client: SqlClient): Promise<void> {
  const [first, second, last] = await away(() => bothTables(client))
  expect(first).toBe(second)
  expect(last).toBe(first - 1)
  expect(last).toBeGreaterThanOrEqual(Number(child.lastLine()))
}
