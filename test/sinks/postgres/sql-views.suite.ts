import { describe, expect, test } from 'vitest'
import { postgresSink } from '../../../src/sinks/postgres/postgres-sink.ts'
import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import type { Place } from '../../../src/sinks/postgres/sql-views/meteo.ts'
import { sqlViews } from '../../../src/sinks/postgres/sql-views.ts'
import { builtInTopologies } from '../../../src/streams/topologies/index.ts'
import { stationsView } from '../../../src/views/stations.ts'
import type { Cell, View } from '../../../src/views/view.ts'
import { weatherDailyView, weatherDataView } from '../../../src/views/weather.ts'
import { recordingLogger } from '../silent-logger.ts'
import { upsertRows } from './postgres-rows.ts'

const paris: Place = { latitude: 48.8566, longitude: 2.3522 }
const lyon: Place = { latitude: 45.764, longitude: 4.8357 }
const T0 = Date.UTC(2025, 0, 1)
const HOUR = 3_600_000

/** A row of a view by the names of its columns; what is not given is null, or nothing much where there may be no null. */
function rowOf(view: View, given: Readonly<Record<string, Cell>>): Cell[] {
  const nothing = { text: '', instant: T0, day: '2025-01-01', month: '2025-01', double: 0, count: 0, flag: false } as const
  return view.columns.map(({ column, nullable, type }) => given[column] ?? (nullable ? null : nothing[type]))
}

const station = (id: string, place: Place | null) =>
  rowOf(stationsView, { kind: 'weather', station_id: id, time_zone: 'UTC', ...place })
const reading = (id: string, hours: number, values: Readonly<Record<string, Cell>>) =>
  rowOf(weatherDataView, { station_id: id, timestamp: T0 + hours * HOUR, ...values })
const day = (id: string, date: string, start: number, values: Readonly<Record<string, Cell>>) =>
  rowOf(weatherDailyView, { station_id: id, day: date, window_start: start, ...values })

/** Views in SQL that older pipelines' queries expect, in any Postgres. */
export function sqlViewsSuite(client: SqlClient, newSchema: () => string): void {
  const all = [weatherDataView, weatherDailyView, stationsView]
  const { logger, lines } = recordingLogger()

  async function open(schema: string, place: Place | null = paris, views: readonly View[] = all): Promise<string[]> {
    lines.length = 0
    await postgresSink({ client, schema, logger, ...(place === null ? {} : { place }) }).open(views)
    return lines.map(({ message }) => message)
  }
  const rows = async (statement: string) => (await client.query(statement)).rows

  describe('meteo', () => {
    test('has the temperatures of the weather station nearest to the place, and follows when there is a nearer one', async () => {
      const schema = newSchema()
      expect(await open(schema)).toEqual([])
      const meteo = () => rows(`SELECT timestamp, temperature FROM ${schema}.meteo ORDER BY timestamp`)
      expect(await meteo()).toEqual([])
      await upsertRows(client, schema, weatherDataView, [
        reading('lyon', 0, { temperature: 8 }),
        reading('orly', 0, { temperature: 5.5 }),
        reading('orly', 1, {}),
        reading('centre', 0, { temperature: 6 }),
      ])
      await upsertRows(client, schema, stationsView, [
        station('lyon', lyon),
        station('orly', { latitude: 48.7233, longitude: 2.3794 }),
        station('anywhere', null),
        rowOf(stationsView, { kind: 'air', station_id: 'centre', ...paris }),
      ])
      expect(await meteo()).toEqual([
        ['2025-01-01T00:00:00Z', 5.5],
        ['2025-01-01T01:00:00Z', null],
      ])
      expect(await rows(`SELECT DISTINCT station_id, round(distance_km) FROM ${schema}.meteo`)).toEqual([['orly', 15]])
      await upsertRows(client, schema, stationsView, [station('centre', { latitude: 48.86, longitude: 2.35 })])
      expect(await meteo()).toEqual([['2025-01-01T00:00:00Z', 6]])
    })

    test('is nearest across the date line and at a pole', async () => {
      const schema = newSchema()
      await open(schema, { latitude: -16.8, longitude: 179.9 })
      await upsertRows(client, schema, weatherDataView, [
        reading('east', 0, { temperature: 1 }),
        reading('west', 0, { temperature: 2 }),
      ])
      await upsertRows(client, schema, stationsView, [
        station('east', { latitude: -16.8, longitude: -179.9 }),
        station('west', { latitude: -16.8, longitude: 178 }),
      ])
      expect(await rows(`SELECT station_id FROM ${schema}.meteo`)).toEqual([['east']])
      await open(schema, { latitude: 90, longitude: 0 })
      expect(await rows(`SELECT round(distance_km) FROM ${schema}.meteo`)).toEqual([[11876]])
    })

    test('is made anew for another place, and what was granted on it stays', async () => {
      const schema = newSchema()
      await open(schema)
      await client.query(`GRANT SELECT ON ${schema}.meteo TO PUBLIC`)
      await upsertRows(client, schema, stationsView, [station('lyon', lyon), station('centre', paris)])
      await upsertRows(client, schema, weatherDataView, [reading('lyon', 0, {}), reading('centre', 0, {})])
      expect(await rows(`SELECT station_id FROM ${schema}.meteo`)).toEqual([['centre']])
      await open(schema, lyon)
      expect(await rows(`SELECT station_id FROM ${schema}.meteo`)).toEqual([['lyon']])
      expect(await rows(`SELECT relacl::text LIKE '%,=r/%' FROM pg_class WHERE oid = '${schema}.meteo'::regclass`)).toEqual([
        [true],
      ])
    })

    test('follows when its table was renamed and made anew, and is left alone otherwise', async () => {
      const schema = newSchema()
      await open(schema)
      const made = () => rows(`SELECT xmin::text FROM pg_class WHERE oid = '${schema}.meteo'::regclass`)
      const before = await made()
      await open(schema)
      expect(await made()).toEqual(before)
      await client.query(`ALTER TABLE ${schema}.weather_data RENAME TO before`)
      await open(schema)
      await upsertRows(client, schema, stationsView, [station('centre', paris)])
      await upsertRows(client, schema, weatherDataView, [reading('centre', 0, { temperature: 6 })])
      expect(await rows(`SELECT temperature FROM ${schema}.meteo`)).toEqual([[6]])
    })

    test.each([
      ['table', 'TABLE', '(n integer)'],
      ['view', 'VIEW', 'AS SELECT 1 AS n'],
      ['materialised view', 'MATERIALIZED VIEW', 'AS SELECT 1 AS n'],
    ])('is somebody else’s %s: it is left alone, and windrow says so', async (_, kind, definition) => {
      const schema = newSchema()
      await client.query(`CREATE SCHEMA ${schema}`)
      await client.query(`CREATE ${kind} ${schema}.meteo ${definition}`)
      expect(await open(schema)).toEqual([expect.stringContaining(`"${schema}"."meteo" is not windrow's own`)])
      await rows(`SELECT n FROM ${schema}.meteo`)
      expect(await rows(`SELECT to_regclass('${schema}.gold_weather_aggregates') IS NOT NULL`)).toEqual([[true]])
    })

    /** As an earlier version might have left it: windrow's own, with other columns. */
    async function madeOtherwise(schema: string): Promise<void> {
      const [[comment]] = (await rows(`SELECT obj_description('${schema}.meteo'::regclass)`)) as [[string]]
      await client.query(`DROP VIEW ${schema}.meteo`)
      await client.query(
        `CREATE VIEW ${schema}.meteo WITH (security_barrier = true) AS SELECT 'another' AS temperature, 1 AS gone`,
      )
      await client.query(`COMMENT ON VIEW ${schema}.meteo IS '${comment.replace(/\w+\)$/, '000000000000)')}'`)
    }
    const columns = (schema: string) =>
      rows(`SELECT attname::text FROM pg_attribute WHERE attrelid = '${schema}.meteo'::regclass AND attnum > 0 ORDER BY attnum`)

    test('with columns that cannot be replaced is dropped and made anew, with its grants, options and comments', async () => {
      const schema = newSchema()
      await open(schema)
      await madeOtherwise(schema)
      await client.query(`GRANT SELECT, UPDATE ON ${schema}.meteo TO PUBLIC`)
      await client.query(`GRANT INSERT (temperature, gone) ON ${schema}.meteo TO PUBLIC`)
      expect(await open(schema)).toEqual([])
      expect((await columns(schema)).flat()).toEqual(['timestamp', 'temperature', 'station_id', 'distance_km'])
      const [[grants, column, options]] =
        (await rows(`SELECT (SELECT string_agg(a.privilege_type, ',' ORDER BY 1) FROM aclexplode(c.relacl) AS a WHERE a.grantee = 0),
        (SELECT string_agg(t.attname || ' ' || a.privilege_type, ',') FROM pg_attribute AS t, aclexplode(t.attacl) AS a WHERE t.attrelid = c.oid),
        array_to_string(c.reloptions, ',') FROM pg_class AS c WHERE c.oid = '${schema}.meteo'::regclass`)) as [
          [string, string, string],
        ]
      expect([grants, column, options]).toEqual([
        'SELECT,UPDATE',
        'temperature INSERT',
        'security_barrier=true,security_invoker=true',
      ])
      expect(await rows(`SELECT col_description('${schema}.meteo'::regclass, 2)`)).toEqual([['Air temperature. Unit: Cel']])
    })

    test.each([
      ['a view', 'CREATE VIEW reads AS SELECT gone FROM meteo', 'make it again'],
      ['a rule', 'CREATE RULE mine AS ON INSERT TO meteo DO INSTEAD NOTHING', 'DROP VIEW'],
    ])(
      'with columns that cannot be replaced and %s of somebody else’s is left, told of, and holds up nothing',
      async (_, other, remedy) => {
        const schema = newSchema()
        await open(schema)
        await madeOtherwise(schema)
        await client.query(other.replace(/\b(meteo|reads)\b/g, `${schema}.$1`))
        expect(await open(schema)).toEqual([expect.stringContaining('could not be made')])
        expect(lines[0]?.facts).toMatchObject({ view: 'meteo', remedy: expect.stringContaining(remedy) })
        expect((await columns(schema)).flat()).toEqual(['temperature', 'gone'])
      },
    )

    test('is read with the rights of its reader, also after somebody changed that', async () => {
      const schema = newSchema()
      await open(schema)
      await client.query(`ALTER VIEW ${schema}.meteo RESET (security_invoker)`)
      await client.query(`ALTER VIEW ${schema}.meteo SET (security_barrier = true)`)
      expect(await open(schema)).toEqual([])
      const options = await rows(`SELECT array_to_string(reloptions, ',') FROM pg_class WHERE oid = '${schema}.meteo'::regclass`)
      expect(options).toEqual([['security_barrier=true,security_invoker=true']])
    })

    test('is not made without its tables, or without a place', async () => {
      const schema = newSchema()
      expect(await open(schema, paris, [weatherDataView])).toEqual([])
      expect(await open(schema, null)).toEqual([])
      expect(await rows(`SELECT to_regclass('${schema}.meteo')`)).toEqual([[null]])
    })
  })

  describe('gold_weather_aggregates', () => {
    test('has a row a city and local day, its means over readings, whatever the stations’ cadences and gaps', async () => {
      const schema = newSchema()
      await open(schema)
      const start = T0 - HOUR
      const city = { city: 'Paris', country: 'FR' }
      await upsertRows(client, schema, weatherDailyView, [
        day('a', '2025-01-01', start, {
          ...city,
          n: 3,
          coverage: 0.5,
          temperature_min: 2,
          temperature_max: 4,
          precipitation_sum: 3,
        }),
        day('a', '2025-01-02', start + 24 * HOUR, {
          ...city,
          n: 1,
          coverage: 1,
          temperature_min: 9,
          temperature_max: 9,
          complete: true,
        }),
        day('b', '2025-01-01', start, {
          ...city,
          n: 1,
          coverage: 1,
          temperature_min: 10,
          temperature_max: 10,
          precipitation_sum: 1,
        }),
        day('c', '2025-01-01', start, { n: 1, temperature_min: -40, temperature_max: -40 }),
      ])
      await upsertRows(client, schema, weatherDataView, [
        reading('a', -1, { temperature: 2, humidity: 40 }),
        reading('a', 5, { temperature: 4 }),
        reading('a', 22, { humidity: 60 }),
        reading('a', 23, { temperature: 9 }),
        reading('b', 3, { temperature: 10, pressure: 1000 }),
        reading('c', 3, { temperature: -40 }),
      ])
      expect(
        await rows(
          `SELECT day, avg_temperature, min_temperature, max_temperature, avg_humidity, avg_pressure, total_precipitation, n, stations, coverage, complete
           FROM ${schema}.gold_weather_aggregates WHERE city = 'Paris' ORDER BY day`,
        ),
      ).toEqual([
        ['2025-01-01', 16 / 3, 2, 10, 50, 1000, 2, 4, 2, 0.75, false],
        ['2025-01-02', 9, 9, 9, null, null, null, 1, 1, 1, true],
      ])
      expect(await rows(`SELECT count(*) FROM ${schema}.gold_weather_aggregates`)).toEqual([[2]])
    })
  })

  describe('weather_data', () => {
    test('answers what older pipelines ask', async () => {
      const schema = newSchema()
      await open(schema)
      await upsertRows(client, schema, weatherDataView, [
        reading('a', 0, { city: 'Paris', temperature: 5 }),
        reading('b', 0, { city: 'Paris', temperature: 7 }),
        reading('c', 0, { city: 'Lyon', temperature: null }),
      ])
      const answer = await rows(`SELECT city, AVG(temp) FROM ${schema}.weather_data GROUP BY city ORDER BY city`)
      expect(answer).toEqual([
        ['Lyon', null],
        ['Paris', 6],
      ])
    })
  })

  test('every view of SQL has the columns that it declares, each with a comment and its unit', async () => {
    const schema = newSchema()
    await open(schema, paris, [...new Set(builtInTopologies.map(({ view }) => view))])
    for (const { name, doc, columns } of sqlViews(paris)) {
      const found = await rows(
        `SELECT a.attname::text, col_description(a.attrelid, a.attnum), obj_description(a.attrelid)
         FROM pg_attribute a WHERE a.attrelid = '${schema}.${name}'::regclass AND a.attnum > 0 ORDER BY a.attnum`,
      )
      expect(found).toEqual(
        columns.map((column) => [
          column.column,
          column.unit === null ? column.doc : `${column.doc} Unit: ${column.unit}`,
          expect.stringContaining(doc),
        ]),
      )
    }
  })
}
