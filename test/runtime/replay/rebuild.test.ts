import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { partitionOf } from '../../../src/core/murmur2.ts'
import { RecordBlockBuilder } from '../../../src/core/record-block.ts'
import { airReadings } from '../../../src/events/air.ts'
import type { AirReading } from '../../../src/events/reading.ts'
import { readingEncoder } from '../../../src/events/reading-encoder.ts'
import { endsOf } from '../../../src/log/ends-of.ts'
import type { Log, Topic } from '../../../src/log/port.ts'
import { type RebuildOptions, rebuildViews } from '../../../src/runtime/replay/rebuild.ts'
import { builtInTopologies } from '../../../src/streams/topologies/index.ts'
import { memoryLog } from '../../../src/testing/memory-log.ts'
import { rowDecoder } from '../../../src/views/row-decoder.ts'
import { rowSchema } from '../../../src/views/row-schema.ts'
import type { Cell, View } from '../../../src/views/view.ts'
import { air } from '../../streams/readings.ts'
import { rowsOfTopic, startTopologies } from './replay-world.ts'

const never = new AbortController().signal
const logger = { debug() {}, info() {}, warn() {}, error() {} }
const topologies = builtInTopologies.filter(({ event }) => event === airReadings)
const views = [...new Set(topologies.map(({ view }) => view))]
const START = Date.parse('2025-03-29T00:00:00Z')
const HOUR_MS = 3_600_000
const PARTITIONS = 4

async function append(log: Log, readings: readonly AirReading[]): Promise<Topic> {
  const topic = await log.ensureTopic({ name: 'air.readings', partitions: PARTITIONS, cleanup: 'keep' })
  const encoder = readingEncoder(airReadings, await log.registry.register('air.readings-value', airReadings.schema))
  for (const reading of readings) {
    const block = new RecordBlockBuilder()
    block.add(reading.stationId, encoder.encode(reading))
    await log.append([{ topic, partition: partitionOf(Buffer.from(reading.stationId), PARTITIONS), block: block.build() }])
  }
  return topic
}

function optionsOf(log: Log, topic: Topic): Omit<RebuildOptions, 'upTo'> {
  const readingTopics = new Map([['air', topic]])
  return { log, topologies, readingTopics, memoryBytes: 1 << 22, clock: systemClock, logger, signal: never }
}

/** All rows of all views by key. */
async function rebuilt(
  log: Log,
  topic: Topic,
  options: Partial<RebuildOptions> = {},
): Promise<Record<string, Map<string, unknown>>> {
  const upTo = new Map([['air', await endsOf(log, topic)]])
  const result = await rebuildViews({ ...optionsOf(log, topic), upTo, ...options })
  try {
    const rows: Record<string, Map<string, unknown>> = {}
    for (const [name, view] of result.views) {
      const ofView = new Map<string, unknown>()
      for await (const page of view.rows.entries()) for (const { key, cells } of page) ofView.set(key, cells)
      rows[name] = ofView
    }
    return rows
  } finally {
    await result.close()
  }
}

/** What live topologies made of it. */
async function live(log: Log): Promise<Record<string, Map<string, unknown>>> {
  const runner = await startTopologies(log, topologies)
  await runner.untilEnd(never)
  await runner.stop()
  const rows: Record<string, Map<string, unknown>> = {}
  for (const view of views) rows[view.name] = decoded(view, await rowsOfTopic(log, `views.${view.name}.g1`))
  return rows
}

function decoded(view: View, rows: ReadonlyMap<string, string>): Map<string, readonly Cell[]> {
  const decoder = rowDecoder(view, () => rowSchema(view))
  const header = Uint8Array.of(0, 0, 0, 0, 1)
  return new Map(
    [...rows].map(([key, hex]) => [key, decoder.decode(new Uint8Array(Buffer.concat([header, Buffer.from(hex, 'hex')])))]),
  )
}

const reading = fc
  .record({
    station: fc.constantFrom('a', 'b', 'c'),
    hour: fc.integer({ min: 0, max: 60 }),
    co: fc.option(fc.integer({ min: 0, max: 9 })),
    revision: fc.option(fc.integer({ min: 1, max: 3 })),
    zone: fc.constantFrom('Europe/Paris', 'Asia/Kolkata'),
  })
  .map(({ station, hour, co, revision, zone }) =>
    air(START + hour * HOUR_MS, {
      stationId: station,
      co,
      revisedAt: revision === null ? null : START + revision,
      location: { city: null, country: null, latitude: null, longitude: null, timeZone: zone },
    }),
  )

test('views that are rebuilt are what live topologies made of the same readings, to the bit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(reading, { maxLength: 60 }), fc.constantFrom(1 << 12, 1 << 22), async (readings, memoryBytes) => {
      const log = memoryLog()
      const topic = await append(log, readings)
      const expected = await live(log)
      expect(await rebuilt(log, topic, { memoryBytes })).toEqual(expected)
    }),
    { numRuns: 15 },
  )
})

test('what comes at or after the offsets does not count', async () => {
  const log = memoryLog()
  const topic = await append(log, [air(START, { co: 1 }), air(START + HOUR_MS, { co: 2 })])
  const upTo = new Map([['air', await endsOf(log, topic)]])
  const before = await rebuilt(log, topic)
  await append(log, [air(START, { co: 5, revisedAt: START + 1 }), air(START + 2 * HOUR_MS, { co: 3 })])
  expect(await rebuilt(log, topic, { upTo })).toEqual(before)
  expect(await rebuilt(log, topic)).not.toEqual(before)
})

test('rows that change beyond marks are known as they were there, to the bit', async () => {
  const where = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: PARTITIONS, maxLength: PARTITIONS })
  await fc.assert(
    fc.asyncProperty(
      fc.array(reading, { maxLength: 40 }),
      where,
      fc.constantFrom(1 << 12, 1 << 22),
      async (readings, parts, memoryBytes) => {
        const log = memoryLog()
        const topic = await append(log, readings)
        const ends = await endsOf(log, topic)
        const marks = new Map([['air', ends.map((end, p) => Math.round(end * (parts[p] as number)))]])
        const [then, now] = [await rebuilt(log, topic, { upTo: marks }), await rebuilt(log, topic, { memoryBytes })]
        const result = await rebuildViews({ ...optionsOf(log, topic), upTo: new Map([['air', ends]]), marks, memoryBytes })
        for (const [name, { rows }] of result.views) {
          for (const key of new Set([...(then[name]?.keys() ?? []), ...(now[name]?.keys() ?? [])])) {
            const [was, is] = [then[name]?.get(key) ?? null, now[name]?.get(key) ?? null]
            expect(rows.get(key)).toEqual(is)
            const atMark = rows.getAtMark(key)
            expect(atMark === undefined ? is : atMark).toEqual(was)
          }
        }
        await result.close()
      },
    ),
    { numRuns: 15 },
  )
})

test('as of an instant, readings and revisions that were ingested later are as if they were not there', async () => {
  const monday = START + 10 * HOUR_MS
  const first = [air(START, { co: 1, ingestedAt: monday - 1 }), air(START + HOUR_MS, { co: 2, ingestedAt: monday })]
  const later = [
    air(START, { co: 7, revisedAt: monday + 1, ingestedAt: monday + 1 }),
    air(START + 2 * HOUR_MS, { co: 3, ingestedAt: monday + 2 }),
    air(START, { co: 4, stationId: 'b', ingestedAt: monday + 1 }),
  ]
  const log = memoryLog()
  const topic = await append(log, [...first, ...later])
  const then = memoryLog()
  expect(await rebuilt(log, topic, { asOf: monday })).toEqual(await rebuilt(then, await append(then, first)))
})

test('a rebuilding that is stopped ends with the reason', async () => {
  const log = memoryLog()
  const topic = await append(log, [air(START, { co: 1 })])
  const stop = new AbortController()
  stop.abort(new Error('enough'))
  await expect(rebuilt(log, topic, { signal: stop.signal })).rejects.toThrow('enough')
})
