import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findPgbouncer, hasOpenssl } from '../../../scripts/services/find-tools.js'
import { howToRun } from '../../../scripts/services/how-to-run.js'
import { startPgbouncer } from '../../../scripts/services/pgbouncer.js'
import { startPostgres } from '../../../scripts/services/postgres.js'
import { openPgClient } from '../../../src/sinks/postgres/pg-client.ts'
import { runReadOnly } from '../../../src/sinks/postgres/run-read-only.ts'
import { silentLogger } from '../../sinks/silent-logger.ts'
import { type Certificates, makeCertificates } from '../kafka/certificates.ts'
import { patientClient, writing } from './fault-kit.ts'
import { canStart, type Server, testServer } from './server.ts'

// What a container cannot be given: files and programs of this machine.
const canRun = canStart && howToRun() !== 'docker'

describe.runIf(canRun && findPgbouncer() !== null)('PgBouncer that gives connections by the transaction', () => {
  const tested = testServer()
  const [direct] = tested.clients
  let pgbouncer: Awaited<ReturnType<typeof startPgbouncer>>
  beforeAll(async () => {
    pgbouncer = await startPgbouncer(tested.server.port)
  })
  afterAll(() => pgbouncer.stop())
  const url = (): string => tested.url.replace(`:${tested.server.port}`, `:${pgbouncer.port}`)

  test('serves the sink, comparisons included', async () => {
    const { load, untilEqual, world } = await writing(url(), direct, { schema: 'pooled' })
    await load(5)
    await untilEqual()
    await world.makeTopicAnew()
    await load(3)
    await untilEqual()
  })

  test('keeps what one sets from the next', async () => {
    const client = patientClient(url())
    const slow = client.transaction((session) => session.query('SELECT pg_sleep(5)'), { timeoutMs: 100 })
    await expect(slow).rejects.toMatchObject({ code: 'WR_SQL_TIMEOUT' })
    await runReadOnly(client, 'SELECT 1', { limit: 1, timeoutMs: 123 })
    const limits = await Promise.all([1, 2, 3].map(() => client.query('SHOW statement_timeout')))
    expect(limits.flatMap(({ rows }) => rows.flat())).toEqual(['0', '0', '0'])
  })
})

describe.runIf(canRun && hasOpenssl())('a Postgres server that wants TLS', () => {
  let folder: string
  let certificates: Certificates
  let server: Server
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'windrow-tls-'))
    certificates = await makeCertificates(folder)
    const access = join(folder, 'pg_hba.conf')
    // Whoever sees whether the server is ready comes without TLS.
    await writeFile(access, 'hostssl all secret all trust\nhost all windrow all trust\n')
    await chmod(folder, 0o755)
    if (process.getuid?.() === 0) execFileSync('chown', ['postgres', certificates.broker, access])
    const settings = { ssl: 'on', ssl_cert_file: certificates.broker, ssl_key_file: certificates.broker, hba_file: access }
    await chmod(certificates.broker, 0o600)
    server = await startPostgres({ settings })
    const admin = openPgClient({ url: server.url, logger: silentLogger })
    await admin.query('CREATE ROLE secret LOGIN')
    await admin.close()
  })
  afterAll(async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const ask = (parameters: string) => {
    const client = patientClient(`${server.url.replace('//windrow', '//secret')}${parameters}`)
    return client.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')
  }

  test.each(['require', 'verify-ca', 'verify-full'])('is believed by its authority (sslmode=%s)', async (mode) => {
    expect((await ask(`?sslmode=${mode}&sslrootcert=${certificates.ca}`)).rows).toEqual([[true]])
  })

  test('is not believed by another authority, or none, unless nobody looks', async () => {
    for (const parameters of ['?sslmode=require', `?sslmode=verify-full&sslrootcert=${certificates.otherCa}`]) {
      await expect(ask(parameters)).rejects.toMatchObject({ code: 'WR_SQL_TLS', canRetry: false })
    }
    expect((await ask('?sslmode=no-verify')).rows).toEqual([[true]])
  })

  test('tells who comes without it what to add', async () => {
    await expect(ask('')).rejects.toMatchObject({ code: 'WR_SQL_TLS', remedy: expect.stringContaining('sslmode=verify-full') })
  })
})
