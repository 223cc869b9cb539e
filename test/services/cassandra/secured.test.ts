import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startCassandra } from '../../../scripts/services/cassandra.js'
import type { Cassandra } from '../../../scripts/services/service.js'
import { type CassandraConfig, openCassandraSink } from '../../../src/sinks/cassandra/open-cassandra-sink.ts'
import type { Sink } from '../../../src/sinks/sink.ts'
import { conformanceView, put } from '../../conformance/sink-setting.ts'
import { PATIENCE_MS, sinkWorld } from '../../conformance/sink-world.ts'
import { makeCertificates } from '../kafka/certificates.ts'
import { cassandraOptions, TestKeyspaces } from './cassandra-fixture.ts'

const execute = promisify(execFile)
const ADMIN = { username: 'cassandra', password: 'cassandra' }
const PASSWORD = 'only-for-this-test'

let folder: string
let ca: string
let otherCa: string
let cassandra: Cassandra
let keyspaces: TestKeyspaces

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windrow-cassandra-tls-'))
  const certificates = await makeCertificates(folder)
  ca = certificates.ca
  otherCa = certificates.otherCa
  const keystore = join(folder, 'node.p12')
  await execute('openssl', ['pkcs12', '-export', '-in', certificates.broker, '-out', keystore, '-passout', 'pass:changeit'])
  cassandra = await startCassandra({ hasUsers: true, tls: { keystore, password: 'changeit' } })
  keyspaces = new TestKeyspaces(cassandra.contactPoint, ADMIN)
  const admin = keyspaces.session('system')
  await admin.define(`CREATE ROLE writer WITH PASSWORD = '${PASSWORD}' AND LOGIN = true`)
})

afterAll(async () => {
  await keyspaces?.dropAll()
  await cassandra?.stop()
  await rm(folder, { recursive: true, force: true })
})

function sinkOf(more: Partial<CassandraConfig> & { readonly keyspace: string }): Sink {
  const sink = openCassandraSink({ ...cassandraOptions(cassandra.contactPoint, more.keyspace), ...ADMIN, tls: null, ...more })
  onTestFinished(() => sink.close())
  return sink
}

const tls = (caLocation: string | null): NonNullable<CassandraConfig['tls']> => ({
  caLocation,
  certificateLocation: null,
  keyLocation: null,
  checksHost: true,
})

/** What opening the sink rejects with, which shows no password. */
async function refusal(sink: Sink): Promise<unknown> {
  const error: unknown = await sink.open([conformanceView]).then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain(PASSWORD)
  return error
}

describe('a Cassandra that does not let everybody in', () => {
  test('takes rows over TLS from who signs in', async () => {
    const sink = sinkOf({ keyspace: keyspaces.name(), tls: tls(ca) })
    const world = await sinkWorld(conformanceView)
    const runner = await world.start(sink)
    onTestFinished(() => runner.stop())
    await world.write([put('paris', 0, 1)])
    await world.caughtUp(runner)
  })

  test('whose authority is not trusted, or that speaks no TLS, is told', async () => {
    expect(await refusal(sinkOf({ keyspace: keyspaces.name(), tls: tls(otherCa) }))).toMatchObject({
      code: 'WR_CASSANDRA_TLS',
      canRetry: false,
      remedy: expect.stringContaining('CASSANDRA_TLS_CA_LOCATION'),
    })
  })

  test.each([
    ['a wrong password', { username: 'writer', password: 'wrong' }],
    ['an unknown role', { username: 'nobody', password: PASSWORD }],
    ['nobody', { username: null, password: null }],
  ])('refuses %s, and says so', async (_, login) => {
    expect(await refusal(sinkOf({ keyspace: keyspaces.name(), ...login }))).toMatchObject({
      code: 'WR_CASSANDRA_LOGIN',
      canRetry: false,
      remedy: expect.stringContaining('CASSANDRA_USERNAME'),
    })
  })

  test('names the right that a role misses, for the keyspace, the tables and the rows', async () => {
    const admin = keyspaces.session('system')
    const keyspace = keyspaces.name()
    const login = { username: 'writer', password: PASSWORD, keyspace }
    const forbidden = { code: 'WR_CASSANDRA_FORBIDDEN', canRetry: false, remedy: expect.stringContaining('GRANT') }
    expect(await refusal(sinkOf(login))).toMatchObject({ ...forbidden, message: expect.stringContaining('CREATE') })
    await admin.define(`CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`)
    expect(await refusal(sinkOf(login))).toMatchObject({ ...forbidden, message: expect.stringContaining('CREATE') })
    await sinkOf({ keyspace }).open([conformanceView])
    const sink = sinkOf(login)
    const world = await sinkWorld(conformanceView)
    // The tables are there: nothing has to be made, but nothing may be read either.
    const target = { view: conformanceView, topic: world.topic(), partition: 0 }
    await expect(sink.claim(target, 1)).rejects.toMatchObject(forbidden)
    await admin.define(`GRANT SELECT ON KEYSPACE ${keyspace} TO writer`)
    await admin.define(`GRANT MODIFY ON KEYSPACE ${keyspace} TO writer`)
    await expect.poll(() => sink.claim(target, 1).catch(() => null), { timeout: PATIENCE_MS }).not.toBeNull()
    await sink.open([conformanceView])
  })

  test('and whose data centre has another name says which there are', async () => {
    expect(await refusal(sinkOf({ keyspace: keyspaces.name(), localDc: 'elsewhere' }))).toMatchObject({
      code: 'WR_CASSANDRA_DC',
      message: expect.stringContaining('datacenter1'),
    })
  })
})
