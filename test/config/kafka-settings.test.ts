import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import type { Mistake } from '../../src/config/mistake.ts'
import type { Environment } from '../../src/config/read-environment.ts'
import { WindrowError } from '../../src/core/errors.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-kafka-config-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const KAFKA = { KAFKA_BROKERS: 'localhost:9092' }
const load = (environment: Environment) => loadConfig({ ...KAFKA, ...environment }, folder)

function mistakes(environment: Environment): readonly Mistake[] {
  try {
    loadConfig(environment, folder)
    return []
  } catch (error) {
    if (error instanceof WindrowError) return error.facts.mistakes as readonly Mistake[]
    throw error
  }
}

describe('a variable KAFKA_… that is no setting of windrow', () => {
  test.each([
    ['KAFKA_BOOTSTRAP_SERVERS', 'localhost:9092', 'KAFKA_BROKERS'],
    ['KAFKA_SASL_MECHANISMS', 'PLAIN', 'KAFKA_SASL_MECHANISM;'],
    ['KAFKA_SASL_JAAS_CONFIG', 'PlainLoginModule required;', 'KAFKA_SASL_USERNAME'],
    ['KAFKA_COMPRESSION_CODEC', 'lz4', 'KAFKA_COMPRESSION_TYPE'],
    ['KAFKA_SSL_TRUSTSTORE_LOCATION', 'trust.jks', 'KAFKA_SSL_CA_LOCATION'],
    ['KAFKA_SASL_KERBEROS_KEYTAB', 'keys', 'KAFKA_SASL_MECHANISM'],
    ['KAFKA_MAX_REQUEST_SIZE', '1000000', 'KAFKA_MESSAGE_MAX_BYTES'],
    ['KAFKA_SASL_USERNAM', 'alice', 'KAFKA_SASL_USERNAME?'],
    ['KAFKA_SSL_CA_LOCATON', 'ca.pem', 'KAFKA_SSL_CA_LOCATION?'],
  ])('is refused where windrow would not do what it says: %s', (variable, value, instead) => {
    const [found, ...more] = mistakes({ ...KAFKA, [variable]: value })
    expect(more).toEqual([])
    expect(found?.setting).toBe(variable)
    expect(found?.remedy).toContain(instead)
  })

  test('is refused also without KAFKA_BROKERS, where it names brokers: the readings would go to the embedded log', () => {
    for (const variable of ['KAFKA_BOOTSTRAP_SERVERS', 'KAFKA_METADATA_BROKER_LIST', 'KAFKA_BROKERZ']) {
      expect(mistakes({ [variable]: 'localhost:9092' }).map(({ setting }) => setting)).toEqual([variable])
    }
    expect(mistakes({ KAFKA_COMPRESSION_CODEC: 'lz4' })).toEqual([])
  })

  test.each([
    ['KAFKA_LINGER_MS', 'WINDROW_COMMIT_INTERVAL_MS'],
    ['KAFKA_ACKS', 'all in-sync replicas'],
    ['KAFKA_ISOLATION_LEVEL', 'committed records'],
    ['KAFKA_GROUP_ID', 'names its groups'],
    ['KAFKA_FETCH_MIN_BYTES', 'reads'],
    ['KAFKA_TRANSACTIONAL_ID', 'ids of its own'],
    ['KAFKA_DEBUG', 'WINDROW_LOG_LEVEL'],
  ])('is told of where windrow decides that itself: %s', (variable, why) => {
    const { notices } = load({ [variable]: '1' })
    expect(notices).toHaveLength(1)
    expect(notices[0]).toMatch(new RegExp(`^${variable} is set, but has no effect: .*${why}`))
  })

  test("is told of where nobody knows it: Kafka's own scripts and clusters of containers set such", () => {
    const { notices } = load({ KAFKA_HEAP_OPTS: '-Xmx1g', KAFKA_SERVICE_HOST: '10.0.0.1' })
    expect(notices).toEqual([
      'KAFKA_HEAP_OPTS, KAFKA_SERVICE_HOST are set, but no setting of windrow, which has those in docs/configuration.md.',
    ])
    expect(loadConfig({ KAFKA_HEAP_OPTS: '-Xmx1g' }, folder).notices).toEqual([])
  })
})

test('settings of Kafka without KAFKA_BROKERS are told of: the log is the embedded one', () => {
  const { notices } = loadConfig({ KAFKA_SECURITY_PROTOCOL: 'ssl', KAFKA_CLIENT_ID: 'me' }, folder)
  expect(notices).toEqual([
    'KAFKA_SECURITY_PROTOCOL, KAFKA_CLIENT_ID are set, but KAFKA_BROKERS is not: the log is the embedded one.',
  ])
})

describe('settings of Kafka that do not go together are refused', () => {
  const SASL = { KAFKA_SECURITY_PROTOCOL: 'sasl_plaintext' }
  const TLS = { KAFKA_SECURITY_PROTOCOL: 'ssl' }
  test.each<[string, Environment, string, string]>([
    ['SASL without who', SASL, 'KAFKA_SECURITY_PROTOCOL', 'KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD'],
    [
      'OAUTHBEARER without an endpoint',
      { ...SASL, KAFKA_SASL_MECHANISM: 'OAUTHBEARER', KAFKA_SASL_OAUTHBEARER_CLIENT_ID: 'a' },
      'KAFKA_SECURITY_PROTOCOL',
      'KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL and KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET',
    ],
    [
      'a user without SASL',
      { KAFKA_SASL_USERNAME: 'a', KAFKA_SASL_PASSWORD: 'b' },
      'KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD',
      'sasl_ssl or sasl_plaintext',
    ],
    ['an authority without TLS', { KAFKA_SSL_CA_LOCATION: 'ca.pem' }, 'KAFKA_SSL_CA_LOCATION', 'ssl or sasl_ssl'],
    [
      'a certificate without a key',
      { ...TLS, KAFKA_SSL_CERTIFICATE_LOCATION: 'c' },
      'KAFKA_SSL_CERTIFICATE_LOCATION',
      'KAFKA_SSL_KEY_LOCATION',
    ],
    ['a key without a certificate', { ...TLS, KAFKA_SSL_KEY_PEM: 'k' }, 'KAFKA_SSL_KEY_PEM', 'KAFKA_SSL_CERTIFICATE_LOCATION'],
    [
      'a text and a file',
      { ...TLS, KAFKA_SSL_CA_PEM: 'x', KAFKA_SSL_CA_LOCATION: 'y' },
      'KAFKA_SSL_CA_LOCATION, KAFKA_SSL_CA_PEM',
      'one of the two',
    ],
    [
      'a level where there is none',
      { KAFKA_COMPRESSION_TYPE: 'lz4', KAFKA_COMPRESSION_LEVEL: '3' },
      'KAFKA_COMPRESSION_LEVEL',
      'gzip or zstd',
    ],
    [
      'a level that is too high',
      { KAFKA_COMPRESSION_TYPE: 'gzip', KAFKA_COMPRESSION_LEVEL: '12' },
      'KAFKA_COMPRESSION_LEVEL',
      '1 to 9',
    ],
  ])('%s', (_, environment, setting, remedy) => {
    const [found, ...more] = mistakes({ ...KAFKA, ...environment })
    expect(more).toEqual([])
    expect(found?.setting).toBe(setting)
    expect(found?.remedy).toContain(remedy)
  })

  test('zstd, exactly where this Node.js cannot compress with it', () => {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
    const canCompress = major > 22 || (major === 22 && minor >= 15)
    expect(mistakes({ ...KAFKA, KAFKA_COMPRESSION_TYPE: 'zstd' })).toHaveLength(canCompress ? 0 : 1)
  })
})

test('what stands in a file is read from there, and paths are no secrets', () => {
  writeFileSync(join(folder, 'secret'), 'between-us\n')
  const config = load({
    KAFKA_SECURITY_PROTOCOL: 'sasl_ssl',
    KAFKA_SASL_USERNAME: 'alice',
    KAFKA_SASL_PASSWORD_FILE: join(folder, 'secret'),
    KAFKA_SSL_CERTIFICATE_LOCATION: '/etc/windrow/client.pem',
    KAFKA_SSL_KEY_LOCATION: '/etc/windrow/client.key',
  })
  expect(config.kafkaSaslPassphrase?.reveal()).toBe('between-us')
  expect(config.redact('between-us: /etc/windrow/client.key')).toBe('[secret]: /etc/windrow/client.key')
})
