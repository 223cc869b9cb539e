import { beforeAll, describe, expect, test } from 'vitest'
import { postgresSink } from '../../../src/sinks/postgres/postgres-sink.ts'
import type { SqlClient, SqlSession } from '../../../src/sinks/postgres/sql-client.ts'
import { sqlViews } from '../../../src/sinks/postgres/sql-views.ts'
import { runSetup } from '../../../src/warehouse/access/run-setup.ts'
import { GROUPS } from '../../../src/warehouse/roles.ts'
import { recordingLogger } from '../../sinks/silent-logger.ts'
import { canStart, testServer } from './server.ts'
import { fillYear, yearViews } from './year-of-rows.ts'

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly Plans?: readonly PlanNode[]
}

const place = { latitude: 7, longitude: 7 }
const LARGE = /^(?:weather_data|weather_hourly|air_hourly|energies)$/

/** How a plan reads the tables that are large: `Index Only Scan weather_data_…`, `Seq Scan energies`. */
async function scans(session: SqlSession, statement: string): Promise<string[]> {
  const { rows } = await session.query(`EXPLAIN (FORMAT JSON) ${statement}`)
  const [{ Plan: root }] = JSON.parse(String(rows[0]?.[0])) as [{ Plan: PlanNode }]
  const found: string[] = []
  const walk = (node: PlanNode, table: string): void => {
    const relation = node['Relation Name'] ?? table
    const index = node['Index Name']
    if (index !== undefined) found.push(`${node['Node Type']} ${index}`)
    else if (LARGE.test(relation) && node['Node Type'] === 'Seq Scan') found.push(`Seq Scan ${relation}`)
    for (const child of node.Plans ?? []) walk(child, relation)
  }
  walk(root, '')
  return found.sort()
}

const NEWEST = 'weather_data_timestamp_station_id_temperature_idx'
const ENERGY = 'energies_timestamp_zone_id_consommations_production_pv_idx'
const readings = { only: `Index Only Scan ${NEWEST}`, energy: `Index Only Scan ${ENERGY}` }

/** What is asked, and an index by which it is read. */
const questions: ReadonlyArray<readonly [string, string, RegExp]> = [
  [
    'the newest temperatures of all',
    'SELECT timestamp, station_id, temperature FROM weather_data ORDER BY timestamp DESC LIMIT 100',
    new RegExp(readings.only),
  ],
  [
    'the temperatures of an hour, of all stations',
    `SELECT station_id, temperature FROM weather_data WHERE timestamp >= now() - interval '50 hours' AND timestamp < now() - interval '49 hours'`,
    new RegExp(readings.only),
  ],
  [
    'means of all by hour, of the recent month',
    `SELECT timestamp, avg(temperature) FROM weather_data WHERE timestamp >= now() - interval '30 days' GROUP BY timestamp`,
    new RegExp(readings.only),
  ],
  [
    'the newest consumption and production',
    'SELECT timestamp, zone_id, consommations, production_pv FROM energies ORDER BY timestamp DESC LIMIT 100',
    new RegExp(readings.energy),
  ],
  [
    'energy of the recent month',
    `SELECT sum(consommations * 15 / 60), sum(production_pv * 15 / 60) FROM energies WHERE timestamp >= now() - interval '30 days'`,
    new RegExp(readings.energy),
  ],
  ['every column of a day', `SELECT * FROM weather_data WHERE timestamp > now() - interval '1 day'`, new RegExp(NEWEST)],
  ['the newest rows', 'SELECT * FROM weather_data ORDER BY timestamp DESC LIMIT 100', new RegExp(NEWEST)],
  [
    'the newest row of a station',
    `SELECT * FROM weather_data WHERE station_id = 's7' ORDER BY timestamp DESC LIMIT 1`,
    /weather_data_pkey|weather_data_timestamp/,
  ],
  [
    'a year of a station',
    `SELECT * FROM weather_hourly WHERE station_id = 's7' ORDER BY hour`,
    /weather_hourly_(?:pkey|hour_idx)/,
  ],
  [
    'a week of a station',
    `SELECT * FROM weather_hourly WHERE station_id = 's7' AND hour > now() - interval '7 days' ORDER BY hour`,
    /weather_hourly_(?:pkey|hour_idx)/,
  ],
  [
    'hours of a city',
    `SELECT * FROM weather_hourly WHERE city = 'City 3' AND hour >= now() - interval '9 days' AND hour < now() - interval '7 days'`,
    /weather_hourly_hour_idx/,
  ],
  [
    'a range of days',
    'SELECT * FROM weather_daily WHERE day BETWEEN current_date - 6 AND current_date ORDER BY day, station_id',
    /weather_daily_day_idx/,
  ],
  [
    'the days of a station',
    `SELECT * FROM weather_daily WHERE station_id = 's7' AND day >= current_date - 80 ORDER BY day`,
    /weather_daily_pkey/,
  ],
  ['a week of meteo', `SELECT * FROM meteo WHERE timestamp > now() - interval '7 days' ORDER BY timestamp`, /weather_data_/],
  ['the newest temperature of meteo', 'SELECT temperature FROM meteo ORDER BY timestamp DESC LIMIT 1', /weather_data_/],
  [
    'a week of a city in gold_weather_aggregates',
    `SELECT * FROM gold_weather_aggregates WHERE city = 'City 3' AND day BETWEEN current_date - 20 AND current_date - 14`,
    /weather_daily_/,
  ],
  ['recent facts', `SELECT * FROM fact_weather WHERE hour >= now() - interval '7 days'`, /weather_hourly_hour_idx/],
  [
    'recent facts by the dimensions',
    `SELECT d.day, s.city, sum(f.temperature_sum) / sum(f.temperature_n) FROM fact_weather AS f JOIN dim_date AS d USING (date_key)
      JOIN dim_station AS s USING (station_key) WHERE f.hour >= now() - interval '7 days' GROUP BY 1, 2`,
    /weather_hourly_hour_idx/,
  ],
  ['recent facts of energy', `SELECT * FROM fact_energy WHERE timestamp >= now() - interval '7 days'`, new RegExp(ENERGY)],
  ['recent facts of air', `SELECT * FROM fact_air WHERE hour >= now() - interval '7 days'`, /air_hourly_hour_idx/],
  [
    'facts of a station',
    `SELECT year_month, avg(temperature_mean) FROM fact_weather JOIN dim_date USING (date_key) WHERE station_key = 'weather:s7' GROUP BY 1`,
    /weather_hourly_(?:pkey|hour_idx)/,
  ],
]

/** What a reader asks without a word of time: the policies of rows bring one. */
const ofReaders: ReadonlyArray<readonly [string, string, RegExp]> = [
  ['all temperatures', 'SELECT timestamp, station_id, temperature FROM weather_data', new RegExp(readings.only)],
  ['all hours of weather', 'SELECT * FROM weather_hourly', /weather_hourly_hour_idx/],
  ['all hours of air', 'SELECT * FROM air_hourly', /air_hourly_hour_idx/],
  ['all energies', 'SELECT timestamp, zone_id, consommations FROM energies', new RegExp(ENERGY)],
  ['all facts of weather', 'SELECT * FROM fact_weather', /weather_hourly_hour_idx/],
  ['all facts of air', 'SELECT * FROM fact_air', /air_hourly_hour_idx/],
  ['all facts of energy', 'SELECT * FROM fact_energy', new RegExp(ENERGY)],
  [
    'all facts of weather by the dimensions',
    `SELECT d.year_month, s.city, sum(f.temperature_sum) / sum(f.temperature_n) FROM fact_weather AS f JOIN dim_date AS d USING (date_key)
      JOIN dim_station AS s USING (station_key) GROUP BY 1, 2`,
    /weather_hourly_hour_idx/,
  ],
]

async function asReader(client: SqlClient, statement: string): Promise<string[]> {
  return client.transaction(async (session) => {
    await session.query(`SET LOCAL ROLE ${GROUPS.reader}`)
    return scans(session, statement)
  })
}

describe.runIf(canStart)('with a year of twenty stations a Postgres server reads by an index', () => {
  const [client, other] = testServer().clients

  beforeAll(async () => {
    await postgresSink({ client, place }).open(yearViews)
    await fillYear(client, { stations: 20, zones: 4, days: 370 })
    const target = { schema: 'public', views: yearViews, sqlViews: sqlViews(place).map(({ name }) => name) }
    await runSetup(client, { target, members: [], passwords: [] })
  })

  test.each(questions)('%s', async (_, statement, index) => {
    const found = await scans(client, statement)
    expect(found.join('\n')).toMatch(index)
    expect(found.join('\n')).not.toMatch(/Seq Scan/)
  })

  test.each([...questions, ...ofReaders])('%s, for a reader', async (_, statement, index) => {
    const found = await asReader(client, statement)
    expect(found.join('\n')).toMatch(index)
    expect(found.join('\n')).not.toMatch(/Seq Scan/)
  })

  test.each(questions.slice(0, 5))('and without that index not: %s', async (_, statement) => {
    const taken = new Error('the index is there again')
    const without = client.transaction(async (session) => {
      await session.query(`DROP INDEX ${NEWEST}, ${ENERGY}`)
      expect((await scans(session, statement)).join('\n')).toMatch(/Seq Scan|_pkey/)
      throw taken
    })
    await expect(without).rejects.toBe(taken)
  })

  test('no partial index can be of the recent month: Postgres takes no condition that changes by itself', async () => {
    const partial = client.query(`CREATE INDEX ON weather_data (timestamp) WHERE timestamp >= now() - interval '30 days'`)
    await expect(partial).rejects.toMatchObject({ facts: { sqlState: '42P17' } })
  })

  test('a table whose writers do not end is left as it is, told of, and gets the index at the next start', async () => {
    const { logger, lines } = recordingLogger()
    const open = () => postgresSink({ client, place, logger }).open(yearViews)
    const days = `SELECT * FROM weather_daily WHERE day = current_date`
    await client.query('DROP INDEX weather_daily_day_idx')
    await other.transaction(async (session) => {
      await session.query('LOCK TABLE weather_daily IN ROW EXCLUSIVE MODE')
      await open()
    })
    expect(lines.map(({ message }) => message)).toEqual([expect.stringContaining('"weather_daily" lacks an index by time')])
    expect(lines[0]?.facts).toMatchObject({
      remedy: expect.stringContaining('CREATE INDEX CONCURRENTLY ON "public"."weather_daily" ("day")'),
    })
    expect((await scans(client, days)).join()).not.toContain('weather_daily_day_idx')
    await open()
    expect(lines).toHaveLength(1)
    expect((await scans(client, days)).join()).toContain('weather_daily_day_idx')
  })
})
