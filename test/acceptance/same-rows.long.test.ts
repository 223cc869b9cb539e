import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TaskTuning } from '../../src/runtime/task-tuning.ts'
import { recorded, recordings } from './recordings.ts'
import { type FileRecords, type RewrittenFiles, recordsOf, rewrittenFiles, shuffledWithin10Days } from './rewritten-files.ts'
import { type SmallPipeline, smallPipeline } from './small-pipeline.ts'

// However the same readings reach the log, and however they are cut into batches, the export is the same to the byte.

interface Recording {
  readonly path: string
  readonly format: string
  readonly event: string
  readonly views: readonly string[]
}

const AIR: Recording = {
  path: recordings.airqino,
  format: 'airqino',
  event: 'air',
  views: ['air_hourly', 'daily_sensor_means', 'stations', 'data_quality'],
}
const ENERGY: Recording = {
  path: recordings.eco2mix,
  format: 'eco2mix',
  event: 'energy',
  views: ['energies', 'daily_energy_summary', 'stations', 'data_quality'],
}
const WEATHER: Recording = {
  path: recordings.paris,
  format: 'meteostat',
  event: 'weather',
  views: ['weather_data', 'weather_hourly', 'weather_daily', 'weather_monthly', 'stations', 'data_quality'],
}

/** Publishes files one after the other into a new log, processes each, and exports the views. */
async function exportsOf(
  { format, event, views }: Recording,
  paths: readonly string[],
  tuning: Partial<TaskTuning> = {},
  between: (pipeline: SmallPipeline) => Promise<void> = async () => undefined,
): Promise<Record<string, string>> {
  const pipeline = await smallPipeline()
  try {
    for (const [i, path] of paths.entries()) {
      if (i > 0) await between(pipeline)
      await pipeline.produce({ path, format })
      await pipeline.process(event, tuning)
    }
    const exported: Record<string, string> = {}
    for (const view of views) exported[view] = await pipeline.exportCsv(view)
    return exported
  } finally {
    await pipeline.close()
  }
}

function pieced(records: readonly string[], count: number): string[][] {
  const size = Math.ceil(records.length / count)
  return Array.from({ length: count }, (_, i) => records.slice(i * size, (i + 1) * size))
}

describe.runIf(recordings.areThere)(`${recorded}: a year of AirQino gives the same export`, () => {
  let file: FileRecords
  let files: RewrittenFiles
  let expected: Record<string, string>

  beforeAll(async () => {
    file = await recordsOf(AIR.path)
    files = rewrittenFiles(AIR.path, file)
    expected = await exportsOf(AIR, [AIR.path])
  }, 60_000)
  afterAll(() => files.remove())

  test('shuffled within ten days', async () => {
    expect(await exportsOf(AIR, [await files.write(shuffledWithin10Days(file))])).toEqual(expected)
  }, 60_000)

  test('wholly reversed', async () => {
    expect(await exportsOf(AIR, [await files.write(file.records.toReversed())])).toEqual(expected)
  }, 60_000)

  test('in pieces, the last one first', async () => {
    const paths = await Promise.all(
      pieced(file.records, 3)
        .toReversed()
        .map((piece) => files.write(piece)),
    )
    expect(await exportsOf(AIR, paths)).toEqual(expected)
  }, 60_000)

  test('twice, although the producer has forgotten that it published it', async () => {
    const exported = await exportsOf(AIR, [AIR.path, AIR.path], {}, (pipeline) => pipeline.forgetPublished())
    expect(exported).toEqual({ ...expected, data_quality: allTwice(expected.data_quality) })
  }, 60_000)

  test('in batches of 1, of 7 and of 10,000', async () => {
    // The first 80 days: a commit for every ten records takes its time.
    const beginning = await files.write(file.records.slice(0, 1_900))
    const inBatchesOf = (records: number) => exportsOf(AIR, [beginning], { batchRecords: records, commitReadings: records * 10 })
    const ones = await inBatchesOf(1)
    expect(await inBatchesOf(7)).toEqual(ones)
    expect(await inBatchesOf(10_000)).toEqual(ones)
  }, 60_000)

  test('after wrong values that were revised, but for revised_at', async () => {
    const wrong = file.records.map((record, i) => (i % 9 === 0 ? file.spoilt(record) : record))
    const exported = await exportsOf(AIR, [await files.write(wrong), AIR.path])
    for (const view of ['air_hourly', 'daily_sensor_means']) {
      expect(exported[view]).not.toBe(expected[view])
      expect(withoutRevisions(exported[view])).toBe(withoutRevisions(expected[view]))
    }
  }, 60_000)
})

describe.runIf(recordings.areThere).each([
  ['energy', ENERGY],
  ['weather', WEATHER],
])(`${recorded}: the recording of %s gives the same export`, (_, recording) => {
  test('shuffled, in pieces that come last one first, each of them twice, with wrong values before, in batches of 7', async () => {
    const file = await recordsOf(recording.path)
    const files = rewrittenFiles(recording.path, file)
    try {
      const shuffled = shuffledWithin10Days(file)
      const pieces = pieced(shuffled, 2).toReversed()
      const wrong = shuffled.filter((__, i) => i % 5 === 0).map((record) => file.spoilt(record))
      const paths = await Promise.all([wrong, ...pieces, ...pieces].map((piece) => files.write(piece)))
      const exported = await exportsOf(recording, paths, { batchRecords: 7, commitReadings: 70 })
      const expected = await exportsOf(recording, [recording.path])
      for (const view of recording.views) expect(withoutRevisions(exported[view])).toBe(withoutRevisions(expected[view]))
    } finally {
      await files.remove()
    }
  }, 120_000)
})

function linesOf(csv: string | undefined): string[][] {
  return (csv ?? '').split('\n').map((line) => line.split(','))
}

/** The CSV of data_quality as it is where every reading has come once more: that is told, and changes nothing else. */
function allTwice(csv: string | undefined): string {
  const [names = [], ...lines] = linesOf(csv)
  const n = names.indexOf('n')
  const duplicates = names.indexOf('duplicate_n')
  const twice = lines.map((cells) => (cells[n] === undefined ? cells : cells.with(duplicates, cells[n])))
  return [names, ...twice].join('\n')
}

/** The CSV without what tells that values were revised. */
function withoutRevisions(csv: string | undefined): string {
  const lines = linesOf(csv)
  const column = lines[0]?.indexOf('revised_at') ?? -1
  return column < 0 ? lines.join('\n') : lines.map((cells) => cells.toSpliced(column, 1)).join('\n')
}
