import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { hasKcat } from '../../../scripts/services/find-tools.js'
import { pythonWith } from '../../../scripts/services/python-environments.js'
import { type CommandLine, commandLine, TWO_DAYS } from '../command-line.ts'
import { emptyKafka } from './empty-kafka.ts'

const { kafkaBrokers: brokers, schemaRegistryUrl: registry } = inject('services')
const python = await pythonWith('client')
const buffer = { maxBuffer: 1 << 28 }

interface Audited {
  readonly partitions: ReadonlyArray<{ topic: string; partition: number; lag: number; ledger: { accepted: number } }>
}
type Row = Readonly<Record<string, unknown>>
interface Read {
  readonly partition: number
  readonly key: string
  readonly value: Row | null
}

let windrow: CommandLine
beforeAll(async () => {
  await emptyKafka(brokers.split(','))
  windrow = await commandLine({
    KAFKA_BROKERS: brokers,
    SCHEMA_REGISTRY_URL: registry,
    KAFKA_SESSION_TIMEOUT_MS: '6000',
    WINDROW_PARTITIONS: '4',
  })
  await windrow.ok(...TWO_DAYS)
  await windrow.ok('run', '--sinks', 'none', '--until-end')
})
afterAll(() => windrow.remove())

const exported = (view: string): Promise<Row[]> => windrow.json('export', view, '--format', 'json')
const audited = async (): Promise<Audited['partitions']> => (await windrow.json<Audited>('audit', '--full', '--json')).partitions

describe.runIf(hasKcat())('kcat (skipped where it is missing)', () => {
  test('reads as many committed records of each partition as windrow has accounted for', async () => {
    const accounted = await audited()
    expect(accounted.reduce((sum, { ledger }) => sum + ledger.accepted, 0)).toBeGreaterThan(500)
    const topics = [...new Set(accounted.map(({ topic }) => topic))]
    const counted: unknown[] = []
    for (const topic of topics) {
      const args = ['-C', '-b', brokers, '-t', topic, '-o', 'beginning', '-e', '-q', '-f', '%p\n']
      const { stdout } = await promisify(execFile)('kcat', [...args, '-X', 'isolation.level=read_committed'], buffer)
      const lines = stdout.split('\n')
      for (const { partition } of accounted.filter((each) => each.topic === topic)) {
        counted.push({ topic, partition, records: lines.filter((line) => line === String(partition)).length, lag: 0 })
      }
    }
    expect(counted).toEqual(
      accounted.map(({ topic, partition, ledger, lag }) => ({ topic, partition, records: ledger.accepted, lag })),
    )
  })
})

describe.runIf(python !== null)('a client in Python with the registry (skipped where it could not be installed)', () => {
  const script = (name: string): string => fileURLToPath(new URL(`clients/${name}`, import.meta.url))
  const read = async (topic: string): Promise<Read[]> => {
    const { stdout } = await promisify(execFile)(python as string, [script('read.py'), brokers, registry, topic], buffer)
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Read)
  }
  const produce = async (topic: string, records: ReadonlyArray<readonly [string, Row]>): Promise<void> => {
    const args = [script('produce.py'), brokers, registry, topic]
    const child = spawn(python as string, args, { stdio: ['pipe', 'ignore', 'inherit'] })
    child.stdin.end(JSON.stringify(records))
    expect(await once(child, 'close')).toEqual([0, null])
  }
  /** Instants as milliseconds, however they are written. */
  const comparable = (row: Row): Row =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : value,
      ]),
    )
  const byText = (rows: readonly Row[]): string[] => rows.map((row) => JSON.stringify(comparable(row))).sort()

  test.each(['weather_daily', 'daily_energy_summary', 'air_hourly'])(
    'decodes the rows of %s as windrow exports them',
    async (view) => {
      const latest = new Map((await read(`views.${view}.g1`)).map(({ key, value }) => [key, value]))
      const rows = [...latest.values()].filter((value) => value !== null)
      const expected = await exported(view)
      expect(expected.length).toBeGreaterThan(1)
      const columns = Object.keys(expected[0] as Row)
      expect(byText(rows.map((row) => Object.fromEntries(columns.map((name) => [name, row[name]]))))).toEqual(byText(expected))
    },
  )

  test('decodes the readings: their values are those of the view of readings', async () => {
    const readings = (await read('weather.readings')).map(({ value }) => value as Row)
    const at = ({ station_id, timestamp }: Row): string => `${station_id} ${Date.parse(timestamp as string)}`
    // Of a reading that was revised, the latest.
    const latest = new Map(readings.map((reading) => [at(reading), reading]))
    const rows = await exported('weather_data')
    expect(rows.length).toBe(latest.size)
    for (const row of rows) {
      const reading = latest.get(at(row)) as Row
      for (const name of ['temperature', 'humidity', 'pressure', 'wind_speed', 'is_rain']) expect(reading[name]).toBe(row[name])
      expect((reading.location as Row).city).toBe(row.city)
    }
  })

  test('publishes readings that arrive in the views', async () => {
    const start = Date.parse('2025-05-01T00:00:00Z')
    const reading = (hour: number): Row => ({
      station_id: 'python-roof',
      timestamp: start + hour * 3_600_000,
      interval_minutes: 60,
      location: { city: 'Łódź', country: 'PL', latitude: 51.77, longitude: 19.46, time_zone: 'Europe/Warsaw' },
      revised_at: null,
      ingested_at: start + 30 * 3_600_000,
      data_origin: 'python',
      co: 0.5 + hour,
      no2: null,
      o3: 0,
      pm10: 12.25,
      pm25: 9,
      temperature: -1.5,
      humidity: 80,
    })
    await produce(
      'air.readings',
      [0, 1, 2].map((hour) => ['python-roof', reading(hour)]),
    )
    await windrow.ok('run', '--sinks', 'none', '--until-end')
    const rows = (await exported('air_hourly')).filter(({ station_id }) => station_id === 'python-roof')
    expect(rows.map(({ hour, city, co_mean, no2_mean, o3_mean, n }) => ({ hour, city, co_mean, no2_mean, o3_mean, n }))).toEqual(
      ['00', '01', '02'].map((hour, i) => ({
        hour: `2025-05-01T${hour}:00:00Z`,
        city: 'Łódź',
        co_mean: 0.5 + i,
        no2_mean: null,
        o3_mean: 0,
        n: 1,
      })),
    )
    const lost = (await audited()).filter(({ topic, lag }) => topic === 'air.readings' && lag > 0)
    expect(lost).toEqual([])
  })
})
