import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand } from './run-command.ts'

let folder: string
const windrow = (...words: string[]) => runCommand(folder, words, { WINDROW_LOG_LEVEL: 'error' })
const counts = async (): Promise<string[]> => {
  const statement = 'SELECT (SELECT count(*) FROM weather_hourly), (SELECT count(*) FROM stations)'
  return (await windrow('sql', statement, '--format', 'csv')).stdout.trimEnd().split('\n').slice(1)
}
const stale = async (): Promise<string[]> =>
  (JSON.parse((await windrow('doctor', '--json')).stdout) as ReadonlyArray<{ about: string; text: string }>)
    .filter(({ about, text }) => about === 'postgres' && text.includes('before a reset'))
    .map(({ text }) => text)

async function publishAndRun(): Promise<void> {
  const range = ['--from', '2025-03-01', '--to', '2025-03-02', '--station', 'sim-paris']
  expect((await windrow('produce', '--source', 'simulator', ...range)).code).toBe(0)
  expect((await windrow('run', '--until-end')).code).toBe(0)
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-reset-'))
  await publishAndRun()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('sql says how to mend a statement that is refused', async () => {
  const refused = await windrow('sql', 'DELETE FROM weather_hourly')
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('Add --write')])
  const unknown = await windrow('sql', 'SELECT * FROM weather_hourl')
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('Did you mean weather_hourly?')])
})

test('sql writes a line a column where a table would cut names or numbers', async () => {
  const statement = 'SELECT * FROM weather_hourly ORDER BY hour LIMIT 2'
  const { stdout } = await runCommand(folder, ['sql', statement], { WINDROW_LOG_LEVEL: 'error' }, undefined, 80)
  expect(stdout).toMatch(/^row 1\n {2}station_id +sim-paris\n/)
  expect(stdout).toMatch(/\n\nrow 2\n/)
  expect(stdout).toMatch(/\n {2}wind_direction_mean +\S+\n/)
  expect((await windrow('sql', statement)).stdout.trimEnd().split('\n')).toHaveLength(3)
})

test('reset --views leaves old rows in Postgres and says so, as doctor does; reset --all takes them away', async () => {
  const views = await windrow('reset', '--views', '--yes')
  expect([views.code, views.stderr]).toEqual([0, expect.stringContaining('until then Postgres')])
  expect(await stale()).toEqual([expect.stringContaining('weather_hourly')])
  const all = await windrow('reset', '--all', '--yes')
  expect([all.code, all.stderr]).toEqual([0, 'The log and the embedded Postgres are empty.\n'])
  expect(await counts()).toEqual(['0,0'])
  await publishAndRun()
  expect(await counts()).toEqual(['24,1'])
})
