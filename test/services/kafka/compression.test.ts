import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { expect, inject, test } from 'vitest'
import { hasKcat } from '../../../scripts/services/find-tools.js'
import { openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import type { Topic } from '../../../src/log/port.ts'
import { numbered, readAll, write } from '../../conformance/plain-records.ts'
import { clusterOf, makeTopic } from './fetch-kit.ts'

const { kafkaBrokers } = inject('services')
const brokers = kafkaBrokers.split(',')
const types = ['none', 'gzip', 'snappy', 'lz4', ...('zstdCompressSync' in zlib ? (['zstd'] as const) : [])] as const

test.each(types)('what is written with %s, the broker takes, and windrow and kcat read', async (type) => {
  const log = await openKafkaLog({ brokers, compression: { type, level: null } })
  try {
    const topic = await log.ensureTopic({ name: randomUUID(), partitions: 1, cleanup: 'keep' })
    await log.append([write(topic, 0, ...numbered(0, 500))])
    const writer = await log.exclusiveWriter(topic.name)
    await writer.commit([write(topic, 0, ...numbered(500, 1_000))])
    const expected = numbered(0, 1_000).map(({ key, value }) => `${key}:${value}`)
    // A commit can be read when the broker has marked it, soon after it was acknowledged.
    const read = async () => (await readAll(log.reader(topic, 0))).map(({ key, value }) => `${key}:${value}`)
    await expect.poll(read, { timeout: 10_000 }).toEqual(expected)
    if (hasKcat()) {
      const args = ['-C', '-b', kafkaBrokers, '-t', topic.name, '-o', 'beginning', '-e', '-q', '-f', '%k:%s\n']
      const { stdout } = await promisify(execFile)('kcat', args)
      expect(stdout.trimEnd().split('\n')).toEqual(expected)
    }
    await writer.close()
    await log.deleteTopic(topic.name)
  } finally {
    await log.close()
  }
})

test('record batches are closed at the size that is asked for, so that a topic with a small limit takes them', async () => {
  const log = await openKafkaLog({ brokers, maxBatchBytes: 15_000 })
  const cluster = clusterOf(kafkaBrokers)
  try {
    const { name } = await makeTopic(cluster, { configs: { 'max.message.bytes': '20000' } })
    const topic = (await log.findTopic(name)) as Topic
    await log.append([write(topic, 0, ...numbered(0, 2_000))])
    const writer = await log.exclusiveWriter(name)
    await writer.commit([write(topic, 0, ...numbered(2_000, 4_000))])
    const read = async () => (await readAll(log.reader(topic, 0))).length
    await expect.poll(read, { timeout: 10_000 }).toBe(4_000)
    await writer.close()
    await log.deleteTopic(name)
  } finally {
    await cluster.close()
    await log.close()
  }
})
