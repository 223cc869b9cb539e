import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { statOf } from '../../src/core/process-identity.ts'
import { writeLockHolder } from '../../src/kv/open-gate.ts'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import type { Log, Topic } from '../../src/log/port.ts'
import { numbered, readAll, write } from '../conformance/plain-records.ts'
import { type Child, startChild } from '../support/child.ts'

interface Acknowledged {
  readonly first: number
  readonly count: number
  readonly base: number
}

interface Seat {
  readonly partition: number
  readonly epoch: number
}

const SESSION_TIMEOUT_MS = 1_000

describe('the embedded log, shared by processes', () => {
  let directory: string
  let log: Log
  let children: Child[]

  const start = async (worker: string, ...args: string[]): Promise<Child> => {
    const child = await startChild(`test/log/workers/${worker}.ts`, [directory, ...args])
    children.push(child)
    return child
  }
  const keysOf = async (topic: Topic): Promise<string[]> => {
    const keys: string[] = []
    for (let p = 0; p < topic.partitions; p++) for (const { key } of await readAll(log.reader(topic, p))) keys.push(key)
    return keys
  }

  /** Whoever stops a process in the middle of a write transaction stalls all the others; that is another test. */
  const stop = async (child: Child): Promise<void> => {
    for (;;) {
      child.kill('SIGSTOP')
      await expect.poll(() => statOf(child.pid)?.state, { interval: 1 }).toBe('T')
      if (writeLockHolder(directory)?.pid !== child.pid) return
      child.kill('SIGCONT')
      await new Promise(setImmediate)
    }
  }

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'windrow-log-'))
    log = await openEmbeddedLog({ directory, sessionTimeoutMs: SESSION_TIMEOUT_MS })
    children = []
  })
  afterEach(async () => {
    for (const child of children) {
      child.kill('SIGKILL')
      await child.ended
    }
    await log.close()
    rmSync(directory, { recursive: true })
  })

  test('has every acknowledged record once, and in its place, after kill -9 in the middle of appends', async () => {
    const topic = await log.ensureTopic({ name: 't', partitions: 1, cleanup: 'keep' })
    for (let round = 0; round < 2; round++) {
      const child = await start('appender', 't', `r${round}`, '0', '7', '2')
      for (let i = 0; i < 5 + round * 7; i++) await child.next('acknowledged')
      child.kill('SIGKILL')
      await child.ended
      const records = await readAll(log.reader(topic, 0))
      expect(records.map(({ offset }) => offset)).toEqual(records.map((_, i) => i))
      expect(new Set(records.map(({ key }) => key)).size).toBe(records.length)
      for (const { first, count, base } of child.all<Acknowledged>('acknowledged')) {
        const keys = records.slice(base, base + count).map(({ key }) => key)
        expect(keys).toEqual(Array.from({ length: count }, (_, i) => `r${round}:${first + i}`))
      }
    }
  })

  test('takes appends of several processes to one partition, large and small: none is lost, none comes twice', async () => {
    const topic = await log.ensureTopic({ name: 't', partitions: 1, cleanup: 'keep' })
    const processes = await Promise.all([
      start('appender', 't', 'a', '10000', '5000', '2'),
      start('appender', 't', 'b', '150', '3', '1'),
      start('appender', 't', 'c', '150', '3', '3'),
    ])
    for (const child of processes) expect(await child.ended).toBe(0)
    const keys = await keysOf(topic)
    expect(keys).toHaveLength(10_300)
    expect(new Set(keys).size).toBe(10_300)
    const ofB = keys.filter((key) => key.startsWith('b:'))
    expect(ofB).toEqual(Array.from({ length: 150 }, (_, i) => `b:${i}`))
  })

  test('wakes a reader for what another process appends', async () => {
    const topic = await log.ensureTopic({ name: 't', partitions: 1, cleanup: 'keep' })
    const reader = log.reader(topic, 0)
    const more = reader.whenMore(new AbortController().signal)
    await start('appender', 't', 'a', '3', '1', '1')
    await more
    expect((await reader.next())?.count).toBeGreaterThan(0)
  })

  describe('groups', () => {
    let readings: Topic
    let rows: Topic
    beforeEach(async () => {
      readings = await log.ensureTopic({ name: 'readings', partitions: 2, cleanup: 'keep' })
      rows = await log.ensureTopic({ name: 'rows', partitions: 2, cleanup: 'keep' })
    })
    const feed = async (from: number, to: number): Promise<void> => {
      for (const p of [0, 1])
        await log.append([write(readings, p, ...numbered(from, to).map(({ key, value }) => ({ key: `${p}/${key}`, value })))])
    }
    const member = (sessionTimeoutMs = SESSION_TIMEOUT_MS): Promise<Child> => start('member', String(sessionTimeoutMs))
    /** The last epoch in which the member held the partition, 0 when it never did. */
    const epoch = (child: Child, p: number): number => {
      const seats = child.all<Seat>('assigned').filter(({ partition }) => partition === p)
      return seats.at(-1)?.epoch ?? 0
    }
    const allCopied = async (records: number): Promise<void> => {
      await expect
        .poll(async () => (await log.groupProgress('g', readings)).reduce((sum, { offset }) => sum + offset, 0), {
          timeout: 15_000,
        })
        .toBe(records * 2)
      const keys = await keysOf(rows)
      expect(keys).toHaveLength(records * 2)
      expect(new Set(keys).size).toBe(records * 2)
    }

    test('hand the partitions of a killed process to the others about at once, and go on without loss or repetition', async () => {
      await feed(0, 150)
      // A time-out is not what the others wait for.
      const one = await member(60_000)
      // Not before: the other might have copied everything by then.
      await one.next('committed')
      const two = await member(60_000)
      await two.next('assigned')
      one.kill('SIGKILL')
      await one.ended
      for (const p of [0, 1]) await expect.poll(() => epoch(two, p), { timeout: 15_000 }).toBeGreaterThan(epoch(one, p))
      await feed(150, 170)
      await allCopied(170)
    })

    test.runIf(process.platform === 'linux')(
      'let a process that was stopped for too long write nothing when it goes on',
      async () => {
        await feed(0, 50)
        const one = await member()
        await one.next('committed')
        await one.next('committed')
        await stop(one)
        const two = await member()
        await two.next('assigned')
        await two.next('assigned')
        await feed(50, 80)
        await allCopied(80)
        const writtenBefore = (await keysOf(rows)).length
        one.kill('SIGCONT')
        // It joins again by itself, as a new member of the balance.
        const rejoined = one.all<Seat>('assigned').length
        await expect.poll(() => one.all<Seat>('assigned').length, { timeout: 15_000 }).toBeGreaterThan(rejoined)
        expect((await keysOf(rows)).length).toBe(writtenBefore)
        await feed(80, 100)
        await allCopied(100)
      },
    )

    test('are left in order on a signal', async () => {
      await feed(0, 20)
      const [one, two] = [await member(60_000), await member(60_000)]
      await Promise.all([one.next('joined'), two.next('joined'), two.next('assigned')])
      one.kill('SIGTERM')
      expect(await one.ended).toBe(0)
      for (const p of [0, 1]) await expect.poll(() => epoch(two, p), { timeout: 15_000 }).toBeGreaterThan(epoch(one, p))
      await allCopied(20)
    })

    test.runIf(process.platform === 'linux')('take an exclusive writer from a dead process, and name a live one', async () => {
      const one = await member()
      await one.next('joined')
      const id = `w${one.pid}`
      await expect(log.exclusiveWriter(id)).rejects.toMatchObject({
        code: 'WR_WRITER_HELD',
        message: expect.stringContaining(String(one.pid)),
      })
      await stop(one)
      // Stopped is not dead, until it shows no sign of life for the time-out.
      const taken = await log.exclusiveWriter(id)
      expect(taken.epoch).toBe(2)
      await taken.close()

      const two = await member()
      await two.next('joined')
      two.kill('SIGKILL')
      await two.ended
      expect((await log.exclusiveWriter(`w${two.pid}`)).epoch).toBe(2)
    })
  })
})
