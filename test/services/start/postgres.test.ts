import { existsSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasPostgres, startPostgres } from '../../../scripts/services/postgres.js'

type Postgres = Awaited<ReturnType<typeof startPostgres>>

/** `patienceMs` is for whoever expects silence. */
async function ask(url: string, statement: string, patienceMs = 60_000): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: patienceMs, query_timeout: patienceMs })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.query({ text: statement, rowMode: 'array' })).rows.flat()
  } finally {
    void client.end().catch(() => undefined)
  }
}

describe.runIf(hasPostgres())('a PostgreSQL server of a test’s own', () => {
  let postgres: Postgres
  let pids: number[]
  beforeAll(async () => {
    postgres = await startPostgres({ password: 'p@ss/word', settings: { work_mem: '7MB' } })
  })
  afterAll(() => postgres.stop())

  test('has the settings asked for, and lets in who knows the password alone', async () => {
    expect(await ask(postgres.url, 'SHOW work_mem')).toEqual(['7MB'])
    await expect(ask(postgres.url.replace(/:[^:@]*@/, ':guess@'), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
  })

  test('is gone when kill resolves, and has what was committed when it is back at its address', async () => {
    await ask(postgres.url, 'CREATE TABLE kept (n int)')
    await ask(postgres.url, 'INSERT INTO kept VALUES (7)')
    await postgres.kill('SIGKILL')
    await expect(ask(postgres.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await postgres.start()
    expect(await ask(postgres.url, 'SELECT n FROM kept')).toEqual([7])
  })

  test('is silent while it is stopped, also to those who are connected, and goes on', async () => {
    const connected = new pg.Client({ connectionString: postgres.url })
    await connected.connect()
    await postgres.kill('SIGSTOP')
    await expect(ask(postgres.url, 'SELECT 1', 1_000)).rejects.toThrow('timeout')
    const answer = connected.query({ text: 'SELECT 1 AS n' })
    const first = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 200, 'silence'))])
    expect(first).toBe('silence')
    await postgres.kill('SIGCONT')
    expect((await answer).rows).toEqual([{ n: 1 }])
    await connected.end()
  })

  test('ends in order although somebody is connected, and starts again', async () => {
    const connected = new pg.Client({ connectionString: postgres.url })
    connected.on('error', () => undefined)
    await connected.connect()
    await postgres.end()
    expect(postgres.log()).toContain('database system is shut down')
    await postgres.start()
    pids = (await ask(postgres.url, 'SELECT pid FROM pg_stat_activity')) as number[]
    expect(await ask(postgres.url, 'SELECT n FROM kept')).toEqual([7])
  })

  test('leaves no process when it is stopped', async () => {
    await postgres.stop()
    expect(pids.length).toBeGreaterThan(1)
    expect(pids.filter((pid) => existsSync(`/proc/${pid}/exe`))).toEqual([])
  })
})

test.runIf(hasPostgres())('a server says why it cannot start', async () => {
  await expect(startPostgres({ settings: { shared_buffers: 'much' } })).rejects.toThrow('shared_buffers')
})
