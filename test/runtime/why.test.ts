import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RecordBlockBuilder } from '../../src/core/record-block.ts'
import type { WeatherReading } from '../../src/events/reading.ts'
import { readingEncoder } from '../../src/events/reading-encoder.ts'
import { readingKey } from '../../src/events/reading-key.ts'
import { weatherReadings } from '../../src/events/weather.ts'
import { type ExplainOptions, explainRows } from '../../src/runtime/why.ts'
import { weatherDataQuality } from '../../src/streams/topologies/quality.ts'
import { memoryLog } from '../../src/testing/memory-log.ts'
import { oracle } from '../oracle/oracle.ts'
import { toldReading } from '../properties/told-readings.ts'
import { place, weather } from '../streams/readings.ts'

const HOUR_MS = 3_600_000

/** The explanations of rows of data_quality after readings that came one after the other. */
async function explained(
  readings: readonly WeatherReading[],
  rows: ReadonlyArray<readonly [station: string, day: string]>,
  limits: Pick<ExplainOptions, 'allowedLatenessMs'> = {},
) {
  const log = memoryLog()
  const topic = await log.ensureTopic({ name: 'weather', partitions: 1, cleanup: 'keep' })
  const encoder = readingEncoder(weatherReadings, await log.registry.register('weather', weatherReadings.schema))
  const builder = new RecordBlockBuilder()
  for (const reading of readings) builder.add(readingKey(weatherReadings, reading), encoder.encode(reading as never))
  await log.append([{ topic, partition: 0, block: builder.build() }])
  const asked = rows.map(([station, day]) => ({
    topology: weatherDataQuality,
    key: ['weather', station, 'all', day],
    ...limits,
  }))
  return explainRows(log, topic, asked)
}

describe('a reading that a correction moves to another day', () => {
  const START = Date.parse('2025-06-01T20:00:00Z')
  const told = weather(START, { temperature: 1 })
  const moved = { ...told, revisedAt: 5, location: place('Asia/Tokyo') }
  const fatesOf = (readings: readonly { offset: number; fate: string }[] | undefined) =>
    readings?.map(({ offset, fate }) => `${offset} ${fate}`)

  test('is superseded where it was, and what repeats it there is stale', async () => {
    const [before, after] = await explained(
      [told, told, moved, told, moved],
      [
        ['w', '2025-06-01'],
        ['w', '2025-06-02'],
      ],
    )
    expect(before?.row).toBe(null)
    expect(fatesOf(before?.readings)).toEqual(['0 superseded', '1 duplicate', '3 stale'])
    expect(fatesOf(after?.readings)).toEqual(['2 current', '4 duplicate'])
  })

  test('does not say any more where the window ends', async () => {
    const tokyo = weather(START - 8 * HOUR_MS, { location: place('Asia/Tokyo') })
    const [explanation] = await explained(
      [weather(START - 9 * HOUR_MS), tokyo, { ...tokyo, location: place('Pacific/Kiritimati'), revisedAt: 5 }],
      [['w', '2025-06-01']],
    )
    expect(explanation?.row).not.toBe(null)
    expect(explanation?.window).toEqual({
      ...{ startAt: Date.parse('2025-06-01T00:00:00Z'), endAt: Date.parse('2025-06-02T00:00:00Z'), timeZone: 'UTC' },
    })
  })
})

/** Readings of one station and of three times, so that most tell of one that is known, often for another day. */
const toldAgain = toldReading.map((reading): WeatherReading => {
  const slot = (reading.timestamp / HOUR_MS) % 3
  return { ...reading, stationId: 'w', timestamp: Date.parse('2025-03-28T21:00:00Z') + Math.floor(slot) * HOUR_MS }
})

test('every record of a day has the fate that a naive recomputation gives it', async () => {
  const days = ['2025-03-28', '2025-03-29'].map((day) => ['w', day] as const)
  await fc.assert(
    fc.asyncProperty(
      fc.array(toldAgain, { minLength: 1, maxLength: 20 }),
      fc.constantFrom(null, HOUR_MS),
      async (readings, latenessMs) => {
        const records = readings.map((reading, offset) => ({ partition: 0, offset, reading, code: null }))
        const { fates } = oracle('weather', records, latenessMs)
        const explanations = await explained(readings, days, latenessMs === null ? {} : { allowedLatenessMs: latenessMs })
        const found = explanations.flatMap((explanation) => explanation.readings).sort((a, b) => a.offset - b.offset)
        expect(found.map(({ offset, fate }) => [offset, fate])).toEqual(fates.map((fate, offset) => [offset, fate]))
      },
    ),
    { numRuns: 40 },
  )
})
