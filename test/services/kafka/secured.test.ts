import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectionsApiChannel, createAclsV3, describeAclsV3 } from '@platformatic/kafka'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hasOpenssl } from '../../../scripts/services/find-tools.js'
import { openConfiguredKafka } from '../../../src/cli/open-kafka.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { isWindrowError } from '../../../src/core/errors.ts'
import { openCluster } from '../../../src/log/kafka/cluster.ts'
import type { Log } from '../../../src/log/port.ts'
import { runCommand } from '../../cli/run-command.ts'
import { numbered, readAll, write } from '../../conformance/plain-records.ts'
import { password, SESSION_MS, type SecuredKafka, startSecuredKafka } from './secured-kafka.ts'

type Settings = Readonly<Record<string, string>>

/** For so long windrow tries again what may pass. */
const PATIENCE_MS = 30_000
/** Far below that. */
const AT_ONCE_MS = 5_000

describe.runIf(hasOpenssl())('a broker that does not let everybody in', () => {
  let kafka: SecuredKafka
  let folder: string
  let tokens: Server
  const sasl = (user: string, mechanism = 'PLAIN'): Settings => ({
    KAFKA_BROKERS: kafka.at.sasl,
    KAFKA_SECURITY_PROTOCOL: 'sasl_plaintext',
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: user,
    KAFKA_SASL_PASSWORD: password,
  })
  const tls = (brokers: string): Settings => ({
    KAFKA_BROKERS: brokers,
    KAFKA_SECURITY_PROTOCOL: 'ssl',
    KAFKA_SSL_CA_LOCATION: kafka.certificates.ca,
  })
  const both = (): Settings => ({
    ...sasl('alice', 'SCRAM-SHA-512'),
    ...tls(kafka.at.both),
    KAFKA_SECURITY_PROTOCOL: 'sasl_ssl',
  })
  const client = (): Settings => ({
    KAFKA_SSL_CERTIFICATE_LOCATION: kafka.certificates.client.certificate,
    KAFKA_SSL_KEY_LOCATION: kafka.certificates.client.key,
    KAFKA_SSL_KEY_PASSWORD: kafka.certificates.client.keyPassword,
  })
  const oauth = (secret: string, path = 'token'): Settings => ({
    KAFKA_BROKERS: kafka.at.sasl,
    KAFKA_SECURITY_PROTOCOL: 'sasl_plaintext',
    KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
    KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/${path}`,
    KAFKA_SASL_OAUTHBEARER_CLIENT_ID: 'alice',
    KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET: secret,
  })
  const withLog = async <T>(settings: Settings, work: (log: Log) => Promise<T>): Promise<T> => {
    const log = await openConfiguredKafka(loadConfig(settings, folder))
    try {
      return await work(log)
    } finally {
      await log.close()
    }
  }
  /** The error of the first thing that is asked, and whether it came at once. */
  const refusal = async (settings: Settings, work = (log: Log): Promise<unknown> => log.findTopic('readings')) => {
    const at = performance.now()
    const error = await withLog(settings, work).then(
      () => ({ code: 'none', message: 'it was let in', remedy: '' }),
      (thrown: { code: string; message: string; remedy: string }) => thrown,
    )
    expect(performance.now() - at).toBeLessThan(AT_ONCE_MS)
    return { code: error.code, message: error.message, remedy: error.remedy }
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'windrow-secured-'))
    tokens = createServer((request, response) => {
      const validFrom = Date.now() / 1_000 - (request.url === '/old' ? 3_600 : 1)
      const isRight = request.headers.authorization === `Basic ${Buffer.from('alice:her-secret').toString('base64')}`
      response.statusCode = isRight ? 200 : 401
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify(
          isRight ? { access_token: unsignedToken('alice', validFrom), expires_in: 300 } : { error: 'invalid_client' },
        ),
      )
    })
    await new Promise<void>((resolve) => tokens.listen(0, '127.0.0.1', resolve))
    kafka = await startSecuredKafka()
  })
  afterAll(async () => {
    await kafka?.stop()
    tokens.close()
    await rm(folder, { recursive: true, force: true })
  })

  test.each<readonly [string, () => Settings]>([
    ['PLAIN', () => sasl('alice')],
    ['SCRAM-SHA-256', () => sasl('alice', 'SCRAM-SHA-256')],
    ['SCRAM-SHA-512 over TLS', both],
    ['OAUTHBEARER with a token of an endpoint', () => oauth('her-secret')],
    ['TLS', () => tls(kafka.at.tls)],
    ['TLS, with a certificate of ours', () => ({ ...tls(kafka.at.mutual), ...client() })],
    ['TLS, with certificates as texts', () => ({ ...tls(kafka.at.mutual), ...texts(kafka) })],
    [
      'TLS, without a look at the name',
      () => ({ ...tls(kafka.at.strange), KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM: 'none' }),
    ],
    [
      'TLS, without a look at the certificate',
      () => ({
        KAFKA_BROKERS: kafka.at.strange,
        KAFKA_SECURITY_PROTOCOL: 'ssl',
        KAFKA_ENABLE_SSL_CERTIFICATE_VERIFICATION: 'false',
      }),
    ],
  ])('takes appends, commits of a group and reads by %s', async (_, settings) => {
    await withLog(settings(), copyOnce)
  })

  test('is worked with beyond the time that it gives a session, without a failure', async () => {
    const settings = { ...sasl('alice'), KAFKA_BROKERS: kafka.at.short }
    await withLog(settings, async (log) => {
      const topic = await log.ensureTopic({ name: randomUUID(), partitions: 1, cleanup: 'keep' })
      const writer = await log.exclusiveWriter(topic.name)
      const reader = log.reader(topic, 0)
      const end = performance.now() + 3 * SESSION_MS
      const seen: string[] = []
      let written = 0
      // What signs in again on a connection that others send on is thrown out; a commit that fails is begun anew.
      const signedIn = new Map<unknown, number>()
      let begunAnew = 0
      const count = (message: unknown): void => {
        const { apiKey, connection } = message as { apiKey?: unknown; connection?: unknown }
        if (apiKey === INIT_PRODUCER_ID) begunAnew++
        if (apiKey === SASL_HANDSHAKE) signedIn.set(connection, (signedIn.get(connection) ?? 0) + 1)
      }
      connectionsApiChannel.start.subscribe(count)
      for (; performance.now() < end; written++) {
        await writer.commit([write(topic, 0, ...numbered(written, written + 1))])
        await reader.whenMore(new AbortController().signal)
        for (const { key } of await readAll(reader)) seen.push(key)
      }
      connectionsApiChannel.start.unsubscribe(count)
      expect(begunAnew).toBe(0)
      expect(signedIn.size).toBeGreaterThan(3)
      expect(Math.max(...signedIn.values())).toBe(1)
      expect(writer.lost.aborted).toBe(false)
      expect(seen).toEqual(numbered(0, written).map(({ key }) => key))
      await writer.close()
    })
  })

  test('serves the whole way from a file to an export', async () => {
    const settings = both
    const home = await mkdtemp(join(tmpdir(), 'windrow-secured-way-'))
    await withLog(settings(), async (log) => {
      for (const { name } of await log.topics()) await log.deleteTopic(name)
    })
    const windrow = (...words: string[]) =>
      runCommand(home, words, { ...settings(), WINDROW_LOG_LEVEL: 'error', WINDROW_PARTITIONS: '2' })
    const file = ['--source', 'file', '--file', 'examples/sample-readings.csv'].map((word) =>
      word.startsWith('examples') ? join(process.cwd(), word) : word,
    )
    expect(await windrow('produce', ...file)).toMatchObject({ code: 0 })
    expect(await windrow('run', '--sinks', 'none', '--until-end')).toMatchObject({ code: 0 })
    const exported = await windrow('export', 'weather_daily')
    expect(exported).toMatchObject({ code: 0 })
    const embedded = await mkdtemp(join(tmpdir(), 'windrow-secured-embedded-'))
    const there = (...words: string[]) => runCommand(embedded, words, { WINDROW_LOG_LEVEL: 'error' })
    await there('produce', ...file)
    await there('run', '--sinks', 'none', '--until-end')
    const expected = await there('export', 'weather_daily')
    expect(expected.stdout.split('\n').length).toBeGreaterThan(2)
    expect(exported.stdout).toBe(expected.stdout)
    for (const path of [home, embedded]) await rm(path, { recursive: true, force: true })
  })

  test.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])(
    'says at once that a password or user is wrong (%s)',
    async (mechanism) => {
      const denied = { code: 'WR_KAFKA_DENIED', message: expect.stringContaining('SASL authentication failed') }
      const remedy = expect.stringContaining('KAFKA_SASL_PASSWORD')
      const wrong = await refusal({ ...sasl('alice', mechanism), KAFKA_SASL_PASSWORD: 'a-guess' })
      expect(wrong).toEqual({ ...denied, remedy })
      expect(wrong.message).not.toContain('a-guess')
      expect(await refusal(sasl('nobody', mechanism))).toEqual({ ...denied, remedy })
    },
  )

  test('says which endpoint gives no token, and which token the broker does not take', async () => {
    expect(await refusal(oauth('a-guess'))).toMatchObject({
      code: 'WR_KAFKA_TOKEN',
      message: expect.stringContaining('401 (invalid_client)'),
    })
    expect(await refusal(oauth('her-secret', 'old'))).toMatchObject({
      code: 'WR_KAFKA_DENIED',
      message: expect.stringContaining('does not take the token'),
    })
  })

  test.each<readonly [string, () => Settings, string, string]>([
    [
      'a certificate of an authority that nobody trusts',
      () => ({ ...tls(kafka.at.tls), KAFKA_SSL_CA_LOCATION: kafka.certificates.otherCa }),
      'unable to verify',
      'KAFKA_SSL_CA_LOCATION',
    ],
    ['a certificate for another name', () => tls(kafka.at.strange), 'does not match', 'advertised.listeners'],
    ['that it wants a certificate of ours', () => tls(kafka.at.mutual), 'handshake', 'KAFKA_SSL_CERTIFICATE_LOCATION'],
    ['that one has to sign in', () => ({ KAFKA_BROKERS: kafka.at.sasl }), 'no TLS and SASL', 'sasl_plaintext'],
    ['that nobody can sign in here', () => ({ ...sasl('alice'), KAFKA_BROKERS: kafka.at.open }), 'no SASL', 'plaintext'],
    ['that it speaks TLS', () => ({ KAFKA_BROKERS: kafka.at.tls }), 'speaks TLS', 'ssl'],
    ['that it speaks no TLS', () => tls(kafka.at.open), 'no TLS', 'plaintext'],
    [
      'that it speaks TLS, where one signs in',
      () => ({ ...sasl('alice'), KAFKA_BROKERS: kafka.at.both }),
      'TLS and SASL',
      'sasl_ssl',
    ],
    ['that one has to sign in, over TLS', () => tls(kafka.at.both), 'TLS and SASL', 'sasl_ssl'],
  ])('says at once, with what to do: %s', async (_, settings, message, remedy) => {
    expect(await refusal(settings())).toEqual({
      code: 'WR_KAFKA_DENIED',
      message: expect.stringContaining(message),
      remedy: expect.stringContaining(remedy),
    })
  })

  test('says that a key cannot be opened before any broker is asked', async () => {
    const settings = { ...tls(kafka.at.mutual), ...client(), KAFKA_SSL_KEY_PASSWORD: 'a-guess' }
    expect(await refusal(settings)).toMatchObject({
      code: 'WR_CONFIG_INVALID',
      remedy: expect.stringContaining('KAFKA_SSL_KEY_PASSWORD'),
    })
  })

  test('is waited for while it is away: that is no denial', async () => {
    await withLog(both(), async (log) => {
      await log.findTopic('readings')
      const away = kafka.restart()
      let isBack = false
      void away.then(() => {
        isBack = true
      })
      const look = async (): Promise<unknown> => {
        const askedAt = performance.now()
        return log.findTopic('readings').catch((error: unknown) => {
          // A broker may take longer to start than it is waited for, where the machine has much to do.
          if (isWindrowError(error, 'WR_KAFKA_UNREACHABLE') && performance.now() - askedAt >= PATIENCE_MS) return null
          throw error
        })
      }
      while (!isBack) expect(await look()).toBeNull()
      await away
    })
  })

  describe('to a user without rights', () => {
    let name: string
    beforeEach(async () => {
      name = `allowed-${randomUUID()}`
      await withLog({ KAFKA_BROKERS: kafka.at.open }, async (log) => {
        const topic = await log.ensureTopic({ name, partitions: 1, cleanup: 'keep' })
        await log.append([write(topic, 0, ...numbered(0, 10))])
      })
    })
    const allow = async (
      kind: keyof typeof KIND,
      resource: string,
      ...rights: ReadonlyArray<keyof typeof RIGHT>
    ): Promise<void> => {
      const cluster = openCluster({ brokers: [kafka.at.open], clientId: 'test' })
      const rules = rights.map((right) => ({
        resourceType: KIND[kind],
        resourceName: resource,
        resourcePatternType: kind === 'topic' ? LITERAL : PREFIXED,
        principal: 'User:bob',
        host: '*',
        operation: RIGHT[right],
        permissionType: ALLOW,
      }))
      const answer = await cluster.ask([createAclsV3], 'CreateAcls', rules)
      expect(answer.results.map(({ errorCode }) => errorCode)).toEqual(rights.map(() => 0))
      // The controller has acknowledged it; the broker goes by it once it has heard of it.
      const filter = {
        resourceType: KIND[kind],
        resourceName: resource,
        resourcePatternType: ANY,
        principal: 'User:bob',
        host: null,
        operation: ANY,
        permissionType: ANY,
      }
      const known = async (): Promise<number[]> => {
        const { resources } = await cluster.ask([describeAclsV3], 'DescribeAcls', filter)
        return resources.flatMap(({ acls }) => acls.map(({ operation }) => operation))
      }
      await expect.poll(known, { timeout: 30_000 }).toEqual(expect.arrayContaining(rights.map((right) => RIGHT[right])))
      await cluster.close()
    }

    test('says at once which right is missing', async () => {
      const forbidden = (what: string, right: string) => ({
        code: 'WR_KAFKA_DENIED',
        message: expect.stringContaining(what),
        remedy: expect.stringContaining(right),
      })
      const bob = sasl('bob')
      const find = (log: Log) => log.findTopic(name)
      expect(await refusal(bob, find)).toEqual(forbidden(name, 'Describe'))
      await allow('topic', name, 'describe')
      expect(await refusal(bob, find)).toEqual(forbidden(name, 'DescribeConfigs'))
      await allow('topic', name, 'describeConfigs')
      const topicOf = async (log: Log) => {
        const topic = await log.findTopic(name)
        if (topic === null) throw new Error('The topic is not there')
        return topic
      }
      expect(await refusal(bob, async (log) => readAll(log.reader(await topicOf(log), 0)))).toEqual(forbidden(name, 'Read'))
      await allow('topic', name, 'read')
      expect(await withLog(bob, async (log) => (await readAll(log.reader(await topicOf(log), 0))).length)).toBe(10)
      const append = async (log: Log) => log.append([write(await topicOf(log), 0, ...numbered(0, 1))])
      expect(await refusal(bob, append)).toEqual(forbidden('CLUSTER_AUTHORIZATION_FAILED', 'IdempotentWrite'))
      await allow('topic', name, 'write')
      expect(await withLog(bob, append)).toHaveLength(1)
      const make = (log: Log) => log.ensureTopic({ name: `${name}-new`, partitions: 1, cleanup: 'keep' })
      expect(await refusal(bob, make)).toEqual(forbidden(`${name}-new`, 'Create'))
      const join = async (log: Log) => {
        const member = await log.joinGroup({
          group: name,
          topics: [await topicOf(log)],
          onAssigned: () => undefined,
          onRevoked: async () => undefined,
        })
        await member.leave()
      }
      expect(await refusal(bob, join)).toEqual(forbidden('TRANSACTIONAL_ID_AUTHORIZATION_FAILED', '"windrow."'))
      await allow('transactionalId', 'windrow.', 'describe', 'write')
      expect(await refusal(bob, join)).toEqual(forbidden('GROUP_AUTHORIZATION_FAILED', 'groups'))
      await allow('group', name, 'read')
      await withLog(bob, join)
    })
  })
})

const KIND = { topic: 2, group: 3, transactionalId: 5 } as const
const RIGHT = { read: 3, write: 4, create: 5, describe: 8, describeConfigs: 10 } as const
const INIT_PRODUCER_ID = 22
const SASL_HANDSHAKE = 17
const LITERAL = 3 as const
const PREFIXED = 4 as const
const ALLOW = 3 as const
/** Of what is looked for. */
const ANY = 1 as const

/** Appends, takes a partition of a group, commits rows with progress, and reads them back. */
async function copyOnce(log: Log): Promise<void> {
  const name = randomUUID()
  const [readings, rows] = await Promise.all([
    log.ensureTopic({ name: `${name}-readings`, partitions: 1, cleanup: 'keep' }),
    log.ensureTopic({ name: `${name}-rows`, partitions: 1, cleanup: 'keep' }),
  ])
  await log.append([write(readings, 0, ...numbered(0, 100))])
  let committed: (offset: number) => void = () => undefined
  const done = new Promise<number>((resolve) => {
    committed = resolve
  })
  const member = await log.joinGroup({
    group: name,
    topics: [readings],
    onAssigned: async (lease) => {
      const reader = log.reader(readings, 0, lease.progress?.offset)
      const batch = await reader.next()
      if (batch === null) throw new Error('There is nothing to read')
      await lease.commit({ offset: batch.nextOffset, metadata: 'copied' }, [{ topic: rows, partition: 0, block: batch }])
      await reader.close()
      committed(batch.nextOffset)
    },
    onRevoked: async () => undefined,
  })
  expect(await done).toBe(100)
  await member.leave()
  // A commit can be read when the broker has marked it, soon after it was acknowledged.
  const copied = async () => (await readAll(log.reader(rows, 0))).map(({ key }) => key)
  await expect.poll(copied, { timeout: 10_000 }).toEqual(numbered(0, 100).map(({ key }) => key))
  expect(await log.groupProgress(name, readings)).toEqual([{ partition: 0, offset: 100, metadata: 'copied' }])
  for (const topic of [readings, rows]) await log.deleteTopic(topic.name)
}

/** A token that nobody signed: a broker that is there for tests believes it. */
function unsignedToken(user: string, validFrom: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ sub: user, iat: Math.floor(validFrom), exp: Math.floor(validFrom) + 300 })}.`
}

function texts({ certificates }: SecuredKafka): Settings {
  return {
    KAFKA_SSL_CERTIFICATE_PEM: readFileSync(certificates.client.certificate, 'utf8'),
    KAFKA_SSL_KEY_PEM: readFileSync(certificates.client.key, 'utf8'),
    KAFKA_SSL_KEY_PASSWORD: certificates.client.keyPassword,
  }
}
