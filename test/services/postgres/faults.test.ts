import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { postgresSink } from '../../../src/sinks/postgres/postgres-sink.ts'
import { conformanceView } from '../../conformance/sink-setting.ts'
import { openTcpProxy } from '../../support/tcp-proxy.ts'
import { PATIENCE, patientClient, writing } from './fault-kit.ts'
import { canStart, testServer } from './server.ts'

describe.runIf(canStart)('a Postgres server', () => {
  const tested = testServer()
  const [admin] = tested.clients

  test('that is killed with -9 while it is written to has everything once it is back', async () => {
    const { load, untilEqual, untilProblem } = await writing(tested.url, admin, { batchRows: 50 })
    for (let time = 0; time < 3; time++) {
      const loading = load(10)
      await tested.server.kill('SIGKILL')
      await loading
      await untilProblem('WR_SQL_AWAY')
      await tested.server.start()
    }
    await load(2)
    await untilEqual()
  })

  test('that stands still for longer than anybody waits has everything when it goes on', async () => {
    const { load, untilEqual, untilProblem } = await writing(tested.url, admin, { batchRows: 50 })
    const loading = load(5)
    await tested.server.kill('SIGSTOP')
    await loading
    await untilProblem('WR_SQL_AWAY')
    await load(2)
    await tested.server.kill('SIGCONT')
    await untilEqual()
  })

  test('whose connections are cut in the middle of a write, and of its answer, has everything', async () => {
    const proxy = await openTcpProxy(tested.server.port)
    onTestFinished(() => proxy.close())
    const url = tested.url.replace(`:${tested.server.port}`, `:${proxy.port}`)
    const { load, untilEqual } = await writing(url, admin, { batchRows: 50 })
    for (let time = 0; time < 8; time++) {
      let isCut = false
      void proxy.cutAfter(3_000 * (time + 1)).then(() => {
        isCut = true
      })
      const wroteOn = async (): Promise<boolean> => {
        await load(1)
        return isCut
      }
      await expect.poll(wroteOn, PATIENCE).toBe(true)
    }
    proxy.cut()
    await load(2)
    await untilEqual()
  })

  test('that a network swallows is given up, and asked again when there is a way', async () => {
    const proxy = await openTcpProxy(tested.server.port)
    onTestFinished(() => proxy.close())
    const url = tested.url.replace(`:${tested.server.port}`, `:${proxy.port}`)
    const { load, untilEqual, untilProblem } = await writing(url, admin)
    await load(1)
    proxy.hold()
    await load(2)
    await untilProblem('WR_SQL_AWAY')
    proxy.release()
    await untilEqual()
  })

  test('whose table somebody drops gets it back, filled from the log', async () => {
    const { load, untilEqual } = await writing(tested.url, admin, { schema: 'dropped' })
    await load(2)
    await untilEqual()
    await admin.query('DROP TABLE dropped.conformance')
    await load(1)
    await untilEqual()
    await admin.query('DROP TABLE dropped.windrow_progress, dropped.conformance')
    await load(1)
    await untilEqual()
    await admin.query('DROP SCHEMA dropped CASCADE')
    await load(1)
    await untilEqual()
  })

  describe('with a role that may not do everything', () => {
    beforeAll(async () => {
      await admin.query('CREATE ROLE writer LOGIN')
      await admin.query('CREATE SCHEMA guarded')
      await admin.query('GRANT USAGE ON SCHEMA guarded TO writer')
    })
    const asWriter = (): string => tested.url.replace('//windrow', '//writer')

    test('says what to grant, and takes tables that somebody else has made', async () => {
      const sink = postgresSink({ client: patientClient(asWriter()), schema: 'guarded' })
      await expect(sink.open([conformanceView])).rejects.toMatchObject({
        code: 'WR_SQL_RIGHTS',
        canRetry: false,
        remedy: expect.stringContaining('CREATE ON SCHEMA guarded'),
      })
      await postgresSink({ client: admin, schema: 'guarded' }).open([conformanceView])
      await sink.open([conformanceView])
      await admin.query('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA guarded TO writer')
      const { load, untilEqual, untilProblem } = await writing(asWriter(), admin, { schema: 'guarded' })
      await load(1)
      await untilEqual()
      await admin.query('REVOKE INSERT ON guarded.conformance FROM writer')
      await load(1)
      await untilProblem('WR_SQL_RIGHTS')
      await admin.query('GRANT INSERT ON guarded.conformance TO writer')
      await untilEqual()
    })

    test('that only reads is waited for', async () => {
      await admin.query('CREATE SCHEMA stands_by AUTHORIZATION writer')
      const { load, untilEqual, untilProblem } = await writing(asWriter(), admin, { schema: 'stands_by' })
      await load(1)
      await untilEqual()
      await admin.query('ALTER ROLE writer SET default_transaction_read_only = on')
      await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'writer'")
      await load(1)
      await untilProblem('WR_SQL_READ_ONLY')
      // It holds for sessions that begin from now on: nobody else ends those that there are.
      await admin.query('ALTER ROLE writer RESET default_transaction_read_only')
      await untilEqual()
    })
  })

  test('without the database says so', async () => {
    const client = patientClient(tested.url.replace(/windrow$/, 'elsewhere'))
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: 'WR_SQL_DATABASE', canRetry: false, kind: 'usage' })
  })

  test('without TLS says so to who wants it', async () => {
    for (const mode of ['require', 'verify-full', 'no-verify']) {
      const client = patientClient(`${tested.url}?sslmode=${mode}`)
      await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: 'WR_SQL_TLS', canRetry: false, kind: 'usage' })
    }
    expect((await patientClient(`${tested.url}?sslmode=disable`).query('SELECT 1')).rows).toEqual([[1]])
  })
})

describe.runIf(canStart)('a Postgres server with a password', () => {
  const tested = testServer({ password: 'p@ss/word' })

  test('lets nobody in with another, and no error shows it', async () => {
    const client = patientClient(tested.url.replace(/:[^:@]*@/, ':hunter2@'))
    const error = await client.query('SELECT 1').catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'WR_SQL_LOGIN', canRetry: false, kind: 'usage' })
    expect(JSON.stringify(error) + String(error)).not.toContain('hunter2')
    expect((await patientClient(tested.url).query('SELECT 1')).rows).toEqual([[1]])
  })
})
