import { systemClock } from '../../../src/core/clock.ts'
import type { Logger } from '../../../src/core/logger.ts'
import { partitionOf } from '../../../src/core/murmur2.ts'
import { keyText, RecordBlockBuilder, valueBytes } from '../../../src/core/record-block.ts'
import { airReadings } from '../../../src/events/air.ts'
import type { AirReading } from '../../../src/events/reading.ts'
import { readingEncoder } from '../../../src/events/reading-encoder.ts'
import { WIRE_HEADER_BYTES, writeWireHeader } from '../../../src/events/wire-format.ts'
import type { Log, Topic } from '../../../src/log/port.ts'
import { currentViews } from '../../../src/runtime/live-views.ts'
import { type ReplayedView, type ReplayOptions, replayViews } from '../../../src/runtime/replay/replay-views.ts'
import { type Runner, type RunnerOptions, startRunner } from '../../../src/runtime/runner.ts'
import type { Topology } from '../../../src/streams/topology.ts'
import { memoryLog } from '../../../src/testing/memory-log.ts'
import { air } from '../../streams/readings.ts'

const PARTITIONS = 4
const HOUR_MS = 3_600_000
/** There is one in every partition at least. */
const STATIONS = ['s0', 's1', 's2', 's5', 's16'] as const
const START = Date.parse('2025-01-01T00:00:00Z')
const logger = { debug() {}, info() {}, warn() {}, error() {} }
const never = new AbortController().signal

/** Publishes readings that differ, of several stations, some of them revisions of earlier ones. */
export interface Publisher {
  publish(count: number): Promise<void>
  /** Goes on until the function it gives is called. */
  keepPublishing(everyMs?: number): () => Promise<void>
  /** Ends what a test that failed has left going on, before the log is closed. */
  stop(): Promise<void>
}

export async function publisher(log: Log): Promise<Publisher> {
  const topic = await log.ensureTopic({ name: 'air.readings', partitions: PARTITIONS, cleanup: 'keep' })
  const encoder = readingEncoder(airReadings, await log.registry.register('air.readings-value', airReadings.schema))
  const going = new Set<() => Promise<void>>()
  let next = 0
  const reading = (i: number): AirReading => {
    const isRevision = i % 7 === 6
    const hour = isRevision ? i - 6 : i
    const stationId = STATIONS[hour % 5] as string
    const values = { stationId, co: (i * 37) % 11, pm25: (i * 53) % 40, revisedAt: isRevision ? START + i : null }
    return air(START + Math.floor(hour / 5) * HOUR_MS, values)
  }
  const publish = async (count: number): Promise<void> => {
    const blocks = Array.from({ length: PARTITIONS }, () => new RecordBlockBuilder())
    for (const end = next + count; next < end; next++) {
      const { stationId, ...rest } = reading(next)
      const partition = partitionOf(Buffer.from(stationId), PARTITIONS)
      ;(blocks[partition] as RecordBlockBuilder).add(stationId, encoder.encode({ stationId, ...rest }))
    }
    const writes = blocks.map((block, partition) => ({ topic, partition, count: block.count, block: block.build() }))
    await log.append(writes.filter(({ block }) => block.count > 0))
  }
  return {
    publish,
    keepPublishing(everyMs = 2) {
      let isWanted = true
      const done = (async () => {
        while (isWanted) {
          await publish(3)
          await systemClock.sleep(everyMs)
        }
      })()
      const stop = async (): Promise<void> => {
        isWanted = false
        going.delete(stop)
        await done
      }
      going.add(stop)
      return stop
    },
    async stop() {
      await Promise.all([...going].map((stop) => stop()))
    },
  }
}

/** The same log with the oldest readings gone, as a retention does it; `starts` by partition. */
export function trimmed(log: Log, starts: readonly number[]): Log {
  const isTrimmed = (topic: Topic): boolean => topic.name === 'air.readings'
  const startOf = (topic: Topic, partition: number): number => (isTrimmed(topic) ? (starts[partition] ?? 0) : 0)
  return {
    backend: log.backend,
    registry: log.registry,
    ensureTopic: (spec) => log.ensureTopic(spec),
    findTopic: (name) => log.findTopic(name),
    topics: () => log.topics(),
    deleteTopic: (name) => log.deleteTopic(name),
    async bounds(topic, partition) {
      const { start, end } = await log.bounds(topic, partition)
      return { start: Math.max(start, startOf(topic, partition)), end }
    },
    reader: (topic, partition, from = 0) => log.reader(topic, partition, Math.max(from, startOf(topic, partition))),
    append: (writes) => log.append(writes),
    exclusiveWriter: (id) => log.exclusiveWriter(id),
    joinGroup: (options) => log.joinGroup(options),
    groupProgress: (group, topic) => log.groupProgress(group, topic),
    resetGroup: (group, topic) => log.resetGroup(group, topic),
    compact: (topic) => log.compact(topic),
    close: () => log.close(),
  }
}

/** The same log without the oldest third of the readings of each partition. */
export async function withoutOldestThird(log: Log): Promise<Log> {
  const topic = await log.findTopic('air.readings')
  if (topic === null) throw new Error('there are no readings')
  const ends = await Promise.all(Array.from({ length: topic.partitions }, async (_, p) => (await log.bounds(topic, p)).end))
  return trimmed(
    log,
    ends.map((end) => Math.floor(end / 3)),
  )
}

/** A logger that keeps the codes of what it was warned of. */
export function codesOf(): { readonly logger: Logger; readonly codes: unknown[] } {
  const codes: unknown[] = []
  return { logger: { ...logger, warn: (facts: object) => void codes.push((facts as { code?: unknown }).code) }, codes }
}

export function startTopologies(
  log: Log,
  topologies: readonly Topology[],
  options: Partial<RunnerOptions> = {},
): Promise<Runner> {
  const tuning = { commitIntervalMs: 5 }
  const usual = { kv: null, partitions: PARTITIONS, memoryBytes: 1 << 24, clock: systemClock, logger }
  return startRunner({ ...usual, log, topologies, tuning, ...options })
}

/** A replay of some of the views of the topologies. */
export async function replay(
  log: Log,
  topologies: readonly Topology[],
  views: readonly string[],
  options: Partial<ReplayOptions> = {},
): Promise<readonly ReplayedView[]> {
  const topic = await log.ensureTopic({ name: 'air.readings', partitions: PARTITIONS, cleanup: 'keep' })
  return replayViews({
    log,
    kv: null,
    topologies,
    views,
    readingTopics: new Map([['air', topic]]),
    allowedLatenessMinutes: new Map(),
    memoryBytes: 1 << 24,
    keepMs: 1_000_000,
    clock: systemClock,
    logger,
    signal: never,
    isRunning: async () => true,
    ...options,
  })
}

/** The rows of the view's current generation by key, as the bytes behind the id of their schema. */
export async function currentRows(log: Log, view: string): Promise<Map<string, string>> {
  const current = (await currentViews(log)).get(view)
  return rowsOfTopic(log, current?.topic ?? '')
}

export async function rowsOfTopic(log: Log, name: string): Promise<Map<string, string>> {
  const rows = new Map<string, string>()
  const topic = await log.findTopic(name)
  for (let p = 0; topic !== null && p < topic.partitions; p++) {
    const reader = log.reader(topic, p)
    for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
      for (let i = 0; i < batch.count; i++) {
        const value = valueBytes(batch, i)
        if (value === null) rows.delete(keyText(batch, i))
        else rows.set(keyText(batch, i), Buffer.from(value.subarray(WIRE_HEADER_BYTES)).toString('hex'))
      }
    }
    await reader.close()
  }
  return new Map([...rows].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** What the topologies make of the same readings from the beginning, in a log of their own. */
export async function expectedRows(
  log: Log,
  topologies: readonly Topology[],
  view: string,
  options: Partial<RunnerOptions> = {},
): Promise<Map<string, string>> {
  const fresh = memoryLog()
  await copyReadings(log, fresh)
  const runner = await startTopologies(fresh, topologies, options)
  await runner.untilEnd(never)
  await runner.stop()
  return currentRows(fresh, view)
}

/** Appends the readings of a log to one that has none. */
export async function copyReadings(log: Log, fresh: Log): Promise<void> {
  const from = await log.ensureTopic({ name: 'air.readings', partitions: PARTITIONS, cleanup: 'keep' })
  const to = await fresh.ensureTopic({ name: 'air.readings', partitions: PARTITIONS, cleanup: 'keep' })
  // Ids of schemas are a registry's own.
  const schemaId = await fresh.registry.register('air.readings-value', airReadings.schema)
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const reader = log.reader(from, partition)
    for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
      const block = new RecordBlockBuilder()
      for (let i = 0; i < batch.count; i++) {
        const value = (valueBytes(batch, i) as Uint8Array).slice()
        writeWireHeader(value, 0, schemaId)
        block.add(keyText(batch, i), value)
      }
      await fresh.append([{ topic: to, partition, block: block.build() }])
    }
    await reader.close()
  }
}
