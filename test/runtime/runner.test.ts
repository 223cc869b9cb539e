import { expect, test } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { WindrowError } from '../../src/core/errors.ts'
import { partitionOf } from '../../src/core/murmur2.ts'
import { keyText, RecordBlockBuilder, valueBytes } from '../../src/core/record-block.ts'
import { airReadings } from '../../src/events/air.ts'
import type { AirReading } from '../../src/events/reading.ts'
import { readingEncoder } from '../../src/events/reading-encoder.ts'
import type { Log, Topic } from '../../src/log/port.ts'
import { startRunner } from '../../src/runtime/runner.ts'
import { dailySensorMeans } from '../../src/streams/topologies/air.ts'
import { crashingLog } from '../../src/testing/crashing-log.ts'
import { manualClock } from '../../src/testing/manual-clock.ts'
import { memoryKv } from '../../src/testing/memory-kv.ts'
import { memoryLog } from '../../src/testing/memory-log.ts'
import { air } from '../streams/readings.ts'

const logger = { debug() {}, info() {}, warn() {}, error() {} }

async function publish(log: Log, readings: readonly AirReading[]): Promise<void> {
  const topic = await log.ensureTopic({ name: 'air.readings', partitions: 4, cleanup: 'keep' })
  const encoder = readingEncoder(airReadings, await log.registry.register('air.readings-value', airReadings.schema))
  for (const reading of readings) {
    const block = new RecordBlockBuilder()
    block.add(reading.stationId, encoder.encode(reading))
    await log.append([{ topic, partition: partitionOf(Buffer.from(reading.stationId), 4), block: block.build() }])
  }
}

async function keysOf(log: Log, name: string): Promise<Map<string, boolean>> {
  const topic = await log.findTopic(name)
  const rows = new Map<string, boolean>()
  for (let p = 0; topic !== null && p < topic.partitions; p++) {
    const reader = log.reader(topic, p)
    for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
      for (let i = 0; i < batch.count; i++) rows.set(keyText(batch, i), valueBytes(batch, i) !== null)
    }
    await reader.close()
  }
  return rows
}

test('a runner reads what is there, commits rows, stops, and a second one goes on where it was', async () => {
  const log = memoryLog()
  const kv = memoryKv()
  const options = { log, kv, topologies: [dailySensorMeans], partitions: 4, memoryBytes: 1 << 20, clock: systemClock, logger }
  await publish(log, [air('2025-01-01T00:00:00Z', { co: 1 }), air('2025-01-01T01:00:00Z', { co: 2, stationId: 'b' })])
  const first = await startRunner(options)
  await first.untilEnd(new AbortController().signal)
  expect([...(await keysOf(log, 'views.daily_sensor_means.g1')).keys()].sort()).toEqual([
    '["a","2025-01-01"]',
    '["b","2025-01-01"]',
  ])
  await first.stop()
  await publish(log, [air('2025-01-02T00:00:00Z', { co: 1 }), air('2025-01-01T00:00:00Z', { co: 1 })])
  const second = await startRunner(options)
  await second.untilEnd(new AbortController().signal)
  const ledgers = second.status().tasks.map(({ ledger }) => ledger)
  expect(ledgers.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(4)
  expect(ledgers.reduce((sum, { duplicate }) => sum + duplicate, 0)).toBe(1)
  expect((await keysOf(log, 'views.daily_sensor_means.g1')).size).toBe(3)
  await second.stop()
})

test('a runner shows no task of a partition that another took over while it was paused', async () => {
  const log = memoryLog()
  const other = log.connect()
  const options = { kv: null, topologies: [dailySensorMeans], partitions: 4, memoryBytes: 1 << 20, clock: systemClock, logger }
  const runner = await startRunner({ ...options, log })
  log.freeze()
  await publish(other, [air('2025-01-01T00:00:00Z', { co: 1 })])
  const partition = partitionOf(Buffer.from('a'), 4)
  await expect.poll(() => runner.status().tasks.map((task) => task.partition)).not.toContain(partition)
  expect(runner.status().failures).toEqual([])
  await runner.stop()
})

test('a runner waits for room on the disk at its start', async () => {
  const log = memoryLog()
  const full = crashingLog(log, { point: 'disk-full', times: 3 })
  await publish(log, [air('2025-01-01T00:00:00Z', { co: 1 })])
  const clock = { ...systemClock, sleep: () => Promise.resolve() }
  const options = { kv: null, topologies: [dailySensorMeans], partitions: 4, memoryBytes: 1 << 20, clock, logger }
  const runner = await startRunner({ ...options, log: full })
  await runner.untilEnd(new AbortController().signal)
  expect((await keysOf(log, 'views.daily_sensor_means.g1')).size).toBe(1)
  await runner.stop()
})

test('a runner goes on when the log was away for longer than a commit waits', async () => {
  const log = memoryLog()
  const away = crashingLog(log, { point: 'log-away', times: 3, kinds: ['lease'] })
  await publish(log, [air('2025-01-01T00:00:00Z', { co: 1 }), air('2025-01-01T01:00:00Z', { co: 2, stationId: 'b' })])
  const options = {
    kv: memoryKv(),
    topologies: [dailySensorMeans],
    partitions: 4,
    memoryBytes: 1 << 20,
    clock: systemClock,
    logger,
  }
  const runner = await startRunner({ ...options, log: away })
  await runner.untilEnd(new AbortController().signal)
  expect((await keysOf(log, 'views.daily_sensor_means.g1')).size).toBe(2)
  expect(runner.status().failures).toEqual([])
  await runner.stop()
})

test('a task waits while the registry is away that knows the schema of a record, and can be stopped meanwhile', async () => {
  const log = memoryLog()
  let away = false
  const registry = {
    register: (subject: string, schema: string) => log.registry.register(subject, schema),
    versions: (subject: string) => log.registry.versions(subject),
    subjects: () => log.registry.subjects(),
    schemaById: async (id: number) => {
      if (!away) return log.registry.schemaById(id)
      throw new WindrowError('WR_REGISTRY_UNREACHABLE', { message: 'away', remedy: 'Start it.', canRetry: true })
    },
  }
  const shy = Object.defineProperty(Object.create(log) as Log, 'registry', { value: registry })
  const told: string[] = []
  const listening = { ...logger, error: (_: object, message: string) => void told.push(message) }
  const options = { kv: null, topologies: [dailySensorMeans], partitions: 4, memoryBytes: 1 << 20, clock: systemClock }
  const states = (runner: Awaited<ReturnType<typeof startRunner>>) => runner.status().tasks.map(({ state }) => state)

  const first = await startRunner({ ...options, log: shy, logger: listening })
  away = true
  await publish(log, [air('2025-01-01T00:00:00Z', { co: 1 })])
  await expect.poll(() => states(first)).toContain('waiting for the schema registry')
  await first.stop()
  expect(first.status().failures).toEqual([])
  expect(told).toEqual(['away'])

  away = false
  const second = await startRunner({ ...options, log: shy, logger })
  await second.untilEnd(new AbortController().signal)
  away = true
  // Each partition asks for itself.
  const partition = (station: string): number => partitionOf(Buffer.from(station), 4)
  const elsewhere = ['b', 'c', 'd', 'e'].find((station) => partition(station) !== partition('a'))
  await publish(log, [air('2025-01-02T00:00:00Z', { co: 1, stationId: elsewhere as string })])
  await expect.poll(() => states(second)).toContain('waiting for the schema registry')
  away = false
  await second.untilEnd(new AbortController().signal)
  expect((await keysOf(log, 'views.daily_sensor_means.g1')).size).toBe(2)
  expect(states(second)).toEqual(['running', 'running', 'running', 'running'])
  await second.stop()
})

test('a runner tells once why it does not get a partition', async () => {
  const log = memoryLog()
  const told: unknown[] = []
  const denied = new WindrowError('WR_KAFKA_DENIED', { message: 'no right to write', remedy: 'Give it.' })
  const joinGroup: Log['joinGroup'] = async (options) => {
    const [topic] = options.topics as [Topic]
    for (const partition of [2, 2, 3]) options.onTrouble?.({ topic, partition, error: denied })
    return { leave: async () => undefined }
  }
  const options = { kv: null, topologies: [dailySensorMeans], partitions: 4, memoryBytes: 1 << 20, clock: systemClock }
  const warn = (facts: object): void => void told.push(facts)
  const runner = await startRunner({
    ...options,
    log: Object.assign(Object.create(log), { joinGroup }),
    logger: { ...logger, warn },
  })
  expect(told).toEqual(
    [2, 3].map((partition) => expect.objectContaining({ partition, code: 'WR_KAFKA_DENIED', remedy: 'Give it.' })),
  )
  await runner.stop()
})

const plain = { kv: null, topologies: [dailySensorMeans], partitions: 4, memoryBytes: 1 << 20, clock: systemClock, logger }

test.each([
  { spec: { partitions: 2, cleanup: 'keep' }, code: 'WR_TOPIC_PARTITIONS' },
  { spec: { partitions: 4, cleanup: 'compact' }, code: 'WR_TOPIC_CLEANUP' },
] as const)('a runner refuses a topic of readings that does not fit ($code)', async ({ spec, code }) => {
  const log = memoryLog()
  await log.ensureTopic({ name: 'air.readings', ...spec })
  await expect(startRunner({ ...plain, log })).rejects.toMatchObject({ code })
})

test('a runner does not go on with views of a topic that was made anew', async () => {
  const log = memoryLog()
  await publish(log, [air('2025-01-01T00:00:00Z', { co: 1 })])
  const first = await startRunner({ ...plain, log })
  await first.untilEnd(new AbortController().signal)
  await first.stop()
  await log.deleteTopic('air.readings')
  await publish(log, [air('2025-01-02T00:00:00Z', { co: 1 })])
  await expect(startRunner({ ...plain, log })).rejects.toMatchObject({ code: 'WR_TOPOLOGY_CHANGED' })
})

test('a runner begins where the log does when retention took what it had not processed, and says so', async () => {
  const log = memoryLog()
  const told: object[] = []
  const days = ['2025-01-01', '2025-01-02', '2025-01-03']
  await publish(
    log,
    days.map((day) => air(`${day}T00:00:00Z`, { co: 1 })),
  )
  const partition = partitionOf(Buffer.from('a'), 4)
  const bounds: Log['bounds'] = async (topic, of) => {
    const found = await log.bounds(topic, of)
    return topic.name === 'air.readings' && of === partition ? { ...found, start: 2 } : found
  }
  const warn = (facts: object): void => void told.push(facts)
  const runner = await startRunner({ ...plain, log: Object.assign(Object.create(log), { bounds }), logger: { ...logger, warn } })
  await runner.untilEnd(new AbortController().signal)
  expect([...(await keysOf(log, 'views.daily_sensor_means.g1')).keys()]).toEqual(['["a","2025-01-03"]'])
  expect(told).toEqual([{ topic: 'air.readings', partition, missing_from: 0, log_begins_at: 2 }])
  await runner.stop()
})

test('a runner tells of partitions that a topic was given while it was read', async () => {
  const log = memoryLog()
  const clock = manualClock()
  const told: object[] = []
  let partitions = 4
  const findTopic: Log['findTopic'] = async (name) => {
    const topic = await log.findTopic(name)
    return topic === null ? null : { ...topic, partitions }
  }
  const error = (facts: object): void => void told.push(facts)
  const runner = await startRunner({
    ...plain,
    clock,
    log: Object.assign(Object.create(log), { findTopic }),
    logger: { ...logger, error },
  })
  await clock.advance(30_000)
  expect(told).toEqual([])
  partitions = 6
  await clock.advance(30_000)
  expect(runner.status().failures.map(({ partition }) => partition)).toEqual([4, 5])
  expect(told).toEqual([expect.objectContaining({ topic: 'air.readings', code: 'WR_TOPIC_PARTITIONS' })])
  await runner.stop()
})
