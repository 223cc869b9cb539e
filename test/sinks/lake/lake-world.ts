import { DuckDBBlobValue, DuckDBInstance } from '@duckdb/node-api'
import { systemClock } from '../../../src/core/clock.ts'
import { partitionOf } from '../../../src/core/murmur2.ts'
import { RecordBlockBuilder } from '../../../src/core/record-block.ts'
import { airReadings } from '../../../src/events/air.ts'
import { energyReadings } from '../../../src/events/energy.ts'
import type { EventType } from '../../../src/events/event-type.ts'
import type { Reading } from '../../../src/events/reading.ts'
import { readingEncoder } from '../../../src/events/reading-encoder.ts'
import { readingKey } from '../../../src/events/reading-key.ts'
import { weatherReadings } from '../../../src/events/weather.ts'
import type { Log, Topic, Write } from '../../../src/log/port.ts'
import type { LakeLayer } from '../../../src/sinks/lake/lake-layer.ts'
import { type LakeRunner, startLake } from '../../../src/sinks/lake/lake-runner.ts'
import type { LakeTuning } from '../../../src/sinks/lake/lake-tuning.ts'
import { readingsLayer } from '../../../src/sinks/lake/readings/readings-layer.ts'
import { localFolder } from '../../../src/sinks/lake/storage/local-folder.ts'
import type { LakeStorage } from '../../../src/sinks/lake/storage/storage.ts'
import { silentLogger } from '../silent-logger.ts'

export type Row = Readonly<Record<string, unknown>>

/** A record of the log, and the row of bronze that it has to become. */
export interface Published {
  readonly topic: string
  readonly row: Row
}

export const EVENTS: readonly EventType[] = [weatherReadings, energyReadings, airReadings]

/** Waits and sizes for small tests. */
export const SMALL: Partial<LakeTuning> = {
  flushMs: 5,
  firstBackoffMs: 1,
  mostBackoffMs: 5,
  memoryMb: 256,
  threads: 1,
  concurrency: 2,
}

export const topicsOf = EVENTS.map((event) => ({ event, topic: event.defaultTopic }))

export interface LakeWorld {
  readonly log: Log
  readonly published: readonly Published[]
  topicOf(event: EventType): Promise<Topic>
  publish<R extends Reading>(event: EventType<R>, readings: readonly R[]): Promise<void>
  /** A record as it is; `problem` and `timestamp` are what bronze has to say of it. */
  publishBytes(event: EventType, key: string, value: Uint8Array | null, problem: string, timestamp?: number | null): Promise<void>
}

export async function lakeWorld(log: Log, partitions = 2): Promise<LakeWorld> {
  const published: Published[] = []
  const topicOf = (event: EventType) => log.ensureTopic({ name: event.defaultTopic, partitions, cleanup: 'keep' })

  return {
    log,
    published,
    topicOf,
    async publish(event, readings) {
      const topic = await topicOf(event)
      const encoder = readingEncoder(event, await log.registry.register(`${topic.name}-value`, event.schema))
      const parts = new Map<number, Array<(typeof readings)[number]>>()
      for (const reading of readings) {
        const partition = partitionOf(new TextEncoder().encode(readingKey(event, reading)), partitions)
        parts.set(partition, [...(parts.get(partition) ?? []), reading])
      }
      for (const [partition, own] of parts) {
        const block = new RecordBlockBuilder()
        for (const reading of own) block.add(readingKey(event, reading), encoder.encode(reading))
        const [base = 0] = await log.append([{ topic, partition, block: block.build() } satisfies Write])
        own.forEach((reading, i) => {
          published.push({ topic: topic.name, row: rowOf(event, reading, partition, base + i) })
        })
      }
    },
    async publishBytes(event, key, value, problem, timestamp = null) {
      const topic = await topicOf(event)
      const partition = partitionOf(new TextEncoder().encode(key), partitions)
      const block = new RecordBlockBuilder()
      block.add(key, value)
      const [base = 0] = await log.append([{ topic, partition, block: block.build() }])
      const nothing = Object.fromEntries(fieldsOf(event).map((field) => [field, null]))
      const place = { log_partition: partition, log_offset: base, [event.keyField]: key, timestamp }
      const raw = value === null ? null : Buffer.from(value).toString('hex')
      published.push({ topic: topic.name, row: { ...nothing, ...place, problem, raw } })
    },
  }
}

function fieldsOf(event: EventType): string[] {
  const common = [
    'interval_minutes',
    'city',
    'country',
    'latitude',
    'longitude',
    'time_zone',
    'revised_at',
    'ingested_at',
    'data_origin',
  ]
  return [event.keyField, ...event.subKeyFields, 'timestamp', ...common, ...event.payload.map(({ field }) => field)]
}

function rowOf(event: EventType, reading: Reading, partition: number, offset: number): Row {
  const { location, ...own } = reading as unknown as Record<string, unknown> & { location: Record<string, unknown> }
  const values = { ...own, ...location }
  const camel = (field: string): string => field.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  const fields = fieldsOf(event).map((field) => [field, values[camel(field)] ?? null])
  return { log_partition: partition, log_offset: offset, ...Object.fromEntries(fields), problem: null, raw: null }
}

/** What silver has to hold: of every identity the highest revision, of equal ones the last in the log. */
export function silverOf(event: EventType, published: readonly Published[]): Row[] {
  const best = new Map<string, Row>()
  for (const { topic, row } of published) {
    if (topic !== event.defaultTopic || row.problem !== null) continue
    const identity = JSON.stringify([event.keyField, ...event.subKeyFields, 'timestamp'].map((field) => row[field]))
    const before = best.get(identity)
    if (before === undefined || isBetter(row, before)) best.set(identity, row)
  }
  return [...best.values()].map(({ problem: _, raw: __, ...row }) => row)
}

function isBetter(row: Row, before: Row): boolean {
  const rank = (value: unknown): number => (value === null ? Number.NEGATIVE_INFINITY : Number(value))
  if (rank(row.revised_at) !== rank(before.revised_at)) return rank(row.revised_at) > rank(before.revised_at)
  return Number(row.log_offset) > Number(before.log_offset)
}

export function bronzeOf(event: EventType, published: readonly Published[]): Row[] {
  return published.filter(({ topic }) => topic === event.defaultTopic).map(({ row }) => row)
}

/** The rows of a layer as anybody reads them, in the order of the log. Empty where there are no files. */
export async function lakeRows(folder: string, layer: string, event: EventType): Promise<Row[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  const times = ['timestamp', 'revised_at', 'ingested_at'].map((name) => `epoch_ms("${name}") AS "${name}"`)
  const files = `${folder}/${layer}/${event.defaultTopic}/**/*.parquet`.replaceAll("'", "''")
  try {
    const reader = await connection.runAndReadAll(
      `SELECT * REPLACE (${times.join(', ')}) FROM read_parquet('${files}', hive_partitioning = false) ORDER BY log_partition, log_offset`,
    )
    return reader
      .getRowObjects()
      .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])))
  } catch (error) {
    if (String(error).includes('No files found')) return []
    throw error
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('hex')
  return value
}

export function inLogOrder(rows: readonly Row[]): Row[] {
  const rank = (row: Row): number => Number(row.log_partition) * 2 ** 40 + Number(row.log_offset)
  return [...rows].sort((a, b) => rank(a) - rank(b))
}

export interface RunOptions {
  readonly storage: LakeStorage
  readonly log: Log
  readonly tuning?: Partial<LakeTuning>
  readonly layers?: readonly LakeLayer[]
  readonly keepDays?: number | null
  readonly once?: boolean
}

export function run({ storage, log, tuning, layers, keepDays = null, once = true }: RunOptions): Promise<LakeRunner> {
  return startLake({
    storage,
    log,
    layers: layers ?? [readingsLayer({ topics: topicsOf, keepDays })],
    tuning: { ...SMALL, ...tuning },
    clock: systemClock,
    logger: silentLogger,
    once,
  })
}

/** Brings a folder to the present end of the log. */
export async function bringUp(folder: string, log: Log, options: Partial<RunOptions> = {}): Promise<void> {
  const runner = await run({ storage: localFolder(folder), log, ...options })
  try {
    await runner.done
  } finally {
    await runner.stop()
  }
}
