import { deleteTopicsV6 } from '@platformatic/kafka'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { hasKcat } from '../../../scripts/services/find-tools.js'
import { howToRun } from '../../../scripts/services/how-to-run.js'
import { installKafka } from '../../../scripts/services/java-kafka.js'
import type { Cluster } from '../../../src/log/kafka/cluster.ts'
import { kafkaReader } from '../../../src/log/kafka/fetch/kafka-reader.ts'
import type { Topic } from '../../../src/log/port.ts'
import { clusterOf, kcatProduce, makeTopic, produce, readLines } from './fetch-kit.ts'

const { kafkaBrokers: brokers } = inject('services')
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

function numbered(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, i) => `key-${from + i}:value-${from + i}-${'x'.repeat((i * 7) % 90)}`)
}

function withOffsets(lines: readonly string[], from = 0): string[] {
  return lines.map((line, i) => `${from + i} ${line}`)
}

describe.runIf(hasKcat())('the bulk reader', () => {
  let cluster: Cluster
  beforeAll(() => {
    cluster = clusterOf(brokers)
  })
  afterAll(() => cluster.close())

  const readAll = async (topic: Topic, maxBytes?: number, from?: number): Promise<string[]> => {
    const reader = kafkaReader(cluster, topic, 0, from)
    const lines = await readLines(reader, maxBytes)
    await reader.close()
    return lines
  }

  test.each(CODECS)('reads what librdkafka wrote with compression %s', async (codec) => {
    const topic = await makeTopic(cluster)
    const lines = numbered(20_000)
    await kcatProduce(brokers, topic, lines, '-z', codec)
    expect(await readAll(topic)).toEqual(withOffsets(lines))
    expect(await readAll(topic, 1_000)).toEqual(withOffsets(lines))
    expect(await readAll(topic, 50_000, 12_345)).toEqual(withOffsets(lines).slice(12_345))
  })

  test.runIf(howToRun() === 'java').each(CODECS)('reads what a Java producer wrote with compression %s', async (codec) => {
    const { command, classpath } = await installKafka()
    const topic = await makeTopic(cluster)
    const lines = numbered(5_000)
    const producer = ['org.apache.kafka.tools.ConsoleProducer', '--bootstrap-server', brokers, '--topic', topic.name]
    const keyed = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:', '--compression-codec', codec]
    await produce(command, ['-XX:TieredStopAtLevel=1', '-cp', classpath, ...producer, ...keyed], lines)
    expect(await readAll(topic)).toEqual(withOffsets(lines))
  })

  test('begins at the start, tells when there is more, and says null at the end for now', async () => {
    const topic = await makeTopic(cluster)
    const reader = kafkaReader(cluster, topic, 0)
    expect(await reader.next()).toBeNull()
    const quiet = new AbortController()
    for (let round = 0; round < 3; round++) {
      const more = reader.whenMore(quiet.signal)
      await kcatProduce(brokers, topic, numbered(2, round * 2))
      await more
      // kcat may write them in two batches, of which the first ended the wait.
      expect(await readLines(reader)).toEqual(withOffsets(numbered(2, round * 2), round * 2))
      expect(reader.position).toBe(round * 2 + 2)
    }
    const waiting = reader.whenMore(quiet.signal)
    quiet.abort()
    await waiting
    expect(await reader.next()).toBeNull()
    await kcatProduce(brokers, topic, ['late:1'])
    expect(await readLines(reader)).toEqual(['6 late:1'])
    await reader.close()
    expect(await reader.next()).toBeNull()
  })

  test('reads a batch that is larger than what it asks for', async () => {
    const topic = await makeTopic(cluster, { configs: { 'max.message.bytes': '20000000' } })
    const large = `k:${'y'.repeat(9_000_000)}`
    await kcatProduce(brokers, topic, [large, 'k:small'], '-X', 'message.max.bytes=20000000')
    expect(await readAll(topic)).toEqual([`0 ${large}`, '1 k:small'])
  })

  test('refuses an offset that the partition does not hold, and names the bounds', async () => {
    const topic = await makeTopic(cluster)
    await kcatProduce(brokers, topic, numbered(3))
    for (const offset of [4, -1, Number.NaN, 1e12]) {
      await expect(kafkaReader(cluster, topic, 0, offset).next()).rejects.toMatchObject({
        code: 'WR_OFFSET_OUT_OF_RANGE',
        message: expect.stringContaining('[0, 3)'),
      })
    }
    expect(await readAll(topic, 1_000, 3)).toEqual([])
    expect(await cluster.bounds(topic, 0)).toEqual({ start: 0, end: 3 })
  })

  test('does not read another topic of the same name', async () => {
    const topic = await makeTopic(cluster)
    await kcatProduce(brokers, topic, numbered(3))
    const reader = kafkaReader(cluster, topic, 0)
    await cluster.ask([deleteTopicsV6], 'DeleteTopics', [{ name: topic.name }], 10_000)
    await expect(readLines(reader)).rejects.toMatchObject({ code: 'WR_TOPIC_GONE' })
    const anew = await makeTopic(cluster, { name: topic.name })
    await kcatProduce(brokers, anew, numbered(5))
    expect(await readAll(anew)).toHaveLength(5)
    await expect(readLines(reader)).rejects.toMatchObject({ code: 'WR_TOPIC_GONE' })
    await expect(cluster.bounds(topic, 0)).rejects.toMatchObject({ code: 'WR_TOPIC_GONE' })
    await reader.close()
  })

  test('that is closed lets nobody wait', async () => {
    const topic = await makeTopic(cluster)
    const reader = kafkaReader(cluster, topic, 0)
    const waiting = reader.whenMore(new AbortController().signal)
    await reader.close()
    await waiting
  })
})
