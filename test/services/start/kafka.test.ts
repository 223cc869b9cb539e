import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { hasKcat } from '../../../scripts/services/find-tools.js'
import { howToRun } from '../../../scripts/services/how-to-run.js'
import { startKafka } from '../../../scripts/services/kafka.js'
import { knownBrokers } from '../../../scripts/services/known-brokers.js'

type Kafka = Awaited<ReturnType<typeof startKafka>>

const portOf = (brokers: string): number => Number(brokers.split(',')[0]?.split(':')[1])
const runs = (pid: number): boolean => existsSync(`/proc/${pid}`)

test('the broker that all services tests share answers', async () => {
  expect(await knownBrokers(portOf(inject('services').kafkaBrokers))).toBe(1)
})

test.runIf(hasKcat())('kcat lists the shared broker', async () => {
  const { stdout } = await promisify(execFile)('kcat', ['-L', '-b', inject('services').kafkaBrokers])
  expect(stdout).toContain(`1 brokers:\n  broker 1 at ${inject('services').kafkaBrokers} (controller)`)
})

describe('a broker of a test’s own', () => {
  let kafka: Kafka
  let port: number
  beforeAll(async () => {
    kafka = await startKafka()
    port = portOf(kafka.brokers)
  })
  afterAll(() => kafka.stop())

  test('is another than the shared one', async () => {
    expect(kafka.brokers).not.toBe(inject('services').kafkaBrokers)
    expect(await knownBrokers(port)).toBe(1)
  })

  test('is gone when kill resolves, and answers at its old address when start does', async () => {
    await kafka.kill('SIGKILL')
    expect(await knownBrokers(port)).toBe(0)
    await kafka.start()
    expect(await knownBrokers(port)).toBe(1)
  })

  test('is silent while it is stopped, and goes on', async () => {
    await kafka.kill('SIGSTOP')
    expect(await knownBrokers(port, 300)).toBe(0)
    await kafka.kill('SIGCONT')
    await expect.poll(() => knownBrokers(port), { timeout: 30_000 }).toBe(1)
  })

  test('ends in order when asked to, and starts again', async () => {
    await kafka.nodes[0]?.stop()
    expect(await knownBrokers(port)).toBe(0)
    expect(kafka.nodes[0]?.log()).toContain('shutdown')
    await kafka.start()
    expect(await knownBrokers(port)).toBe(1)
  })

  test('leaves no process when it is stopped', async () => {
    const pids = kafka.nodes.flatMap(({ pid }) => pid ?? [])
    await kafka.stop()
    expect(pids.filter(runs)).toEqual([])
    expect(await knownBrokers(port)).toBe(0)
  })
})

describe.runIf(howToRun() === 'java')('brokers that run as processes', () => {
  test('keep a folder that was named, for the next start', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'windrow-kept-'))
    try {
      const first = await startKafka({ folder })
      const id = /^cluster\.id=(.*)$/m
      const clusterId = async () => id.exec(await readFile(join(folder, 'node-1', 'data', 'meta.properties'), 'utf8'))?.[1]
      const before = await clusterId()
      await first.stop()
      const second = await startKafka({ folder })
      expect(await clusterId()).toBe(before)
      await second.stop()
      expect(existsSync(folder)).toBe(true)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('form a cluster of several', async () => {
    const kafka = await startKafka({ nodes: 2 })
    try {
      await expect.poll(() => knownBrokers(portOf(kafka.brokers)), { timeout: 30_000 }).toBe(2)
      await kafka.nodes[1]?.kill()
      await expect.poll(() => knownBrokers(portOf(kafka.brokers)), { timeout: 30_000 }).toBe(1)
    } finally {
      await kafka.stop()
    }
  })

  test.runIf(hasKcat())('let in those alone who know a password, if there are users', async () => {
    const kafka = await startKafka({ users: { reader: 'secret' } })
    const sasl = ['security.protocol=SASL_PLAINTEXT', 'sasl.mechanism=PLAIN', 'sasl.username=reader']
    const list = (password: string) => {
      const settings = [...sasl, `sasl.password=${password}`].flatMap((setting) => ['-X', setting])
      return promisify(execFile)('kcat', ['-L', '-b', kafka.brokers, '-m', '5', ...settings])
    }
    try {
      expect((await list('secret')).stdout).toContain(`broker 1 at ${kafka.brokers}`)
      await expect(list('guess')).rejects.toThrow('Authentication failed')
    } finally {
      await kafka.stop()
    }
  })

  test('say why when they cannot start', async () => {
    await expect(startKafka({ settings: { 'log.dirs': '/proc/none' } })).rejects.toThrow('/proc/none')
  })
})
