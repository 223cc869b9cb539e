import { expect, test } from 'vitest'
import { recomputeLedger } from '../../../src/cli/audit/recompute-ledger.ts'
import { RecordBlockBuilder } from '../../../src/core/record-block.ts'
import { airReadings } from '../../../src/events/air.ts'
import type { AirReading } from '../../../src/events/reading.ts'
import { readingEncoder } from '../../../src/events/reading-encoder.ts'
import { memoryLog } from '../../../src/testing/memory-log.ts'
import { airReading } from '../../events/readings.ts'

async function countedAgain(told: readonly AirReading[]) {
  const log = memoryLog()
  const topic = await log.ensureTopic({ name: 'air', partitions: 1, cleanup: 'keep' })
  const encoder = readingEncoder(airReadings, await log.registry.register('air-value', airReadings.schema))
  const block = new RecordBlockBuilder()
  for (const reading of told) block.add(reading.stationId, encoder.encode(reading))
  await log.append([{ topic, partition: 0, block: block.build() }])
  const { signal } = new AbortController()
  const where = { log, event: airReadings, topic, partition: 0, until: told.length }
  return recomputeLedger({ ...where, allowedLatenessMs: Number.POSITIVE_INFINITY, signal })
}

test('counts what is told again at another time and by another producer as a duplicate, and nothing else as one', async () => {
  const first: AirReading = { ...airReading, co: 1, revisedAt: null }
  const revised = { ...first, co: 2, revisedAt: first.ingestedAt }
  const later = { ingestedAt: first.ingestedAt + 90_000_000, dataOrigin: 'again' }
  expect(await countedAgain([first, { ...first, ...later }, revised, { ...revised, ...later }, first])).toMatchObject({
    ...{ accepted: 5, current: 1, superseded: 1, stale: 1, duplicate: 2, deadLettered: 0 },
  })
})
