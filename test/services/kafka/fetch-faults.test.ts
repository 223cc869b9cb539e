import { afterEach, describe, expect, test } from 'vitest'
import { hasKcat } from '../../../scripts/services/find-tools.js'
import { startKafka } from '../../../scripts/services/kafka.js'
import type { Cluster } from '../../../src/log/kafka/cluster.ts'
import { kafkaReader } from '../../../src/log/kafka/fetch/kafka-reader.ts'
import { clusterOf, kcatProduce, kcatRead, makeTopic, readLines, until } from './fetch-kit.ts'

type Kafka = Awaited<ReturnType<typeof startKafka>>

function numbered(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, i) => `key-${(from + i) % 7}:value-${from + i}`)
}

describe.runIf(hasKcat())('the bulk reader, when brokers do what brokers do', () => {
  const started: Kafka[] = []
  const clusters: Cluster[] = []
  afterEach(async () => {
    await Promise.all(clusters.splice(0).map((cluster) => cluster.close()))
    await Promise.all(started.splice(0).map((kafka) => kafka.stop()))
  })

  const start = async (options: Parameters<typeof startKafka>[0]): Promise<Kafka> => {
    const kafka = await startKafka(options)
    started.push(kafka)
    return kafka
  }
  const open = (brokers: string, patienceMs?: number): Cluster => {
    const cluster = clusterOf(brokers, patienceMs)
    clusters.push(cluster)
    return cluster
  }

  test('reads over the gaps of compaction, as kcat does', async () => {
    const { brokers } = await start({ settings: { 'log.cleaner.backoff.ms': '200' } })
    const cluster = open(brokers)
    const configs = { 'cleanup.policy': 'compact', 'segment.ms': '100', 'min.cleanable.dirty.ratio': '0.01' }
    const topic = await makeTopic(cluster, { configs })
    for (let round = 0; round < 5; round++) await kcatProduce(brokers, topic, numbered(400, round * 400))
    await until(async () => {
      await kcatProduce(brokers, topic, numbered(1))
      return (await kcatRead(brokers, topic)).length < 500
    })
    // Compaction goes on meanwhile: both are read until they agree.
    await until(async () => {
      const reader = kafkaReader(cluster, topic, 0)
      const [ours, theirs, { end }] = [await readLines(reader), await kcatRead(brokers, topic), await cluster.bounds(topic, 0)]
      const { position } = reader
      await reader.close()
      return position === end && ours.length > 7 && ours.join() === theirs.join()
    })
  })

  test('goes on after the broker was killed and started again: every record once', async () => {
    const kafka = await start({})
    // As long as a broker may take to start.
    const cluster = open(kafka.brokers, 120_000)
    const topic = await makeTopic(cluster)
    await kcatProduce(kafka.brokers, topic, numbered(20_000))
    const reader = kafkaReader(cluster, topic, 0)
    const seen: string[] = []
    const readSome = async (): Promise<void> => {
      const batch = await reader.next(100_000)
      if (batch !== null) for (let i = 0; i < batch.count; i++) seen.push(`${batch.offsets[i]}`)
    }
    await readSome()
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      await kafka.kill(signal)
      const [again] = await Promise.all([readSome(), kafka.start()])
      expect(again).toBeUndefined()
    }
    const more = reader.whenMore(new AbortController().signal)
    await more
    seen.push(...(await readLines(reader)).map((line) => line.split(' ')[0] as string))
    const waiting = reader.whenMore(new AbortController().signal)
    await kafka.kill()
    await kafka.start()
    await kcatProduce(kafka.brokers, topic, numbered(10, 20_000))
    await waiting
    seen.push(...(await readLines(reader)).map((line) => line.split(' ')[0] as string))
    expect(seen).toEqual(Array.from({ length: 20_010 }, (_, i) => `${i}`))
    await reader.close()
  })

  test('says that nobody answers when that takes too long, and goes on when somebody does', async () => {
    const kafka = await start({})
    const cluster = open(kafka.brokers, 500)
    const topic = await makeTopic(cluster)
    await kcatProduce(kafka.brokers, topic, numbered(10))
    const reader = kafkaReader(cluster, topic, 0)
    await kafka.kill()
    await expect(reader.next()).rejects.toMatchObject({ code: 'WR_KAFKA_UNREACHABLE', canRetry: true })
    await kafka.start()
    expect(await readLines(reader)).toHaveLength(10)
    await reader.close()
  })

  test('follows the leaders over several brokers, also when one of them dies', async () => {
    const kafka = await start({ nodes: 2, maxHeap: '256m' })
    const cluster = open(kafka.brokers)
    const topic = await makeTopic(cluster, { partitions: 4, replicas: 2 })
    await kcatProduce(kafka.brokers, topic, numbered(4_000))
    const { partitions } = (await cluster.metadata([topic.name])).get(topic.name) ?? { partitions: [] }
    expect(new Set(partitions.map(({ leader }) => leader)).size).toBe(2)
    const readers = partitions.map((_, partition) => kafkaReader(cluster, topic, partition))
    const seen = readers.map((): string[] => [])
    for (const [i, reader] of readers.entries()) seen[i]?.push(...(await readLines(reader)))
    await kafka.nodes[1]?.kill()
    const waits = readers.map((reader) => reader.whenMore(new AbortController().signal))
    await kcatProduce(kafka.brokers.split(',')[0] as string, topic, numbered(4_000, 4_000))
    await Promise.all(waits)
    for (const [i, reader] of readers.entries()) seen[i]?.push(...(await readLines(reader)))
    expect(seen.map(({ length }) => length).reduce((sum, length) => sum + length)).toBe(8_000)
    for (const lines of seen) expect(lines.map((line) => Number(line.split(' ')[0]))).toEqual(lines.map((_, i) => i))
    await Promise.all(readers.map((reader) => reader.close()))
  })
})
