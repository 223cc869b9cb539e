import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtInViews } from '../../src/views/index.ts'
import { runCommand } from './run-command.ts'

let folder: string
const windrow = (...words: string[]) => runCommand(folder, words, { WINDROW_LOG_LEVEL: 'error' })
const json = async (...words: string[]) => JSON.parse((await windrow(...words)).stdout)

const simulated = [
  'produce',
  '--source',
  'simulator',
  '--from',
  '2025-03-29',
  '--to',
  '2025-03-31',
  '--station',
  'sim-paris,sim-lyon',
]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-commands-'))
  writeFileSync(
    join(folder, 'roof.csv'),
    'station_id,timestamp,interval_minutes,temperature,time_zone\n' +
      'roof,2025-01-01T00:00:00Z,60,1.5,Europe/Paris\n' +
      'roof,2025-01-01T01:00:00Z,60,warm,Europe/Paris\n' +
      'roof,2025-01-01T02:00:00Z,60,-2.25,Europe/Paris\n',
  )
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The rows of a Parquet file, instants in ISO 8601 and whole numbers as numbers. */
async function parquetRows(path: string): Promise<unknown[]> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  await connection.run("SET timezone = 'UTC'")
  const reader = await connection.runAndReadAll(`SELECT * FROM '${path}'`)
  const types = reader.columnTypes().map(String)
  const rows = reader
    .getRowObjectsJson()
    .map((row) => Object.fromEntries(Object.entries(row).map(([column, cell], i) => [column, cellOf(types[i] as string, cell)])))
  connection.closeSync()
  instance.closeSync()
  return rows
}

function cellOf(type: string, cell: unknown): unknown {
  if (cell === null) return null
  if (type === 'BIGINT') return Number(cell)
  if (type === 'TIMESTAMP WITH TIME ZONE')
    return new Date(String(cell).replace(' ', 'T').replace(/\+00$/, 'Z')).toISOString().replace('.000Z', 'Z')
  return cell
}

describe('on an empty folder', () => {
  test('export says that the view has to be built first', async () => {
    const { code, stdout, stderr } = await windrow('export', 'weather_daily')
    expect(code).toBe(3)
    expect(stdout).toBe('')
    expect(stderr).toContain('WR_VIEW_EMPTY')
  })

  test('sql says so too, and makes no Postgres', async () => {
    const { code, stderr } = await windrow('sql', 'SELECT 1')
    expect([code, stderr.split(':')[0]]).toEqual([3, 'WR_VIEW_EMPTY'])
    expect(existsSync(join(folder, 'data', 'postgres'))).toBe(false)
  })

  test('topics, stations, audit and dlq list find nothing, and that is no error', async () => {
    for (const words of [['topics'], ['stations'], ['audit'], ['dlq', 'list']]) {
      const { code, stdout } = await windrow(...words)
      expect([words, code, stdout]).toEqual([words, 0, ''])
    }
    expect(await json('dlq', 'list', '--json')).toEqual([])
  })
})

describe('after readings were published and processed', () => {
  beforeAll(async () => {
    expect(await json(...simulated, '--json')).toMatchObject({ polls: 1, failures: 0, dead_lettered: 0 })
    expect(await json('produce', '--source', 'file', '--file', 'roof.csv', '--json')).toMatchObject({
      published: 2,
      dead_lettered: 1,
    })
    expect((await windrow('run', '--until-end', '--sinks', 'none')).code).toBe(0)
  }, 60_000)

  test('publishing the same again adds nothing', async () => {
    expect(await json('produce', '--source', 'file', '--file', 'roof.csv', '--json')).toMatchObject({
      published: 0,
      unchanged: 2,
      dead_lettered: 0,
      dead_lettered_before: 1,
    })
  })

  test('export gives CSV with a header of column names, null as empty text, instants in ISO 8601, sorted by key', async () => {
    const { code, stdout, stderr } = await windrow('export', 'weather_data', '--station', 'roof')
    expect([code, stderr]).toEqual([0, ''])
    const [header, ...rows] = stdout.trimEnd().split('\n')
    expect(header?.split(',').slice(0, 5)).toEqual(['station_id', 'timestamp', 'city', 'country', 'interval_minutes'])
    expect(rows).toEqual(['roof,2025-01-01T00:00:00Z,,,60,,1.5,,,,,,,,,,', 'roof,2025-01-01T02:00:00Z,,,60,,-2.25,,,,,,,,,,'])
  })

  test.each(builtInViews.map(({ name }) => name))('every row of %s is the same in CSV and JSON, sorted by key', async (name) => {
    const csv = (await windrow('export', name)).stdout.trimEnd().split('\n')
    const rows = (await json('export', name, '--format', 'json')) as ReadonlyArray<Readonly<Record<string, unknown>>>
    expect(rows.map((row) => Object.values(row).map((cell) => (cell === null ? '' : String(cell))))).toEqual(
      csv.slice(1).map((line) => line.split(',')),
    )
    const keys = rows.map((row) => JSON.stringify(Object.values(row).slice(0, 2)))
    expect(keys).toEqual([...keys].sort())
  })

  test.each(['daily_energy_summary', 'weather_data'])('every row of %s is the same in Parquet, with types', async (name) => {
    const rows = await json('export', name, '--format', 'json')
    expect((await windrow('export', name, '--format', 'parquet', '--output', 'rows.parquet')).code).toBe(0)
    expect(await parquetRows(join(folder, 'rows.parquet'))).toEqual(rows)
    const bytes = readFileSync(join(folder, 'rows.parquet'))
    await windrow('export', name, '--format', 'parquet', '--output', 'again.parquet')
    expect(readFileSync(join(folder, 'again.parquet')).equals(bytes)).toBe(true)
  })

  test('export takes a range of days or instants, start inclusive, end exclusive', async () => {
    const hours = (rows: ReadonlyArray<{ hour: string }>) => rows.map(({ hour }) => hour)
    const range = ['--station', 'sim-paris', '--from', '2025-03-29T23:00:00Z', '--to', '2025-03-30T02:00:00Z', '--format', 'json']
    expect(hours(await json('export', 'weather_hourly', ...range))).toEqual([
      '2025-03-29T23:00:00Z',
      '2025-03-30T00:00:00Z',
      '2025-03-30T01:00:00Z',
    ])
    const days = await json(
      'export',
      'weather_daily',
      '--station',
      'sim-paris',
      '--from',
      '2025-03-30',
      '--to',
      '2025-03-31',
      '--format',
      'json',
    )
    expect(days.map(({ day, window_start }: { day: string; window_start: string }) => [day, window_start])).toEqual([
      ['2025-03-30', '2025-03-29T23:00:00Z'],
    ])
  })

  test('export says on stderr why nothing matches, and what there is', async () => {
    const unknown = await windrow('export', 'weather_daily', '--station', 'sim-pari')
    expect([unknown.code, unknown.stdout.split('\n').length]).toEqual([0, 2])
    expect(unknown.stderr).toBe('weather_daily has no station sim-pari; did you mean sim-paris?\n')
    expect((await windrow('export', 'weather_daily', '--station', 'nope')).stderr).toBe(
      'weather_daily has no station nope; it has roof, sim-lyon, sim-paris.\n',
    )
    const late = await windrow('export', 'weather_daily', '--station', 'roof', '--from', '2030-01')
    expect(late.stderr).toBe('No row of roof is there; the rows that there are go from 2025-01-01 to 2025-01-01.\n')
  })

  test('export refuses a range in which nothing can lie, and a time that is none, by the name of the option', async () => {
    for (const [from, to, said] of [
      ['2025-01-02', '2025-01-01', '--from 2025-01-02'],
      ['2025-01', '2025-01-01', '--to 2025-01-01'],
      ['2023-13-01', '2025-01-01', '--from "2023-13-01"'],
    ] as const) {
      const { code, stderr } = await windrow('export', 'weather_daily', '--from', from, '--to', to)
      expect([code, stderr.split(':')[0], stderr.includes(said)]).toEqual([2, 'WR_USAGE', true])
    }
  })

  test('export takes the format from the name of the file, and refuses another', async () => {
    expect((await windrow('export', 'stations', '-o', 'named.parquet')).code).toBe(0)
    expect(readFileSync(join(folder, 'named.parquet')).subarray(0, 4).toString()).toBe('PAR1')
    expect((await windrow('export', 'stations', '-o', 'named.json')).code).toBe(0)
    expect(JSON.parse(readFileSync(join(folder, 'named.json'), 'utf8'))).not.toEqual([])
    const refused = await windrow('export', 'stations', '--format', 'csv', '-o', 'other.parquet')
    expect([refused.code, refused.stderr.split(':')[0]]).toEqual([2, 'WR_USAGE'])
    expect(existsSync(join(folder, 'other.parquet'))).toBe(false)
  })

  test('an exported file is there whole or not at all', async () => {
    expect((await windrow('export', 'stations', '--output', 'out.csv')).code).toBe(0)
    expect(readFileSync(join(folder, 'out.csv'), 'utf8')).toBe((await windrow('export', 'stations')).stdout)
    const refused = await windrow('export', 'stations', '--output', 'absent/out.csv')
    expect([refused.code, refused.stderr.split(':')[0]]).toEqual([2, 'WR_OUTPUT_FILE'])
    expect((await windrow('export', 'stations', '--format', 'parquet')).code).toBe(2)
    expect(existsSync(join(folder, 'absent'))).toBe(false)
  })

  test('the views do not depend on the order of arrival or on how often they are built', async () => {
    const before = (await windrow('export', 'weather_hourly')).stdout
    expect((await windrow('reset', '--views', '--yes')).code).toBe(0)
    expect((await windrow('export', 'weather_hourly')).code).toBe(3)
    expect((await windrow('run', '--until-end', '--sinks', 'none')).code).toBe(0)
    expect((await windrow('export', 'weather_hourly')).stdout).toBe(before)
    expect((await windrow('reset', '--state', '--yes')).code).toBe(0)
    expect((await windrow('run', '--until-end', '--sinks', 'none')).code).toBe(0)
    expect((await windrow('export', 'weather_hourly')).stdout).toBe(before)
  })

  test('reset wants to know what, and asks before it does it', async () => {
    for (const words of [['reset'], ['reset', '--views', '--all', '--yes'], ['reset', '--views']]) {
      const { code, stderr } = await windrow(...words)
      expect([words, code, stderr.split(':')[0]]).toEqual([words, 2, 'WR_USAGE'])
    }
  })

  test('audit accounts for every reading, also when it counts again from the log', async () => {
    const { code, stdout } = await windrow('audit', '--full', '--json')
    expect(code).toBe(0)
    const { ok, partitions } = JSON.parse(stdout)
    expect(ok).toBe(true)
    const accepted = partitions.reduce((sum: number, { ledger }: { ledger: { accepted: number } }) => sum + ledger.accepted, 0)
    expect(accepted).toBeGreaterThan(100)
    expect(Object.keys(partitions[0].ledger)).toContain('dead_lettered')
    expect((await windrow('audit')).stdout).toContain('all')
  })

  test('count counts readings and rows, stations and topics list them', async () => {
    const counts = await json('count', 'weather_data', 'stations', '--json')
    const stations = await json('stations', '--json')
    expect(counts).toEqual([
      { name: 'weather_data', what: 'rows', count: (await json('export', 'weather_data', '--format', 'json')).length },
      { name: 'stations', what: 'rows', count: stations.length },
    ])
    expect(stations.map(({ station_id }: { station_id: string }) => station_id)).toContain('roof')
    const topics = await json('topics', '--json')
    expect(topics.find(({ topic }: { topic: string }) => topic === 'views.weather_data.g1')).toMatchObject({
      role: 'rows',
      partitions: 4,
    })
    expect((await windrow('count', 'nothing')).code).toBe(2)
  })

  test('tail prints records as JSON lines with the values by their schema', async () => {
    const { code, stdout } = await windrow('tail', 'weather.readings', '--max', '2')
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect([code, lines.length]).toEqual([0, 2])
    expect(lines[1]).toMatchObject({
      key: 'roof',
      value: { station_id: 'roof', timestamp: '2025-01-01T02:00:00Z', temperature: -2.25 },
    })
    const all = await windrow('tail', 'weather.readings', '--from-start')
    expect(all.stdout.split('\n').length).toBeGreaterThan(100)
    expect((await windrow('tail', 'nothing')).stderr).toContain('WR_TOPIC_UNKNOWN')
  })

  test('why tells which readings made a row, and finds nothing with exit code 1', async () => {
    const explained = await json('why', 'weather_daily', 'roof', '2025-01-01', '--json')
    expect(explained).toMatchObject({
      complete: false,
      row: { n: 2, temperature_min: -2.25 },
      window: { time_zone: 'Europe/Paris' },
    })
    expect(explained.readings.map(({ timestamp }: { timestamp: string }) => timestamp)).toEqual([
      '2025-01-01T00:00:00Z',
      '2025-01-01T02:00:00Z',
    ])
    const text = await windrow('why', 'weather_daily', 'roof', '2025-01-01')
    expect([text.code, text.stdout.includes('waiting for:')]).toEqual([0, true])
    expect((await windrow('why', 'weather_daily', 'roof', '2030-01-01')).code).toBe(1)
    expect((await windrow('why', 'weather_daily', 'roof')).code).toBe(2)
  })

  test('why leaves out the quantities that a narrow terminal has no room for, and names them', async () => {
    const words = ['why', 'weather_daily', 'sim-paris', 'latest']
    const whole = (await windrow(...words)).stdout
    expect(whole).toContain('partition@offset')
    expect(whole).not.toContain('not shown')
    const { stdout } = await runCommand(folder, words, { WINDROW_LOG_LEVEL: 'error' }, undefined, 80)
    const [heading, ...rows] = stdout.slice(stdout.indexOf('timestamp')).trimEnd().split('\n')
    expect(heading).toMatch(/^timestamp +fate .*temperature +humidity/)
    expect(rows.at(-1)).toMatch(/^not shown in 80 columns: .*, partition@offset \(--json has all\)$/)
    for (const row of rows.slice(0, -1)) expect(row).toMatch(/^2025-\d\d-\d\dT\d\d:\d\d:00Z {2}.{0,58}$/)
  })

  test('why explains the newest row for the word latest, and says what there is when it finds none', async () => {
    const { key } = await json('why', 'weather_daily', 'sim-paris', 'latest', '--json')
    expect(key).toEqual({ station_id: 'sim-paris', day: '2025-03-31' })
    expect((await json('why', 'weather_hourly', 'roof', 'latest', '--json')).key.hour).toBe('2025-01-01T02:00:00Z')
    const absent = await windrow('why', 'weather_daily', 'sim-pari', 'latest')
    expect([absent.code, absent.stderr.split('\n')[0]]).toEqual([
      1,
      'WR_WHY_NO_ROW: weather_daily has no station sim-pari; did you mean sim-paris?',
    ])
    expect((await windrow('why', 'weather_daily', 'roof', '2030-01-01')).stderr).toContain('from 2025-01-01 to 2025-01-01')
  })

  test('dlq lists, shows and retries what could not be used', async () => {
    const [letter] = await json('dlq', 'list', '--json')
    expect(letter).toMatchObject({ origin: 'source', code: 'WR_READING_FIELD' })
    expect([letter.where, letter.input]).toEqual(['file roof.csv line 3', join(folder, 'roof.csv')])
    expect(letter.recorded_at).toMatch(/^\d{4}-.*Z$/)
    expect((await windrow('dlq', 'list')).stdout).toContain('temperature: "warm" is not a number')
    const shown = await windrow('dlq', 'show', letter.id)
    expect(shown.stdout).toContain('warm')
    expect(shown.stdout).toContain(join(folder, 'roof.csv'))
    expect(shown.stdout).toContain('remedy')
    const retried = await windrow('dlq', 'retry', letter.id)
    expect([retried.code, retried.stdout]).toEqual([1, '1 tried, 0 published again, 1 still refused\n'])
    expect(retried.stderr).toBe(
      `${letter.id} stays: temperature: "warm" is not a number; it never was in the log: mend it in the source, and produce it again\n`,
    )
    expect((await windrow('dlq', 'retry')).code).toBe(2)
    expect((await windrow('dlq', 'show', 'nothing')).stderr).toContain('WR_DEAD_LETTER_UNKNOWN')
  })

  test('compact rewrites the topics of views and leaves their rows as they are', async () => {
    const before = (await windrow('export', 'stations')).stdout
    const done = await json('compact', '--json')
    expect(done.map(({ topic }: { topic: string }) => topic)).toContain('views.stations.g1')
    for (const { before: records, after } of done) expect(after).toBeLessThanOrEqual(records)
    expect((await windrow('export', 'stations')).stdout).toBe(before)
    expect((await windrow('compact', 'weather.readings')).code).toBe(2)
  })

  test('doctor finds nothing that needs a person', async () => {
    const { code, stdout } = await windrow('doctor', '--json')
    expect([code, JSON.parse(stdout).filter(({ severity }: { severity: string }) => severity === 'problem')]).toEqual([0, []])
    expect((await windrow('doctor')).stdout).toContain('weather.readings')
  })

  test('run --until-end ends with a line that says what was done', async () => {
    const { stderr } = await runCommand(folder, ['run', '--until-end', '--sinks', 'none'])
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.at(-1)).toMatchObject({ readings: 0, rows: 0, seconds: expect.any(Number) })
  })

  test('what is stopped before it is done says so with exit code 3', async () => {
    for (const words of [
      ['run', '--until-end', '--sinks', 'none'],
      ['export', 'weather_data'],
    ]) {
      const { code, stderr } = await runCommand(folder, words, { WINDROW_LOG_LEVEL: 'error' }, AbortSignal.abort())
      expect([words, code, stderr]).toEqual([words, 3, 'Stopped before it was done.\n'])
    }
  })

  test('a wrong source option is refused before anything is published', async () => {
    for (const words of [
      ['produce', '--source', 'file'],
      ['produce', '--source', 'simulator', '--city', 'Paris'],
      ['produce', '--source', 'file', '--file', 'roof.csv', '--from', 'yesterday'],
      ['produce', '--source', 'file', '--file', 'absent.csv'],
      ['run', '--sinks', 'mongodb'],
    ]) {
      const { code, stdout } = await windrow(...words)
      expect([words, code, stdout]).toEqual([words, 2, ''])
    }
  })
})
