import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startKafka } from '../../../scripts/services/kafka.js'
import { openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import type { Log, Topic } from '../../../src/log/port.ts'
import { numbered, readAll, write } from '../../conformance/plain-records.ts'
import { type Child, startChild } from '../../support/child.ts'

type Kafka = Awaited<ReturnType<typeof startKafka>>

const SESSION_TIMEOUT_MS = 6_000
const PARTITIONS = 4
const RECORDS = 2_000

describe('members of a group on Kafka, whatever happens to them, copy each record once', () => {
  let kafka: Kafka
  let log: Log
  let readings: Topic
  let rows: Topic
  let children: Child[]

  const start = async (): Promise<Child> => {
    const child = await startChild('test/services/kafka/workers/copier.ts', [kafka.brokers, String(SESSION_TIMEOUT_MS)])
    children.push(child)
    return child
  }
  const fill = async (from: number, to: number): Promise<void> => {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      for (let at = from; at < to; at += 50) await log.append([write(readings, partition, ...numbered(at, at + 50))])
    }
  }
  const committed = async (): Promise<number> => {
    const progress = await log.groupProgress('g', readings)
    return progress.reduce((sum, { offset }) => sum + offset, 0)
  }
  const until = (enough: number): Promise<void> =>
    expect.poll(committed, { timeout: 120_000, interval: 50 }).toBeGreaterThanOrEqual(enough)
  const check = async (records: number): Promise<void> => {
    await until(records * PARTITIONS)
    for (let partition = 0; partition < PARTITIONS; partition++) {
      // A commit can be read when the broker has marked it, which it does in each partition by itself.
      const copied = async () => (await readAll(log.reader(rows, partition))).map(({ key }) => key)
      await expect.poll(copied, { timeout: 10_000 }).toEqual(numbered(0, records).map(({ key }) => key))
    }
  }

  beforeEach(async () => {
    kafka = await startKafka()
    log = await openKafkaLog({ brokers: kafka.brokers.split(','), sessionTimeoutMs: SESSION_TIMEOUT_MS })
    readings = await log.ensureTopic({ name: 'readings', partitions: PARTITIONS, cleanup: 'keep' })
    rows = await log.ensureTopic({ name: 'rows', partitions: PARTITIONS, cleanup: 'keep' })
    children = []
    await fill(0, RECORDS)
  })
  afterEach(async () => {
    for (const child of children) {
      child.kill('SIGKILL')
      await child.ended
    }
    await log.close()
    await kafka.stop()
  })

  test('when one is killed in the middle', async () => {
    const one = await start()
    await until(300)
    await start()
    await until(1_500)
    one.kill('SIGKILL')
    await check(RECORDS)
  })

  test('when members come and go', async () => {
    await start()
    await until(200)
    const more = [await start(), await start(), await start()]
    await until(2_000)
    for (const child of more) child.kill('SIGTERM')
    await check(RECORDS)
  })

  test('when one sleeps longer than its session, and wakes up', async () => {
    const sleeper = await start()
    await until(300)
    await start()
    await until(1_000)
    sleeper.kill('SIGSTOP')
    await until(RECORDS * PARTITIONS)
    sleeper.kill('SIGCONT')
    await fill(RECORDS, RECORDS + 500)
    await check(RECORDS + 500)
  })

  test.each(['SIGKILL', 'SIGTERM'] as const)('when the broker ends (%s) and comes back', async (signal) => {
    await start()
    await start()
    await until(1_000)
    await kafka.kill(signal)
    await kafka.start()
    await check(RECORDS)
  })
})
