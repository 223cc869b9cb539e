import { describe, expect, onTestFinished, test } from 'vitest'
import { cassandraError } from '../../../src/sinks/cassandra/cassandra-errors.ts'
import type { CassandraOptions } from '../../../src/sinks/cassandra/cassandra-options.ts'
import { cassandraSink } from '../../../src/sinks/cassandra/cassandra-sink.ts'
import { openCassandraSink } from '../../../src/sinks/cassandra/open-cassandra-sink.ts'
import { type FakeNode, fakeCassandra } from './fake-cassandra.ts'

const PASSWORD = 'hunter2-hunter2'

async function refusal(contactPoint: string, more: Partial<CassandraOptions> = {}): Promise<unknown> {
  const sink = cassandraSink({
    contactPoints: [contactPoint],
    localDc: null,
    keyspace: 'windrow',
    username: 'u',
    password: PASSWORD,
    replication: [],
    consistency: 'LOCAL_QUORUM',
    tls: null,
    requestTimeoutMs: 300,
    ...more,
  })
  onTestFinished(() => sink.close())
  expect(sink.describe()).toBe(`${contactPoint}/windrow`)
  const error: unknown = await sink.open([]).catch((reason: unknown) => reason)
  expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain(PASSWORD)
  return error
}

describe('a node', () => {
  test.each(['3.11.17', '2.2.19', '3.0.0-SNAPSHOT'])('of Cassandra %s is refused by its version', async (version) => {
    expect(await refusal(await fakeCassandra({ version }))).toMatchObject({
      code: 'WR_CASSANDRA_VERSION',
      canRetry: false,
      message: expect.stringContaining(version),
    })
  })

  test('of another data centre than the configured one says which there are', async () => {
    expect(await refusal(await fakeCassandra({ dataCentre: 'paris' }), { localDc: 'lyon' })).toMatchObject({
      code: 'WR_CASSANDRA_DC',
      canRetry: false,
      message: expect.stringMatching(/no data centre lyon: it has paris/),
    })
  })

  test('that refuses the password is no matter of trying again', async () => {
    expect(await refusal(await fakeCassandra({ refusesLogin: true }))).toMatchObject({
      code: 'WR_CASSANDRA_LOGIN',
      canRetry: false,
    })
  })

  test.each<[string, FakeNode['error'], object]>([
    [
      'a right is missing',
      { code: 0x2100, message: 'User u has no CREATE permission' },
      { code: 'WR_CASSANDRA_FORBIDDEN', canRetry: false },
    ],
    ['it is overloaded', { code: 0x1001, message: 'Too many requests' }, { code: 'WR_CASSANDRA_BUSY', canRetry: true }],
    [
      'too few copies are up',
      { code: 0x1000, message: 'Cannot achieve consistency' },
      { code: 'WR_CASSANDRA_BUSY', canRetry: true },
    ],
    ['it starts', { code: 0x1002, message: 'Bootstrapping' }, { code: 'WR_CASSANDRA_BUSY', canRetry: true }],
    ['a statement is wrong', { code: 0x2000, message: 'line 1:1' }, { code: 'WR_CQL', canRetry: false }],
  ])('that answers that %s', async (_, error, expected) => {
    expect(await refusal(await fakeCassandra(error === undefined ? {} : { error }))).toMatchObject(expected)
  })

  test('that takes connections and says nothing is away', async () => {
    expect(await refusal(await fakeCassandra({ isSilent: true }))).toMatchObject({ code: 'WR_CASSANDRA_AWAY', canRetry: true })
  })

  test('that nobody runs is away, and one whose name nobody knows', async () => {
    for (const contactPoint of ['127.0.0.1:1', 'no-such-host.invalid'])
      expect(await refusal(contactPoint)).toMatchObject({ code: 'WR_CASSANDRA_AWAY', canRetry: true })
  })

  test('that speaks no TLS is away', async () => {
    const tls = { ca: null, cert: null, key: null, checksHost: true }
    expect(await refusal(await fakeCassandra({}), { tls })).toMatchObject({ code: 'WR_CASSANDRA_AWAY', canRetry: true })
  })
})

test('a node that answers TLS in plain text is said to speak none', () => {
  const cause = Object.assign(new Error('ssl3_get_record:wrong version number'), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' })
  expect(cassandraError('node', cause)).toMatchObject({
    code: 'WR_CASSANDRA_TLS',
    canRetry: false,
    remedy: expect.stringContaining('Unset CASSANDRA_TLS'),
  })
})

test('a file of TLS that cannot be read, or is none, is said before anything is asked', () => {
  const options = {
    contactPoints: ['127.0.0.1:1'],
    localDc: null,
    keyspace: 'windrow',
    username: null,
    password: null,
    replication: [],
    consistency: 'ONE',
  } as const
  const tls = { caLocation: null, certificateLocation: null, keyLocation: null, checksHost: true }
  for (const caLocation of ['/no/such/file.pem', new URL(import.meta.url).pathname]) {
    expect(() => openCassandraSink({ ...options, tls: { ...tls, certificateLocation: caLocation } })).toThrow(
      expect.objectContaining({ code: 'WR_CONFIG_INVALID' }),
    )
  }
})
