import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { hasKcat } from '../../../scripts/services/find-tools.js'
import type { Cluster } from '../../../src/log/kafka/cluster.ts'
import { kafkaReader } from '../../../src/log/kafka/fetch/kafka-reader.ts'
import type { Topic } from '../../../src/log/port.ts'
import { clusterOf, kcatProduce, kcatRead, makeTopic, readLines } from './fetch-kit.ts'

const { kafkaBrokers: brokers } = inject('services')

/** The part of node-rdkafka's producer that is used here. */
interface TransactionalProducer {
  connect(options: object, done: (error: Error | null) => void): void
  disconnect(done: () => void): void
  initTransactions(timeoutMs: number, done: (error: Error | null) => void): void
  beginTransaction(done: (error: Error | null) => void): void
  commitTransaction(timeoutMs: number, done: (error: Error | null) => void): void
  abortTransaction(timeoutMs: number, done: (error: Error | null) => void): void
  produce(topic: string, partition: number, value: Buffer, key: string): void
  flush(timeoutMs: number, done: (error: Error | null) => void): void
}

function loadRdkafka(): { Producer: new (settings: object) => TransactionalProducer } | null {
  try {
    return createRequire(import.meta.url)('node-rdkafka')
  } catch {
    // Optional: it is compiled when it is installed.
    return null
  }
}

const rdkafka = loadRdkafka()
const called = (call: (done: (error: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => call((error) => (error ? reject(error) : resolve())))

describe.runIf(hasKcat() && rdkafka !== null)('the bulk reader, of transactions', () => {
  let cluster: Cluster
  const producers: TransactionalProducer[] = []

  const open = async (id: string): Promise<TransactionalProducer> => {
    const settings = { 'metadata.broker.list': brokers, 'transactional.id': id, 'linger.ms': 1 }
    const producer = new (rdkafka as NonNullable<typeof rdkafka>).Producer(settings)
    await called((done) => producer.connect({}, done))
    await called((done) => producer.initTransactions(10_000, done))
    producers.push(producer)
    return producer
  }
  const send = async (producer: TransactionalProducer, topic: Topic, count: number, name: string): Promise<void> => {
    for (let i = 0; i < count; i++) producer.produce(topic.name, 0, Buffer.from(`${name}-${i}`), name)
    await called((done) => producer.flush(10_000, done))
  }

  beforeAll(() => {
    cluster = clusterOf(brokers)
  })
  afterAll(async () => {
    for (const producer of producers) await new Promise<void>((resolve) => producer.disconnect(() => resolve()))
    await cluster.close()
  })

  test('reads what kcat reads with read_committed, however aborts and commits are interleaved', async () => {
    const topic = await makeTopic(cluster)
    const [a, b] = await Promise.all([open(`${topic.name}-a`), open(`${topic.name}-b`)])
    let seed = 7
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      return seed % below
    }
    for (let round = 0; round < 25; round++) {
      await Promise.all([called((done) => a.beginTransaction(done)), called((done) => b.beginTransaction(done))])
      for (let part = 0; part < 3; part++) {
        await send(a, topic, 1 + random(40), `a${round}.${part}`)
        await send(b, topic, 1 + random(40), `b${round}.${part}`)
        if (random(3) === 0) await kcatProduce(brokers, topic, [`plain:${round}.${part}`])
      }
      for (const producer of random(2) === 0 ? [a, b] : [b, a]) {
        await called((done) =>
          random(2) === 0 ? producer.commitTransaction(10_000, done) : producer.abortTransaction(10_000, done),
        )
      }
    }
    const expected = await kcatRead(brokers, topic)
    const { end } = await cluster.bounds(topic, 0)
    expect(expected.length).toBeGreaterThan(500)
    expect(expected.length).toBeLessThan(end - 50)
    for (const [maxBytes, from] of [
      [undefined, 0],
      [500, 0],
      [20_000, Math.floor(end / 3)],
    ] as const) {
      const reader = kafkaReader(cluster, topic, 0, from)
      const wanted = expected.filter((line) => Number(line.split(' ')[0]) >= from)
      expect(await readLines(reader, maxBytes)).toEqual(wanted)
      expect(reader.position).toBe(end)
      await reader.close()
    }
  })

  test('waits at the last stable offset, and goes on when the transaction ends', async () => {
    const topic = await makeTopic(cluster)
    const producer = await open(`${topic.name}-c`)
    await called((done) => producer.beginTransaction(done))
    await send(producer, topic, 3, 'open')
    await kcatProduce(brokers, topic, ['plain:1'])
    const reader = kafkaReader(cluster, topic, 0)
    expect(await reader.next()).toBeNull()
    expect(await cluster.bounds(topic, 0)).toEqual({ start: 0, end: 0 })
    const more = reader.whenMore(new AbortController().signal)
    await called((done) => producer.commitTransaction(10_000, done))
    // How long the commit takes is not the reader's.
    const committedAt = performance.now()
    await more
    expect(performance.now() - committedAt).toBeLessThan(400)
    expect(await readLines(reader)).toEqual(['0 open:open-0', '1 open:open-1', '2 open:open-2', '3 plain:1'])
    expect(reader.position).toBe(5)
    await reader.close()
  })
})
