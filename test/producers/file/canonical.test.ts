import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fileSource } from '../../../src/producers/file/file-source.ts'
import { polled } from '../polled.ts'
import { tempDir } from '../temp-dir.ts'

const dir = tempDir()
const place = { city: 'Paris', country: 'FR', latitude: 48.85, longitude: 2.35, timeZone: 'Europe/Paris' }

const expected = {
  timestamp: Date.UTC(2025, 0, 1, 12),
  intervalMinutes: 15,
  location: place,
  revisedAt: Date.UTC(2025, 0, 2),
  ingestedAt: 0,
  dataOrigin: 'elsewhere',
  stationId: 'paris',
  temperature: -3.25,
  humidity: 80,
  pressure: null,
  windSpeed: 0,
  windDirection: 337.5,
  precipitation: 0.1,
  weatherCondition: 'Rain, "cold"',
  isRain: true,
  isStorm: false,
  nextHourTemp: null,
  nextHourPrecip: null,
}

describe('a canonical CSV file', () => {
  test('is taken as its rows say, and says once which options they overrule', async () => {
    const file = dir.write(
      'own.csv',
      'station_id,timestamp,time_zone,temperature,city\n' +
        'a,2025-01-01T00:00:00Z,UTC,1,Rome\n' +
        ',2025-01-01T01:00:00Z,,2,\n' +
        'b,2025-01-01T02:00:00Z,UTC,3,Oslo\n',
    )
    const settings = { station: 'roof', timeZone: 'UTC', city: 'Paris', country: 'FR' }
    const source = await fileSource({ path: file, settings })
    const first = await polled(source)
    expect(first.readings.map(({ stationId, location }) => [stationId, location.city, location.country])).toEqual([
      ['a', 'Rome', 'FR'],
      ['roof', 'Paris', 'FR'],
      ['b', 'Oslo', 'FR'],
    ])
    expect(first.lines).toEqual([
      {
        level: 'warn',
        message: 'rows say something else than --station, --city, and are taken as they say',
        facts: { options: ['--station', '--city'] },
      },
    ])
    expect((await polled(source)).lines).toEqual([])
  })

  test('has the fields of a reading as columns, in any order', async () => {
    const file = dir.write(
      'canonical.csv',
      'timestamp,station_id,interval_minutes,city,country,latitude,longitude,time_zone,revised_at,ingested_at,data_origin,temperature,' +
        'humidity,pressure,wind_speed,wind_direction,precipitation,weather_condition,is_rain,is_storm\n' +
        '2025-01-01T12:00:00Z,paris,15,Paris,FR,48.85,2.35,Europe/Paris,2025-01-02T00:00:00.000Z,2030-01-01T00:00:00Z,elsewhere,-3.25,' +
        '80,,0,NNW,0.1,"Rain, ""cold""",1,false\n',
    )
    const { readings, bad, lines } = await polled(await fileSource({ path: file }))
    expect(bad).toEqual([])
    expect(lines).toEqual([])
    expect(readings).toEqual([expected])
  })

  test('may have the place nested as JSON, or flat with a prefix', async () => {
    const nested = dir.write(
      'nested.csv',
      'station_id;timestamp;temperature;location\n' +
        'a;2025-01-01 00:00:00;1;"{""city"":""Paris"",""country"":""FR"",""latitude"":48.85,""longitude"":2.35,""time_zone"":""Europe/Paris""}"\n',
    )
    const flat = dir.write(
      'flat.csv',
      'station_id\ttimestamp\ttemperature\tlocation_city\tlocation.country\tlat\tlon\ttimezone\n' +
        'a\t2025-01-01 00:00:00\t1\tParis\tFR\t48.85\t2.35\tEurope/Paris\n',
    )
    for (const path of [nested, flat]) {
      const { readings } = await polled(await fileSource({ path }))
      expect(readings).toMatchObject([{ location: place, timestamp: Date.UTC(2025, 0, 1) }])
    }
  })

  test('takes from the options what its rows do not say, and only that', async () => {
    const file = dir.write(
      'sparse.csv',
      'timestamp,temperature,station_id,city\n2025-07-01 12:00:00,1,,\n2025-07-01 12:00:00,1,b,Lyon\n',
    )
    const settings = { station: 'a', timeZone: 'Europe/Paris', city: 'Paris', intervalMinutes: 30, latitude: 1 }
    const { readings } = await polled(await fileSource({ path: file, settings }))
    expect(readings.map(({ stationId, location }) => [stationId, location.city])).toEqual([
      ['a', 'Paris'],
      ['b', 'Lyon'],
    ])
    expect(readings[0]).toMatchObject({ timestamp: Date.UTC(2025, 6, 1, 10), intervalMinutes: 30, location: { latitude: 1 } })
  })

  test('is of the kind of reading that most of its columns belong to', async () => {
    const kinds = [
      ['station_id,timestamp,time_zone,temperature,humidity', 'a,2025-01-01,UTC,1,2', 'weather'],
      ['station_id,timestamp,time_zone,temperature,humidity,co', 'a,2025-01-01,UTC,1,2,3', 'air'],
      ['zone_id,timestamp,time_zone,series,value', 'FR,2025-01-01,UTC,consumption,3', 'energy'],
    ] as const
    for (const [header, row, event] of kinds) {
      const { found } = await polled(await fileSource({ path: dir.write(`${event}.csv`, `${header}\n${row}\n`) }))
      expect(found.map((item) => item.event.name)).toEqual([event])
    }
    const asAir = await fileSource({ path: `${dir.path}/weather.csv`, settings: { event: 'air' } })
    expect((await polled(asAir)).found.map((item) => item.event.name)).toEqual(['air'])
  })

  test('of which the kind cannot be told is refused, with the columns that were found', async () => {
    const file = dir.write('strange.csv', 'a,b,c\n1,2,3\n')
    const { error } = await polled(await fileSource({ path: file }))
    expect(error).toMatchObject({ code: 'WR_FILE_COLUMNS', message: expect.stringContaining('a, b, c') })
    const unknown = await polled(await fileSource({ path: file, settings: { event: 'noise' } }))
    expect(unknown.error).toMatchObject({ code: 'WR_FILE_EVENT', remedy: expect.stringContaining('weather, energy, air') })
  })

  test('tells once which columns are not read', async () => {
    const file = dir.write(
      'more.csv',
      'station_id,timestamp,time_zone,temprature,humidity\na,2025-01-01,UTC,1,2\nb,2025-01-01,UTC,1,2\n',
    )
    const { lines } = await polled(await fileSource({ path: file }))
    expect(lines.map(({ facts }) => facts.ignored)).toEqual([['temprature']])
  })
})

describe('canonical JSON', () => {
  const rows = [
    {
      ...{ timestamp: Date.UTC(2025, 0, 1, 12), station_id: 'paris', interval_minutes: 15, revised_at: '2025-01-02T00:00:00Z' },
      ...{ data_origin: 'elsewhere', temperature: -3.25, humidity: 80, pressure: null, wind_speed: 0, wind_direction: 'nnw' },
      ...{ precipitation: 0.1, weather_condition: 'Rain, "cold"', is_rain: true, is_storm: 0 },
      location: { city: 'Paris', country: 'FR', latitude: 48.85, longitude: 2.35, time_zone: 'Europe/Paris' },
    },
    {
      zone_id: 'FR',
      timestamp: 1735732800,
      series: 'production',
      production_type: 'SOLAR',
      value: 12,
      time_zone: 'Europe/Paris',
    },
  ]
  const energy = expect.objectContaining({
    ...{ zoneId: 'FR', timestamp: 1735732800000, series: 'production', productionType: 'SOLAR', value: 12, dataOrigin: 'file' },
  })

  test('lines may be of several kinds', async () => {
    const file = dir.write('rows.jsonl', `\n${rows.map((row) => JSON.stringify(row)).join('\n\n')}\n`)
    expect((await polled(await fileSource({ path: file }))).readings).toEqual([expected, energy])
  })

  test('lines are told from a document by their look', async () => {
    const file = dir.write('lines.json', rows.map((row) => JSON.stringify(row)).join('\n'))
    expect((await polled(await fileSource({ path: file }))).readings).toEqual([expected, energy])
  })

  test('documents are an array, or an object with one', async () => {
    for (const document of [rows, { meta: { by: 'me' }, readings: rows, count: 2 }]) {
      for (const indent of [0, 2]) {
        const file = dir.write('document.json', JSON.stringify(document, null, indent))
        expect((await polled(await fileSource({ path: file }))).readings).toEqual([expected, energy])
      }
    }
  })
})

describe('canonical Parquet', () => {
  let duckdb: typeof import('@duckdb/node-api')
  let sql: (text: string) => Promise<void>
  beforeAll(async () => {
    duckdb = await import('@duckdb/node-api')
    const connection = await (await duckdb.DuckDBInstance.create(':memory:')).connect()
    sql = async (text) => {
      await connection.run(text)
    }
    afterAll(() => connection.closeSync())
  })

  test('has the fields of a reading as columns, of whatever type fits', async () => {
    const file = `${dir.path}/weather.parquet`
    await sql(`COPY (SELECT TIMESTAMPTZ '2025-01-01 12:00:00+00' AS timestamp, 'paris' AS station_id, 15::BIGINT AS interval_minutes,
      {city: 'Paris', country: 'FR', latitude: 48.85, longitude: 2.35, time_zone: 'Europe/Paris'} AS location,
      TIMESTAMP '2025-01-02 00:00:00' AS revised_at, 'elsewhere' AS data_origin, (-3.25)::DECIMAL(9, 4) AS temperature, 80::TINYINT AS humidity,
      NULL::DOUBLE AS pressure, 0.0::FLOAT AS wind_speed, 'NNW' AS wind_direction, 0.1::DOUBLE AS precipitation,
      'Rain, "cold"' AS weather_condition, true AS is_rain, 0 AS is_storm) TO '${file}' (FORMAT parquet)`)
    const { readings, bad, error } = await polled(await fileSource({ path: file }))
    expect([bad, error]).toEqual([[], null])
    expect(readings).toEqual([expected])
  })

  test('keeps its rows in order, over many of its chunks, and a bad one apart with its number', async () => {
    const file = `${dir.path}/long.parquet`
    await sql(`COPY (SELECT 'a' AS station_id, 'UTC' AS time_zone, TIMESTAMP '2025-01-01 00:00:00' + to_minutes(i) AS timestamp,
      CASE WHEN i = 4000 THEN 'nan'::DOUBLE ELSE i / 10 END AS temperature FROM range(10000) t(i)) TO '${file}' (FORMAT parquet)`)
    const { readings, bad } = await polled(await fileSource({ path: file }))
    expect(readings.map(({ temperature }) => temperature)).toEqual(
      [...Array(10_000).keys()].filter((i) => i !== 4000).map((i) => i / 10),
    )
    expect(bad).toMatchObject([{ line: 4001, code: 'WR_READING_NOT_FINITE' }])
    expect(new TextDecoder().decode(bad[0]?.bytes)).toContain('"temperature":"NaN"')
  })

  test('that is none is an error that says so', async () => {
    const file = dir.write('broken.parquet', 'PAR1 and then nothing of the kind')
    const { error } = await polled(await fileSource({ path: file }))
    expect(error).toMatchObject({ code: 'WR_FILE_UNREADABLE' })
  })
})
