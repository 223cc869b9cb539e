import { beforeAll, describe, expect, test } from 'vitest'
import { postgresSink } from '../../../src/sinks/postgres/postgres-sink.ts'
import { stationsView } from '../../../src/views/stations.ts'
import { weatherDailyView, weatherDataView, weatherHourlyView } from '../../../src/views/weather.ts'
import { canStart, testServer } from './server.ts'

describe.runIf(canStart)('with 200,000 rows a Postgres server reads by an index', () => {
  const [client] = testServer().clients

  beforeAll(async () => {
    const counts = 'temperature_n, humidity_n, pressure_n, wind_speed_n, wind_direction_n, precipitation_n'
    const place = { latitude: 48.8566, longitude: 2.3522 }
    await postgresSink({ client, place }).open([weatherDataView, weatherHourlyView, weatherDailyView, stationsView])
    await client.query(`INSERT INTO weather_data (station_id, timestamp, city, country, interval_minutes, temperature)
      SELECT 's' || s, timestamptz '2025-01-01Z' + h * interval '1 hour', 'City ' || s % 20, 'FR', 60, h % 30
      FROM generate_series(1, 100) AS s, generate_series(1, 2000) AS h`)
    await client.query(`INSERT INTO weather_hourly (station_id, hour, city, window_start, n, expected, coverage, complete, updated_at, ${counts})
      SELECT station_id, timestamp, city, timestamp, 1, 1, 1, true, timestamp, 1, 1, 1, 1, 1, 1 FROM weather_data`)
    await client.query(`INSERT INTO weather_daily (station_id, day, city, window_start, n, expected, coverage, complete, updated_at, ${counts})
      SELECT 's' || s, date '2020-01-01' + d, 'City ' || s % 20, date '2020-01-01' + d, 24, 24, 1, true, date '2020-01-01' + d, 24, 24, 24, 24, 24, 24
      FROM generate_series(1, 100) AS s, generate_series(1, 2000) AS d`)
    await client.query(`INSERT INTO stations (kind, station_id, latitude, longitude, time_zone, interval_minutes, first_reading, last_reading)
      SELECT 'weather', 's' || s, s - 50, s, 'UTC', 60, now(), now() FROM generate_series(1, 100) AS s`)
    for (const table of ['weather_data', 'weather_hourly', 'weather_daily', 'stations']) await client.query(`ANALYZE ${table}`)
  })

  test.each([
    [
      'the last 7 days of a station',
      `SELECT * FROM weather_hourly WHERE station_id = 's7' AND hour > timestamptz '2025-03-18Z' ORDER BY hour`,
    ],
    [
      'what all stations said in the last hour, newest first',
      `SELECT * FROM weather_data WHERE timestamp > timestamptz '2025-03-25 07:00Z' ORDER BY timestamp DESC`,
    ],
    ['the newest rows of all', 'SELECT * FROM weather_data ORDER BY timestamp DESC LIMIT 100'],
    ['the newest row of a station', `SELECT * FROM weather_data WHERE station_id = 's7' ORDER BY timestamp DESC LIMIT 1`],
    ['a range of days', `SELECT * FROM weather_daily WHERE day BETWEEN '2024-01-01' AND '2024-01-07' ORDER BY day, station_id`],
    ['the days of a station', `SELECT * FROM weather_daily WHERE station_id = 's7' AND day >= '2024-01-01' ORDER BY day`],
    [
      'some days of a city',
      `SELECT * FROM weather_hourly WHERE city = 'City 3' AND hour >= timestamptz '2025-03-20Z' AND hour < timestamptz '2025-03-22Z'`,
    ],
    ['a week of meteo', `SELECT * FROM meteo WHERE timestamp > timestamptz '2025-03-18Z' ORDER BY timestamp`],
    ['the newest temperature of meteo', 'SELECT temperature FROM meteo ORDER BY timestamp DESC LIMIT 1'],
    [
      'a week of a city in gold_weather_aggregates',
      `SELECT * FROM gold_weather_aggregates WHERE city = 'City 3' AND day BETWEEN '2025-03-01' AND '2025-03-07'`,
    ],
  ])('%s', async (_, statement) => {
    const { rows } = await client.query(`EXPLAIN ${statement}`)
    const plan = rows.flat().join('\n')
    expect(plan).not.toMatch(/Seq Scan on weather_/)
    expect(plan).toMatch(/Index (?:Only )?Scan/)
  })
})
