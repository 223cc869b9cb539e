import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { LakeLayerStatus } from '../../../src/sinks/lake/lake-layer.ts'
import { builtInViews } from '../../../src/views/index.ts'
import { duckdb } from '../../acceptance/duckdb.ts'
import { tempDirectory } from '../../sinks/temp-directory.ts'
import { runCommand } from '../run-command.ts'

interface Part {
  readonly layer: string
  readonly name: string
  readonly rows: number | null
  readonly lag: number | null
}

test('a week of the simulator: bronze has every record, silver every reading, gold what the views are', {
  timeout: 180_000,
}, async () => {
  const folder = tempDirectory()
  const lake = join(folder, 'lake')
  const environment = { LAKE_URL: lake, WINDROW_LOG_LEVEL: 'error', WINDROW_PARTITIONS: '2' }
  const run = async (...words: string[]): Promise<string> => {
    const outcome = await runCommand(folder, words, environment)
    expect(outcome, words.join(' ')).toMatchObject({ code: 0 })
    return outcome.stdout
  }
  await run('produce', '--source', 'simulator', '--days', '7')
  await run('run', '--until-end', '--sinks', 'none')
  const written = JSON.parse(await run('lake', '--until-end', '--json')) as { layers: LakeLayerStatus[] }
  expect(written.layers.map(({ layer }) => layer)).toEqual(['readings', 'gold'])

  const topics = JSON.parse(await run('topics', '--json')) as Array<{ topic: string; records: number }>
  const readingTopics = ['air.readings', 'energy.readings', 'weather.readings']
  const records = new Map(topics.map(({ topic, records }) => [topic, records]))
  for (const topic of readingTopics) {
    const [bronze] = await duckdb(
      `SELECT count(*) n, count(DISTINCT (log_partition, log_offset)) places FROM '${lake}/bronze/${topic}/**/*.parquet'`,
    )
    expect(bronze).toEqual({ n: records.get(topic), places: records.get(topic) })
  }
  const { parts } = JSON.parse(await run('lake', 'status', '--json')) as { parts: Part[] }
  expect(parts.filter(({ lag }) => lag !== 0)).toEqual([])
  for (const [topic, identity] of [
    ['weather.readings', 'station_id, "timestamp"'],
    ['air.readings', 'station_id, "timestamp"'],
    ['energy.readings', 'zone_id, series, production_type, "timestamp"'],
  ]) {
    const [readings] = await duckdb(
      `SELECT (SELECT count(*) FROM '${lake}/silver/${topic}/**/*.parquet') silver,
              (SELECT count(DISTINCT (${identity})) FROM '${lake}/bronze/${topic}/**/*.parquet' WHERE problem IS NULL) bronze`,
    )
    expect(readings?.silver).toBeGreaterThan(0)
    expect(readings?.silver, topic).toBe(readings?.bronze)
  }
  const views = parts.filter(({ layer }) => layer === 'gold').map(({ name }) => name)
  expect([...views].sort()).toEqual(builtInViews.map(({ name }) => name).sort())
  for (const view of views) {
    const exported = join(folder, `${view}.parquet`)
    await run('export', view, '--format', 'parquet', '--output', exported)
    const [file, gold] = [exported, `${lake}/gold/${view}/**/*.parquet`].map(
      (path) => `read_parquet('${path}', hive_partitioning = false)`,
    )
    const [same] = await duckdb(
      `SELECT (SELECT count(*) FROM ${file}) n, (SELECT count(*) FROM ${gold}) in_lake,
              (SELECT count(*) FROM (FROM ${file} EXCEPT ALL FROM ${gold})) missing`,
    )
    const { rows } = parts.find(({ layer, name }) => layer === 'gold' && name === view) as Part
    expect(same, view).toEqual({ n: rows, in_lake: rows, missing: 0 })
  }
})
