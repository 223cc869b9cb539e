import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startKafka } from '../../../scripts/services/kafka.js'
import { BatchSender } from '../../../src/log/kafka/batch-sender.ts'
import type { Cluster } from '../../../src/log/kafka/cluster.ts'
import { kafkaReader } from '../../../src/log/kafka/fetch/kafka-reader.ts'
import { byPartition } from '../../../src/log/kafka/produce.ts'
import type { Places } from '../../../src/log/kafka/transaction-marks.ts'
import {
  type OffsetCommit,
  type Outcome,
  onceEnded,
  type ProducerIdentity,
  TransactionRequests,
} from '../../../src/log/kafka/transaction-requests.ts'
import { TransactionalProducer } from '../../../src/log/kafka/transactional-producer.ts'
import type { Topic } from '../../../src/log/port.ts'
import { numbered, readAll, write } from '../../conformance/plain-records.ts'
import { clusterOf, makeTopic } from './fetch-kit.ts'

const settings = { clientId: 'test' }
const never = new AbortController().signal

/**
 * A broker that shuts down may acknowledge a transaction and never mark it. The same comes of records that are written without
 * their partition being named to the coordinator, which brokers take only when they are told not to look.
 */
describe('a transaction that ended, and is marked nowhere', () => {
  let kafka: Awaited<ReturnType<typeof startKafka>>
  let cluster: Cluster
  let rows: Topic
  let id: string

  beforeAll(async () => {
    kafka = await startKafka({ settings: { 'transaction.partition.verification.enable': 'false' } })
    cluster = clusterOf(kafka.brokers)
  })
  afterAll(async () => {
    await cluster.close()
    await kafka.stop()
  })

  const leaveUndecided = async (outcome: Outcome, progress: OffsetCommit | null): Promise<void> => {
    const requests = new TransactionRequests(cluster, settings, id)
    const sender = new BatchSender(cluster)
    const identity: ProducerIdentity = await onceEnded(() => requests.init(null), never)
    const elsewhere = [{ topic: await makeTopic(cluster), partition: 0 }]
    await onceEnded(() => requests.addPartitions(identity, elsewhere), never)
    const next = () => ({ ...identity, sequence: 0, transactional: true })
    await sender.send(byPartition([write(rows, 0, ...numbered(0, 10))]), id, next)
    if (progress !== null) await onceEnded(() => requests.commitOffsets(identity, progress), never)
    await onceEnded(() => requests.end(identity, outcome), never)
    requests.close()
    sender.close()
  }
  const keys = async (): Promise<string[]> => (await readAll(kafkaReader(cluster, rows, 0))).map(({ key }) => key)

  const takeOver = async (places: Places): Promise<TransactionalProducer> => {
    const producer = new TransactionalProducer({ cluster, settings, transactionalId: id, what: 'rows' })
    await producer.init(never, places)
    return producer
  }

  test.each([
    { outcome: 'commit', from: 0 },
    { outcome: 'abort', from: 10 },
  ] as const)('is $outcome for whoever takes the id over', async ({ outcome, from }) => {
    rows = await makeTopic(cluster)
    id = randomUUID()
    await leaveUndecided(outcome, null)
    expect(await keys()).toEqual([])
    const producer = await takeOver({ partitions: [], progress: null })
    await producer.commit([write(rows, 0, ...numbered(10, 20))], null, never)
    await producer.close()
    expect(await keys()).toEqual(numbered(from, 20).map(({ key }) => key))
  })

  test('is decided by the takeover in the partitions that it is told of', async () => {
    rows = await makeTopic(cluster)
    id = randomUUID()
    await leaveUndecided('commit', null)
    const producer = await takeOver({ partitions: [{ topic: rows, partition: 0 }], progress: null })
    expect(await keys()).toEqual(numbered(0, 10).map(({ key }) => key))
    await producer.close()
  })

  test('leaves no progress undecided when the id was taken over', async () => {
    rows = await makeTopic(cluster)
    id = randomUUID()
    const progress = { group: `group-${id}`, topic: rows, partition: 0, offset: 7, metadata: '' }
    await leaveUndecided('commit', progress)
    const requests = new TransactionRequests(cluster, settings, id)
    expect(await requests.hasUndecidedOffsets(progress)).toBe(true)
    const producer = await takeOver({ partitions: [], progress })
    expect(await requests.hasUndecidedOffsets(progress)).toBe(false)
    requests.close()
    await producer.close()
  })
})
