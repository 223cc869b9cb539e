import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startKafka } from '../../../scripts/services/kafka.js'
import { keyText } from '../../../src/core/record-block.ts'
import { type Cluster, openCluster } from '../../../src/log/kafka/cluster.ts'
import { openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import type { Log, Topic } from '../../../src/log/port.ts'
import { numbered, readAll, write } from '../../conformance/plain-records.ts'
import { type Child, startChild } from '../../support/child.ts'

type Kafka = Awaited<ReturnType<typeof startKafka>>
type Node = Kafka['nodes'][number]

const SESSION_TIMEOUT_MS = 6_000
const PARTITIONS = 4
const RECORDS = 2_000

/** What is read of every partition, as it comes, until it is told to end. */
interface Following {
  readonly seen: readonly string[][]
  end(): Promise<void>
}

function follow(log: Log, topic: Topic): Following {
  const stop = new AbortController()
  const seen: string[][] = Array.from({ length: topic.partitions }, () => [])
  const done = seen.map(async (keys, partition) => {
    const reader = log.reader(topic, partition, 0)
    while (!stop.signal.aborted) {
      const batch = await reader.next()
      if (batch === null) await reader.whenMore(stop.signal)
      else for (let i = 0; i < batch.count; i++) keys.push(keyText(batch, i))
    }
    await reader.close()
  })
  return {
    seen,
    end: async () => {
      stop.abort()
      await Promise.all(done)
    },
  }
}

describe('three brokers that keep three copies of everything', () => {
  let kafka: Kafka
  let cluster: Cluster
  let log: Log
  let readings: Topic
  let rows: Topic
  let children: Child[]

  const start = async (): Promise<void> => {
    children.push(await startChild('test/services/kafka/workers/copier.ts', [kafka.brokers, String(SESSION_TIMEOUT_MS)]))
  }
  const committed = async (): Promise<number> => {
    const progress = await log.groupProgress('g', readings)
    return progress.reduce((sum, { offset }) => sum + offset, 0)
  }
  const until = (enough: number): Promise<void> =>
    expect.poll(committed, { timeout: 60_000, interval: 50 }).toBeGreaterThanOrEqual(enough)
  const leaders = async (): Promise<number[]> =>
    (await cluster.metadata([rows.name])).get(rows.name)?.partitions.map(({ leader }) => leader) ?? []
  const whole = (): Promise<unknown> =>
    expect
      .poll(
        async () => [...(await cluster.metadata()).values()].every((topic) => topic.partitions.every((one) => one.inSync === 3)),
        {
          timeout: 60_000,
          interval: 200,
        },
      )
      .toBe(true)
  /** Ends it while it leads something, and starts it again once others lead that. */
  const passingAway = async (node: Node, id: number, end: () => Promise<void>): Promise<void> => {
    await expect.poll(leaders, { timeout: 60_000, interval: 100 }).toContain(id)
    await end()
    expect(node.runs).toBe(false)
    await expect.poll(leaders, { timeout: 30_000, interval: 100 }).not.toContain(id)
    const before = await committed()
    await until(Math.min(before + 200, RECORDS * PARTITIONS))
    await node.start()
    await whole()
  }

  beforeAll(async () => {
    kafka = await startKafka({
      nodes: 3,
      maxHeap: '256m',
      settings: {
        'default.replication.factor': '3',
        'min.insync.replicas': '2',
        'transaction.state.log.min.isr': '2',
        // Who comes back leads again what it led before, soon.
        'leader.imbalance.check.interval.seconds': '1',
        'leader.imbalance.per.broker.percentage': '0',
      },
    })
    cluster = openCluster({ brokers: kafka.brokers.split(','), clientId: 'test' })
  })
  afterAll(async () => {
    await cluster.close()
    await kafka.stop()
  })

  beforeEach(async () => {
    log = await openKafkaLog({ brokers: kafka.brokers.split(','), sessionTimeoutMs: SESSION_TIMEOUT_MS })
    for (const name of ['readings', 'rows']) await log.deleteTopic(name)
    readings = await log.ensureTopic({ name: 'readings', partitions: PARTITIONS, cleanup: 'keep' })
    rows = await log.ensureTopic({ name: 'rows', partitions: PARTITIONS, cleanup: 'keep' })
    children = []
    for (let partition = 0; partition < PARTITIONS; partition++) {
      for (let at = 0; at < RECORDS; at += 500) await log.append([write(readings, partition, ...numbered(at, at + 500))])
    }
  })
  afterEach(async () => {
    for (const child of children) {
      child.kill('SIGKILL')
      await child.ended
    }
    await log.close()
  })

  test('copy each record once, and readers go on, when one is killed and comes back, and then another shuts down and comes back', async () => {
    const expected = numbered(0, RECORDS).map(({ key }) => key)
    await start()
    await start()
    await until(500)
    const live = follow(log, rows)
    const [, second, third] = kafka.nodes as [Node, Node, Node]
    await passingAway(second, 2, () => second.kill('SIGKILL'))
    // Reading in bulk begins anew again and again while leaders come and go.
    const over = new AbortController()
    const bulk = (async () => {
      while (!over.signal.aborted) {
        for (let partition = 0; partition < PARTITIONS; partition++) {
          const read = await readAll(log.reader(readings, partition))
          expect(read.map(({ key }) => key)).toEqual(expected)
        }
      }
    })()
    await passingAway(third, 3, () => third.stop())
    over.abort()
    await bulk
    await until(RECORDS * PARTITIONS)
    await expect
      .poll(() => live.seen.map((keys) => keys.length), { timeout: 30_000 })
      .toEqual([RECORDS, RECORDS, RECORDS, RECORDS])
    await live.end()
    for (let partition = 0; partition < PARTITIONS; partition++) {
      expect((await readAll(log.reader(rows, partition))).map(({ key }) => key)).toEqual(expected)
      expect(live.seen[partition]).toEqual(expected)
    }
  })
})
