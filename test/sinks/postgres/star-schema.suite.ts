import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { timeZone } from '../../../src/core/time-zone.ts'
import { postgresSink } from '../../../src/sinks/postgres/postgres-sink.ts'
import type { SqlClient, SqlValue } from '../../../src/sinks/postgres/sql-client.ts'
import { starSchema } from '../../../src/sinks/postgres/sql-views.ts'
import { tableName } from '../../../src/sinks/postgres/table-sql.ts'
import { builtInTopologies } from '../../../src/streams/topologies/index.ts'
import { fillStar, STAR_ZONES } from './star-history.ts'

const views = [...new Set(builtInTopologies.map(({ view }) => view))]
const HOUR = 3_600_000

/** The star schema over a history of several zones with the days on which clocks change, in any Postgres. */
export function starSchemaSuite(client: SqlClient, newSchema: () => string): void {
  describe('the star schema', () => {
    let schema = ''
    const rows = async (statement: string) => (await client.query(statement)).rows
    const of = (name: string): string => tableName(schema, name)

    beforeAll(async () => {
      schema = newSchema()
      await postgresSink({ client, schema }).open(views)
      await fillStar(client, schema)
    })

    describe.each(starSchema.map((view) => [view.name, view] as const))('%s', (name, view) => {
      test.each((view.checks ?? []).map((check) => [check.name, check] as const))('holds: %s', async (_, check) => {
        expect(await rows(check.failures(of))).toEqual([])
      })

      test('has rows', async () => {
        const [[count] = []] = await rows(`SELECT count(*) FROM ${of(name)}`)
        expect(count).toBeGreaterThan(0)
      })
    })

    test('breaks a check where a fact has no station, a key comes twice or a value is out of bounds', async () => {
      const broken = newSchema()
      await client.query(`CREATE SCHEMA ${broken}`)
      await client.query(`CREATE TABLE ${broken}.dim_station AS SELECT * FROM ${of('dim_station')} WHERE station_id <> 'paris'
        UNION ALL SELECT * FROM ${of('dim_station')} WHERE station_id = 'utc'`)
      await client.query(`UPDATE ${broken}.dim_station SET kind = 'noise' WHERE station_id = 'havana' AND kind = 'air'`)
      await client.query(`CREATE VIEW ${broken}.fact_weather AS SELECT * FROM ${of('fact_weather')}`)
      const found = starSchema
        .filter(({ name }) => name === 'dim_station' || name === 'fact_weather')
        .flatMap(({ name, checks = [] }) => checks.map((check) => ({ name, check })))
        .filter(({ check }) => check.reads.every((read) => read === 'dim_station'))
      const failed: string[] = []
      for (const { name, check } of found) {
        if ((await rows(check.failures((table) => tableName(broken, table)))).length > 0) failed.push(`${name}: ${check.name}`)
      }
      expect(failed).toEqual([
        'dim_station: station_key unique',
        'dim_station: kind is weather, energy or air',
        'fact_weather: station_key in dim_station',
      ])
    })

    test.each([
      ['fact_weather', 'weather_daily', 'n, precipitation_sum', 'sum(n)::bigint, sum(precipitation_sum)', 'station_id'],
      [
        'fact_air',
        'daily_sensor_means',
        'n, pm25_n, pm25_n * pm25_mean',
        'sum(n)::bigint, sum(pm25_n)::bigint, sum(pm25_sum)',
        'station_id',
      ],
      [
        'fact_energy',
        'daily_energy_summary',
        'n, consumption_energy_mwh, pv_energy_mwh',
        'count(*)::bigint, sum(consumption_energy_mwh), sum(pv_energy_mwh)',
        'zone_id',
      ],
    ])('sums of %s by dim_date are those of %s, on days of any length', async (fact, daily, stored, summed, station) => {
      const expected = await rows(`SELECT ${station}, day, ${stored} FROM ${of(daily)} ORDER BY 1, 2`)
      const found = await rows(`SELECT s.station_id, d.day, ${summed} FROM ${of(fact)} AS f
        JOIN ${of('dim_date')} AS d USING (date_key) JOIN ${of('dim_station')} AS s USING (station_key) GROUP BY 1, 2 ORDER BY 1, 2`)
      expect(found.map(rounded)).toEqual(expected.map(rounded))
    })

    test.each([
      [
        'fact_weather',
        `SELECT s.time_zone, w.timestamp, w.precipitation FROM $.weather_data AS w JOIN $.stations AS s ON s.kind = 'weather' AND s.station_id = w.station_id`,
        'sum(f.n)::bigint, sum(f.precipitation_sum)',
      ],
      [
        'fact_energy',
        `SELECT s.time_zone, e.timestamp, e.consommations / 4 FROM $.energies AS e JOIN $.stations AS s ON s.kind = 'energy' AND s.station_id = e.zone_id`,
        'count(*), sum(f.consumption_energy_mwh)',
      ],
    ])('%s by local day, hour and offset is what the clocks of ICU make of the readings', async (fact, readings, sums) => {
      const expected = new Map<string, [number, number]>()
      for (const [zone, at, value] of await rows(readings.replaceAll('$', schema))) {
        const hour = `${zone} ${clockOf(String(zone), new Date(String(at)))}`
        const [n, sum] = expected.get(hour) ?? [0, 0]
        expected.set(hour, [n + 1, sum + Number(value)])
      }
      const found =
        await rows(`SELECT h.time_zone || ' ' || to_char(d.day, 'YYYY-MM-DD') || ' ' || h.local_hour || ' ' || h.utc_offset_minutes, ${sums}
        FROM ${of(fact)} AS f JOIN ${of('dim_hour')} AS h USING (hour_key) JOIN ${of('dim_date')} AS d ON d.date_key = f.date_key GROUP BY 1`)
      expect(new Map(found.map(([hour, n, sum]) => [hour, [n, rounded([sum as number])[0]]]))).toEqual(
        new Map([...expected].map(([hour, [n, sum]]) => [hour, [n, rounded([sum])[0]]])),
      )
    })

    test.each([
      ['Europe/Paris', 20250330, 23, 92, 0],
      ['Europe/Paris', 20251026, 25, 100, 1],
      ['America/New_York', 20250309, 23, 92, 0],
      ['America/New_York', 20251102, 25, 100, 1],
      ['Australia/Lord_Howe', 20250406, 25, 98, 1],
      ['Australia/Lord_Howe', 20251005, 24, 94, 0],
      ['Asia/Kolkata', 20250330, 24, 96, 0],
    ])('in %s %i has %i hours, %i quarters, %i of them repeated', async (zone, date, hours, quarters, repeated) => {
      const found =
        await rows(`SELECT count(*), sum(minutes)::bigint / 15, count(*) FILTER (WHERE is_repeated), bool_and(date_key = ${date})
        FROM ${of('dim_hour')} WHERE time_zone = '${zone}' AND date_key = ${date}`)
      expect(found).toEqual([[hours, quarters, repeated, true]])
      const facts =
        await rows(`SELECT count(DISTINCT f.hour_key) FROM ${of('fact_weather')} AS f JOIN ${of('dim_station')} AS s USING (station_key)
        WHERE s.time_zone = '${zone}' AND f.date_key = ${date}`)
      expect(facts).toEqual([[hours]])
    })

    test('answers the statements of examples/star-schema.sql, in its own schema', async () => {
      const statements = readFileSync(new URL('../../../examples/star-schema.sql', import.meta.url), 'utf8').split(/;\s*$/m)
      const answers = await client.transaction(async (session) => {
        await session.query(`SET LOCAL search_path = ${schema}`)
        const counts: number[] = []
        for (const statement of statements.filter((text) => /SELECT/.test(text))) {
          counts.push((await session.query(statement)).rows.length)
        }
        return counts
      })
      expect(answers.length).toBe(8)
      // What is about the last days finds nothing in a history of 2025.
      const [months, , , recentDays, changes, repeated, recentHours] = answers
      expect([recentDays, recentHours]).toEqual([0, 0])
      expect([months, changes, repeated].every((count) => Number(count) > 5)).toBe(true)
    })

    test('each table, view and column says what it is', async () => {
      const { rows: silent } = await client.query(
        `SELECT c.relname || coalesce('.' || a.attname, '') FROM pg_class AS c
           LEFT JOIN LATERAL (SELECT NULL::name AS attname, 0 AS attnum UNION ALL
             SELECT t.attname, t.attnum FROM pg_attribute AS t WHERE t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped) AS a ON true
           LEFT JOIN pg_description AS d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = a.attnum
         WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'v') AND c.relname NOT LIKE 'windrow_%' AND coalesce(d.description, '') = ''
         ORDER BY 1`,
        [schema],
      )
      expect(silent.flat()).toEqual([])
    })

    test('there are days of 23, 23.5, 24, 24.5 and 25 hours', async () => {
      const lengths = await rows(`SELECT DISTINCT sum(minutes) FROM ${of('dim_hour')} GROUP BY time_zone, date_key ORDER BY 1`)
      expect(lengths.flat().map(Number)).toEqual([1380, 1410, 1440, 1470, 1500])
    })

    test('a mean over days is sums over counts: that of all readings', async () => {
      const [means] = await rows(`SELECT sum(pm25_sum) / sum(pm25_n), sum(co_sum) / sum(co_n) FROM ${of('fact_air')}`)
      const [direct] = await rows(
        `SELECT sum(pm25_mean * pm25_n) / sum(pm25_n), sum(co_mean * co_n) / sum(co_n) FROM ${of('daily_sensor_means')}`,
      )
      expect(rounded(means ?? [])).toEqual(rounded(direct ?? []))
    })

    test.each(STAR_ZONES)('dim_hour has the hours of %s as windrow cuts them', async (name) => {
      const zone = timeZone(name)
      const found =
        await rows(`SELECT (extract(epoch FROM hour) * 1000)::float8, day, local_hour, utc_offset_minutes, minutes, is_dst, is_repeated, hour_key
        FROM ${of('dim_hour')} WHERE time_zone = '${name}' ORDER BY hour`)
      let starts = found[0]?.[0] as number
      const shown = new Set<string>()
      const expected = found.map(() => {
        const { end } = zone.hourSpan(starts)
        const offset = zone.offsetAt(starts)
        const day = new Date(zone.dayOf(starts) * 24 * HOUR).toISOString().slice(0, 10)
        const hour = new Date(starts + offset).getUTCHours()
        const year = new Date(starts + offset).getUTCFullYear()
        const standard = Math.min(zone.offsetAt(Date.UTC(year, 0, 1)), zone.offsetAt(Date.UTC(year, 6, 1)))
        const isRepeated = shown.has(`${day} ${hour}`)
        shown.add(`${day} ${hour}`)
        const key = `${name} ${new Date(starts).toISOString().replace('.000', '')}`
        const row = [starts, day, hour, offset / 60_000, (end - starts) / 60_000, offset > standard, isRepeated, key]
        starts = end
        return row
      })
      expect(found).toEqual(expected)
    })

    test('dim_date has whole years and its words in English', async () => {
      expect(await rows(`SELECT min(day), max(day), count(*) FROM ${of('dim_date')}`)).toEqual([
        ['2024-01-01', '2025-12-31', 731],
      ])
      expect(await rows(`SELECT * FROM ${of('dim_date')} WHERE date_key = 20241230`)).toEqual([
        [20241230, '2024-12-30', 2024, 4, 12, 'December', '2024-12', 2025, 1, 1, 'Monday', false, 365],
      ])
    })

    test('says nothing else in another session time zone', async () => {
      const facts = () => rows(`SELECT hour_key, date_key, local_hour FROM ${of('fact_energy')} ORDER BY 1`)
      const hours = `SELECT md5(string_agg(h::text, ',' ORDER BY hour_key)) FROM (SELECT hour_key, date_key, local_hour, is_dst, is_repeated, minutes FROM ${of('dim_hour')}) AS h`
      const here = [await facts(), await rows(hours)]
      const there = await client.transaction(async (session) => {
        await session.query(`SET LOCAL TimeZone = 'Pacific/Chatham'`)
        const sets = (await session.query(`SELECT hour_key, date_key, local_hour FROM ${of('fact_energy')} ORDER BY 1`)).rows
        return [sets, (await session.query(hours)).rows]
      })
      expect(there).toEqual(here)
    })
  })
}

const clocks = new Map<string, Intl.DateTimeFormat>()

/** Local day, hour and minutes ahead of UTC, as the runtime's own calendar has them. */
function clockOf(zone: string, at: Date): string {
  let clock = clocks.get(zone)
  if (clock === undefined) {
    const parts = {
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    } as const
    clock = new Intl.DateTimeFormat('en-CA', { ...parts, timeZone: zone, hourCycle: 'h23' })
    clocks.set(zone, clock)
  }
  const [year = 0, month = 1, day = 0, hour = 0, minute, second] = clock
    .formatToParts(at)
    .filter(({ type }) => type !== 'literal')
    .map(({ value }) => Number(value))
  const offset = (Date.UTC(year, month - 1, day, hour, minute, second) - at.getTime()) / 60_000
  return `${new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10)} ${hour} ${offset}`
}

const rounded = (row: readonly SqlValue[]): SqlValue[] =>
  row.map((value) => (typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(11)) : value))
