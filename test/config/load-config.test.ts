import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import type { Mistake } from '../../src/config/mistake.ts'
import type { Environment } from '../../src/config/read-environment.ts'
import { allSettings } from '../../src/config/settings.ts'
import { isWindrowError, WindrowError } from '../../src/core/errors.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-config-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function failure(environment: Environment): WindrowError {
  try {
    loadConfig(environment, folder)
  } catch (error) {
    if (error instanceof WindrowError) return error
    throw error
  }
  throw new Error('the configuration was accepted')
}

const mistakes = (environment: Environment): readonly Mistake[] => failure(environment).facts.mistakes as readonly Mistake[]
const wrongSettings = (environment: Environment) => mistakes(environment).map((mistake) => mistake.setting)

describe('a configuration', () => {
  test('needs nothing: every setting has a default', () => {
    expect(loadConfig({}, folder)).toMatchObject({
      dataDir: resolve(folder, 'data'),
      host: '127.0.0.1',
      port: 8000,
      pgPort: null,
      partitions: 4,
      memoryMb: 256,
      commitIntervalMs: 100,
      weatherLatenessMinutes: null,
      modules: [],
      postgresUrl: null,
      apiToken: null,
      logLevel: 'info',
      latitude: 48.8566,
      notices: [],
    })
  })

  test('is read from the environment, with numbers, lists and paths as what they are', () => {
    const config = loadConfig(
      {
        WINDROW_DATA_DIR: 'elsewhere',
        WINDROW_PORT: ' 9000 ',
        WINDROW_ALLOWED_LATENESS_AIR: '0',
        WINDROW_MODULES: 'a.ts, b/c.js ,',
        LAT: '-33.9',
        LON: '18.4',
      },
      folder,
    )
    expect(config).toMatchObject({ dataDir: resolve(folder, 'elsewhere'), port: 9000, airLatenessMinutes: 0, latitude: -33.9 })
    expect(config.modules).toEqual([resolve(folder, 'a.ts'), resolve(folder, 'b/c.js')])
  })

  test('is read from .env where the environment says nothing, or says it with an empty text', () => {
    writeFileSync(join(folder, '.env'), 'WINDROW_PORT=9001\nWINDROW_HOST=localhost\nWINDROW_PARTITIONS=8\n')
    expect(loadConfig({ WINDROW_PORT: '9002', WINDROW_PARTITIONS: '' }, folder)).toMatchObject({
      port: 9002,
      host: 'localhost',
      partitions: 8,
    })
  })

  test('is refused with every mistake at once, each with its remedy', () => {
    const error = failure({
      WINDROW_PORT: 'many',
      WINDROW_PARTITIONS: '0',
      WINDROW_LOG_LEVEL: 'loud',
      POSTGRES_URL: 'mysql://user:hunter22@host/db',
      LAT: '91',
      KAFKA_BROKERS: 'nowhere',
      WINDROW_DATADIR: '/somewhere',
    })
    expect(error.code).toBe('WR_CONFIG_INVALID')
    expect(error.kind).toBe('usage')
    const found = error.facts.mistakes as readonly Mistake[]
    expect(found.map((mistake) => mistake.setting).sort()).toEqual([
      'KAFKA_BROKERS',
      'LAT',
      'LAT',
      'POSTGRES_URL',
      'WINDROW_DATADIR',
      'WINDROW_LOG_LEVEL',
      'WINDROW_PARTITIONS',
      'WINDROW_PORT',
    ])
    for (const mistake of found) {
      expect(error.message).toContain(mistake.setting)
      expect(mistake.remedy).not.toBe('')
    }
    expect(error.message).toContain('8 settings are wrong')
    expect(error.message).toContain('WINDROW_PORT is "many", expected a whole number from 0 to 65535')
  })

  test('names the nearest known setting for an unknown one', () => {
    expect(mistakes({ WINDROW_DATADIR: 'x' })[0]?.remedy).toContain('WINDROW_DATA_DIR')
    expect(mistakes({ WINDROW_COMMIT_INTERVAL: '5' })[0]?.remedy).toContain('WINDROW_COMMIT_INTERVAL_MS')
    expect(mistakes({ WINDROW_ENTIRELY_DIFFERENT_THING: 'x' })[0]?.remedy).toContain('docs/configuration.md')
    expect(() => loadConfig({ OTHER_DATADIR: 'x' }, folder)).not.toThrow()
  })

  test.each<[Environment, readonly string[]]>([
    [{ LAT: '1' }, ['LAT']],
    [{ INFLUX_URL: 'http://localhost:8086' }, ['INFLUX_URL', 'INFLUX_URL']],
    [{ CASSANDRA_CONTACT_POINTS: 'a,b:9042:1' }, ['CASSANDRA_CONTACT_POINTS']],
    [{ CASSANDRA_USERNAME: 'a' }, ['CASSANDRA_USERNAME']],
    [{ CASSANDRA_REPLICATION: 'dc1:0' }, ['CASSANDRA_REPLICATION']],
    [{ CASSANDRA_CONSISTENCY: 'ANY' }, ['CASSANDRA_CONSISTENCY']],
    [{ CASSANDRA_TLS_CA_LOCATION: 'ca.pem' }, ['CASSANDRA_TLS_CA_LOCATION']],
    [{ RTE_CLIENT_ID: 'a' }, ['RTE_CLIENT_ID']],
    [{ WINDROW_PG_PORT: '5433', POSTGRES_URL: 'postgres://h/d' }, ['WINDROW_PG_PORT, POSTGRES_URL']],
    [{ WINDROW_PG_PORT: '8000' }, ['WINDROW_PORT, WINDROW_PG_PORT']],
    [{ WINDROW_TOPIC_AIR: 'weather.readings' }, ['WINDROW_TOPIC_WEATHER, WINDROW_TOPIC_AIR']],
    [{ WINDROW_TOPIC_AIR: 'dead-letters' }, ['WINDROW_TOPIC_AIR']],
    [{ WINDROW_API_TOKEN: 'short' }, ['WINDROW_API_TOKEN']],
    [{ WINDROW_PORT: '80.5' }, ['WINDROW_PORT']],
  ])('refuses %j', (environment, expected) => {
    expect(wrongSettings(environment)).toEqual(expected)
  })

  test('that asks for Kafka has its brokers', () => {
    const config = loadConfig({ KAFKA_BROKERS: 'localhost:9092,other:9092' }, folder)
    expect(config.kafkaBrokers).toEqual(['localhost:9092', 'other:9092'])
    expect(config.notices).toEqual([])
  })

  test('takes a folder or a bucket for a lake, and no address that is neither', () => {
    const lakeOf = (LAKE_URL: string): string | null => loadConfig({ LAKE_URL }, folder).lakeUrl
    expect(['s3://bucket', 's3://bucket/a prefix/é'].map(lakeOf)).toEqual(['s3://bucket', 's3://bucket/a prefix/é'])
    expect(['lake', './s3', '2025:lake'].map(lakeOf)).toEqual(['lake', 's3', '2025:lake'].map((name) => resolve(folder, name)))
    // With one slash it would be a folder called "s3:".
    for (const LAKE_URL of [
      's3:/bucket/lake',
      's3:bucket',
      'S3://bucket',
      's3a://bucket/lake',
      'file:///lake',
      's3://',
      's3://b?x',
    ]) {
      expect(wrongSettings({ LAKE_URL }), LAKE_URL).toEqual(['LAKE_URL'])
    }
  })

  test('says when the page is open to others', () => {
    const config = loadConfig({ WINDROW_HOST: '0.0.0.0' }, folder)
    expect(config.notices).toEqual([expect.stringContaining('0.0.0.0')])
  })

  test('reads each secret also from the file that <variable>_FILE names', () => {
    const path = join(folder, 'token')
    writeFileSync(path, 'a-token-of-some-length\n')
    expect(loadConfig({ WINDROW_API_TOKEN_FILE: path }, folder).apiToken?.reveal()).toBe('a-token-of-some-length')
    expect(wrongSettings({ WINDROW_API_TOKEN_FILE: path, WINDROW_API_TOKEN: 'another-token-of-some-length' })).toEqual([
      'WINDROW_API_TOKEN, WINDROW_API_TOKEN_FILE',
    ])
    expect(wrongSettings({ WINDROW_API_TOKEN_FILE: join(folder, 'absent') })).toEqual(['WINDROW_API_TOKEN_FILE'])
  })

  test('that is wrong in any way is refused with a WindrowError, never with another error', () => {
    const variables = allSettings.map(([, setting]) => setting.variable)
    const environment = fc.dictionary(fc.constantFrom(...variables), fc.oneof(fc.string(), fc.integer().map(String)), {
      maxKeys: 6,
    })
    fc.assert(
      fc.property(environment, (given) => {
        try {
          loadConfig(given, folder)
        } catch (error) {
          expect(isWindrowError(error)).toBe(true)
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe('a secret', () => {
  const environment = {
    POSTGRES_URL: 'postgres://windrow:pa%24sword@db.example/views',
    WINDROW_API_TOKEN: 'a-token-of-some-length',
    KAFKA_SASL_PASSWORD: 'sasl-password',
  }

  test('is in no printed, inspected or serialised configuration', () => {
    const config = loadConfig(environment, folder)
    for (const shown of [inspect(config, { depth: 5 }), JSON.stringify(config), String(config.postgresUrl)]) {
      expect(shown).not.toMatch(/sword|a-token/)
    }
    expect(config.postgresUrl?.reveal()).toBe(environment.POSTGRES_URL)
  })

  test('is taken out of whatever text is to be logged', () => {
    const { redact } = loadConfig(environment, folder)
    expect(redact('connect to postgres://windrow:pa%24sword@db.example/views failed')).toBe('connect to [secret] failed')
    expect(redact('password sasl-password, token a-token-of-some-length')).toBe('password [secret], token [secret]')
    expect(redact('see https://me:other@host/x and https://host:80/y')).toBe(
      'see https://me:[secret]@host/x and https://host:80/y',
    )
  })

  test('is not shown by the error about it', () => {
    const error = failure({ POSTGRES_URL: 'mysql://user:hunter22@host', WINDROW_API_TOKEN: 'tiny secret' })
    expect(`${error.message} ${JSON.stringify(error.facts)}`).not.toMatch(/hunter22|tiny secret/)
  })
})
