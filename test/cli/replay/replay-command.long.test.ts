import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../run-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'windrow-verify-'))
const windrow = (...words: string[]) => runCommand(folder, words, { WINDROW_LOG_LEVEL: 'error' })

interface Compared {
  readonly compared: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly differences: ReadonlyArray<Readonly<Record<string, unknown>>>
}

async function ok(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await windrow(...words)
  expect([code, stderr]).toEqual([0, ''])
  return stdout
}

const change = (statement: string): Promise<{ readonly code: number }> => windrow('sql', '--write', statement)
const lines = (file: string): Array<Record<string, string>> =>
  parse(readFileSync(join(folder, file)), { columns: true }) as Array<Record<string, string>>

beforeAll(async () => {
  const days = ['--from', '2025-03-29', '--to', '2025-03-31', '--seed', '1']
  await windrow('produce', '--source', 'simulator', ...days)
  expect((await windrow('run', '--until-end')).code).toBe(0)
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('windrow replay --verify', () => {
  test('finds nothing to say of what nobody has touched, and changes nothing', async () => {
    const topics = await ok('topics', '--json')
    expect(await ok('replay', '--verify')).toContain('Nothing differs.')
    expect(await ok('topics', '--json')).toBe(topics)
  })

  test('names a row that was edited, one that was deleted, one that was added, and tables that are empty or gone', async () => {
    await change(`DO $$ BEGIN
      UPDATE weather_daily SET temperature_mean = 99 WHERE station_id = 'sim-paris' AND day = '2025-03-30';
      DELETE FROM weather_daily WHERE station_id = 'sim-oslo' AND day = '2025-03-30';
      INSERT INTO stations SELECT kind, 'nowhere', city, country, latitude, longitude, time_zone, interval_minutes, first_reading,
        last_reading FROM stations WHERE station_id = 'sim-paris';
      TRUNCATE daily_sensor_means;
      DROP TABLE energies CASCADE;
    END $$`)
    const views = ['weather_daily', 'stations', 'daily_sensor_means', 'energies']
    const { code, stdout } = await windrow('replay', ...views, '--verify', '--json', '--output', 'all.csv')
    expect(code).toBe(1)
    const { compared, differences } = JSON.parse(stdout) as Compared
    const counts = compared
      .filter(({ store }) => store === 'postgres')
      .map(({ view, missing, extra, changed }) => [view, missing, extra, changed])
    const rowsOf = (name: string): number => compared.find(({ view, store }) => view === name && store === 'log')?.equal as number
    const [means, energies] = [rowsOf('daily_sensor_means'), rowsOf('energies')]
    expect(counts).toEqual([
      ['weather_daily', 1, 0, 1],
      ['stations', 0, 1, 0],
      ['daily_sensor_means', means, 0, 0],
      ['energies', energies, 0, 0],
    ])
    expect(compared.filter(({ store, missing, extra, changed }) => store === 'log' && (missing || extra || changed))).toEqual([])
    const edited = differences.find(({ difference }) => difference === 'changed')
    expect(edited).toMatchObject({
      view: 'weather_daily',
      store: 'postgres',
      key: { station_id: 'sim-paris', day: '2025-03-30' },
      columns: [{ column: 'temperature_mean', expected: expect.any(Number), found: 99 }],
    })
    expect((edited as { readings: unknown[] }).readings[0]).toMatchObject({
      topic: 'weather.readings',
      partition: expect.any(Number),
      offset: expect.any(Number),
    })
    const written = lines('all.csv')
    expect(written).toHaveLength(3 + means + energies)
    expect(written).toContainEqual(
      expect.objectContaining({
        ...{ view: 'weather_daily', store: 'postgres', difference: 'changed', station_id: 'sim-paris', day: '2025-03-30' },
        ...{ column: 'temperature_mean', found: '99' },
      }),
    )
    expect(written.filter(({ difference }) => difference === 'extra')).toMatchObject([
      { view: 'stations', station_id: 'nowhere', column: '', expected: '', found: expect.stringContaining('"city":"Paris"') },
    ])
  })

  test('writes differences as Parquet and JSON too, and refuses another name before it reads', async () => {
    for (const file of ['all.json', 'all.parquet'])
      await ok('replay', 'stations', '--verify', '--sinks', 'none', '--output', file)
    expect(existsSync(join(folder, 'all.parquet'))).toBe(true)
    expect(JSON.parse(readFileSync(join(folder, 'all.json'), 'utf8'))).toEqual([])
    expect((await windrow('replay', '--verify', '--output', 'all.txt')).code).toBe(2)
    expect((await windrow('replay', '--verify', '--rollback')).code).toBe(2)
    expect((await windrow('replay', '--output', 'all.csv')).code).toBe(2)
  })
})

describe('windrow replay', () => {
  test('mends what was found, in new generations, and the rows are those of before', async () => {
    const views = ['weather_daily', 'stations', 'daily_sensor_means', 'energies']
    const before = await ok('export', 'weather_daily')
    const built = await ok('replay', ...views)
    expect(built.trim().split('\n')).toEqual(views.map((view) => `${view}: generation 2 is current`))
    expect(await ok('replay', ...views, '--verify')).toContain('Nothing differs.')
    expect(await ok('export', 'weather_daily')).toBe(before)
    expect(await ok('replay', 'stations', '--rollback', '--sinks', 'none')).toContain('stations: generation 1 is current')
    expect((await windrow('replay', 'energies', '--from', 'soon')).code).toBe(2)
    const words = ['replay', 'energies', '--from', '2999-01-01', '--sinks', 'none']
    const future = await runCommand(folder, words, { WINDROW_LOG_LEVEL: 'warn' })
    expect([future.code, future.stderr]).toEqual([0, expect.stringContaining('in the future')])
  })

  test('that was stopped says how it goes on', async () => {
    const { code, stderr } = await runCommand(folder, ['replay', 'energies'], { WINDROW_LOG_LEVEL: 'error' }, AbortSignal.abort())
    expect([code, stderr]).toEqual([3, expect.stringContaining('the same command goes on where the replay was')])
    expect(await ok('replay', 'energies')).toContain('is current')
  })

  test('adds and fills a column that somebody dropped, and --verify and sql say that it does', async () => {
    for (const statement of ['ALTER TABLE weather_hourly DROP COLUMN humidity_mean CASCADE', 'DROP TABLE weather_data CASCADE'])
      expect((await change(statement)).code).toBe(0)
    const dropped = await windrow('replay', 'weather_hourly', '--verify', '--json')
    expect(dropped.code).toBe(3)
    const problem = (JSON.parse(dropped.stdout) as Compared).compared.find(({ store }) => store === 'postgres')?.problem
    expect(problem).toMatchObject({
      code: 'WR_VIEW_TABLE_MISMATCH',
      message: expect.stringContaining('the column humidity_mean'),
      remedy: expect.stringContaining('windrow replay weather_hourly'),
    })
    expect((await windrow('sql', 'SELECT count(*) FROM weather_data')).stderr).toContain('windrow replay weather_data')
    await ok('replay', 'weather_hourly', 'weather_data')
    expect(await ok('replay', 'weather_hourly', 'weather_data', '--verify')).toContain('Nothing differs.')
    const write = "UPDATE stations SET city = city WHERE kind = 'weather' AND station_id = 'sim-paris'"
    expect((await windrow('sql', '--write', write)).stderr).toBe('1 row\n')
  })
})

describe('windrow replay --as-of', () => {
  test('shows the rows as they were known then beside the present ones, and exports both', async () => {
    const before = await ok('export', 'weather_daily', '--format', 'json')
    const was = JSON.parse(before) as Array<Record<string, unknown>>
    const known = new Date().toISOString()
    await windrow('produce', '--source', 'simulator', '--from', '2025-03-30', '--to', '2025-04-01', '--seed', '9')
    await windrow('run', '--until-end', '--sinks', 'none')
    const text = await ok('replay', 'weather_daily', '--as-of', known, '--output', 'then.json')
    expect(text).toContain(`as of ${known}`)
    const rows = JSON.parse(readFileSync(join(folder, 'then.json'), 'utf8')) as Array<Record<string, unknown>>
    const differences = rows.map(({ difference }) => difference)
    expect(differences).toContain('same')
    expect(differences).toContain('new')
    const columns = Object.keys(was[0] ?? {})
    const then = rows
      .filter(({ difference }) => difference !== 'new')
      .map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])))
    expect(then).toEqual(was)
    const now = JSON.parse(await ok('export', 'weather_daily', '--format', 'json')) as Array<Record<string, unknown>>
    const present = rows
      .filter(({ difference }) => difference !== 'gone')
      .map((row) => Object.fromEntries(columns.map((column) => [column, row[`${column}_now`] ?? row[column]])))
    expect(present.map(({ station_id, day }) => [station_id, day])).toEqual(now.map(({ station_id, day }) => [station_id, day]))
  })

  test('needs one view for a file, and an instant', async () => {
    expect((await windrow('replay', '--as-of', '2025-01-01', '--output', 'x.csv')).code).toBe(2)
    expect((await windrow('replay', 'stations', '--as-of', 'monday')).code).toBe(2)
  })
})

describe('windrow replay --verify, after one part was built upon another and nobody has run since', () => {
  test('says of which views it does not know all rows, and why, with a code of its own', async () => {
    for (const [from, to, rowsFrom] of [
      ['2025-04-01', '2025-04-02', '2025-03-30'],
      ['2025-04-02', '2025-04-03', '2031-01-01'],
    ] as const) {
      await windrow('produce', '--source', 'simulator', '--from', from, '--to', to, '--seed', '1')
      expect((await windrow('replay', 'weather_daily', '--from', rowsFrom, '--sinks', 'none')).code).toBe(0)
    }
    const { code, stdout } = await windrow('replay', 'weather_daily', '--verify', '--sinks', 'none')
    expect(code).toBe(3)
    expect(stdout).toContain('Not compared of weather_daily: a replay has gone beyond what the topologies have processed')
    expect(stdout).not.toContain('Nothing differs')
    expect((await windrow('run', '--until-end', '--sinks', 'none')).code).toBe(0)
    expect(await ok('replay', '--verify', '--sinks', 'none')).toContain('Nothing differs.')
  }, 120_000)
})
