import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { runCommand } from '../cli/run-command.ts'
import { tempDirectory } from '../sinks/temp-directory.ts'

const examples = join(import.meta.dirname, '../../examples')

/** What each SELECT of a file of statements answers. Rejects with the first error. */
async function answers(sql: string): Promise<Array<Array<Record<string, unknown>>>> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  const found: Array<Array<Record<string, unknown>>> = []
  try {
    const statements = await connection.extractStatements(sql)
    for (let i = 0; i < statements.count; i++) {
      const statement = await statements.prepare(i)
      const rows = (await statement.runAndReadAll()).getRowObjectsJson()
      if (rows.length > 0 && !('Count' in (rows[0] as object))) found.push(rows)
    }
    return found
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

test('examples/lake.sql reads a lake as it is', { timeout: 60_000 }, async () => {
  const folder = tempDirectory()
  const lake = join(folder, 'lake')
  const environment = { LAKE_URL: lake, WINDROW_LOG_LEVEL: 'error' }
  const samples = join(examples, 'sample-readings.csv')
  const run = async (...words: string[]) =>
    expect(await runCommand(folder, words, environment)).toMatchObject({ code: 0, stderr: '' })
  await run('produce', '--source', 'file', '--file', samples)
  await run('run', '--until-end', '--sinks', 'lake')

  const file = readFileSync(join(examples, 'lake.sql'), 'utf8')
  const here = `SET VARIABLE lake = '${lake.replaceAll("'", "''")}';`
  const sql = file.replace("SET VARIABLE lake = './lake';", here)
  expect(sql).not.toBe(file)
  const [records, monthly, compared, columns, exact, count] = await answers(sql)
  const published = readFileSync(samples, 'utf8').trim().split('\n').slice(1)
  const distinct = new Set(published).size
  expect(records).toEqual([expect.objectContaining({ records: String(distinct), no_readings: '0', readings: String(distinct) })])
  expect(monthly?.map(({ station_id, month, days }) => [station_id, month, days])).toEqual([
    ['sim-paris', '2025-01', '2'],
    ['sim-sydney', '2025-01', '2'],
  ])
  expect(compared).toEqual([{ days: '6', different: '0' }])
  expect(columns).toContainEqual({ column: 'temperature_mean', unit: 'Cel', doc: 'Mean temperature.' })
  expect(exact).toEqual([expect.objectContaining({ weather_daily_exact: 'exact' })])
  expect(count).toEqual([{ rows: '6', keys: '6' }])
})
