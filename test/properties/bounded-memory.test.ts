import { expect, test } from 'vitest'
import { partitionOf } from '../../src/core/murmur2.ts'
import { RecordBlockBuilder } from '../../src/core/record-block.ts'
import { airReadings } from '../../src/events/air.ts'
import { readingEncoder } from '../../src/events/reading-encoder.ts'
import type { Log } from '../../src/log/port.ts'
import { engineGroup } from '../../src/runtime/engine-group.ts'
import { parseLedger } from '../../src/runtime/ledger.ts'
import { startRunner } from '../../src/runtime/runner.ts'
import { airHourly, dailySensorMeans } from '../../src/streams/topologies/air.ts'
import { memoryKv } from '../../src/testing/memory-kv.ts'
import { memoryLog } from '../../src/testing/memory-log.ts'
import { airReading } from '../events/readings.ts'
import { hastyClock } from '../simulation/hasty-clock.ts'
import { seededRandom } from '../simulation/random.ts'
import { interceptCommits } from '../support/intercept-commits.ts'

// Invariant 6: bytes of state in memory have a budget, whatever the length of the log; the rest is on disk.

const PARTITIONS = 2
const STATIONS = 24
const BATCH_RECORDS = 50
const BUDGET_BYTES = 150_000
/** Readings that one batch brings may come on top before the next commit lets segments go. */
const SLACK_BYTES = BATCH_RECORDS * PARTITIONS * 2 * 1024
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** Appends hourly readings of so many days, some of them late by up to all of it, so that old segments are fetched again. */
async function fill(log: Log, days: number): Promise<number> {
  const random = seededRandom(days)
  const topic = await log.ensureTopic({ name: airReadings.defaultTopic, partitions: PARTITIONS, cleanup: 'keep' })
  const id = await log.registry.register(`${topic.name}-value`, airReadings.schema)
  const encoder = readingEncoder(airReadings, id)
  const builders = Array.from({ length: PARTITIONS }, () => new RecordBlockBuilder())
  let count = 0
  for (let hour = 0; hour < days * 24; hour++) {
    for (let s = 0; s < STATIONS; s++) {
      const late = random.chance(0.02) ? random.int(0, hour) : 0
      const timestamp = airReading.timestamp + (hour - late) * 3_600_000
      const reading = { ...airReading, stationId: `s${s}`, timestamp, ingestedAt: timestamp, co: random.int(0, 50) / 10 }
      const key = new TextEncoder().encode(reading.stationId)
      builders[partitionOf(key, PARTITIONS)]?.add(key, encoder.encode(reading))
      count += 1
    }
  }
  await log.append(builders.map((builder, partition) => ({ topic, partition, block: builder.build() })))
  return count
}

/** Processes a log of so many days and gives the most bytes of state that were in memory at any commit. */
async function peakBytes(days: number): Promise<number> {
  const log = memoryLog()
  const count = await fill(log, days)
  let peak = 0
  let runner: Awaited<ReturnType<typeof startRunner>> | undefined
  runner = await startRunner({
    // Just before a commit all that a batch brought is still in memory.
    log: interceptCommits(log, (commit) => {
      peak = Math.max(peak, runner?.status().stateBytes ?? 0)
      return commit()
    }),
    kv: memoryKv(),
    topologies: [airHourly, dailySensorMeans],
    partitions: PARTITIONS,
    memoryBytes: BUDGET_BYTES,
    tuning: { batchRecords: BATCH_RECORDS, checkpointReadings: 500 },
    clock: hastyClock(seededRandom(1), 10),
    logger: quiet,
  })
  await runner.untilEnd(new AbortController().signal)
  const topic = runner.readingTopics.get('air')
  const progress = topic === undefined ? [] : await log.groupProgress(engineGroup(topic.name), topic)
  expect(progress.reduce((sum, { metadata }) => sum + parseLedger(metadata).accepted, 0)).toBe(count)
  await runner.stop()
  return peak
}

test('the state in memory stays within its budget however long the log is', async () => {
  const peaks = [await peakBytes(10), await peakBytes(40)]
  for (const peak of peaks) {
    expect(peak).toBeGreaterThan(BUDGET_BYTES / 4)
    expect(peak).toBeLessThan(BUDGET_BYTES + SLACK_BYTES)
  }
})
