import { describe, expect, test } from 'vitest'
import { postgresSink } from '../../../src/sinks/postgres/postgres-sink.ts'
import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import { energiesView } from '../../../src/views/energy.ts'
import type { View } from '../../../src/views/view.ts'
import { weatherDailyView, weatherDataView, weatherHourlyView } from '../../../src/views/weather.ts'
import { recordingLogger } from '../silent-logger.ts'
import { upsertRows } from './postgres-rows.ts'

const views = [weatherDataView, weatherHourlyView, weatherDailyView, energiesView]

/** Indexes by time of new tables and of those that are there, in any Postgres. */
export function timeIndexesSuite(client: SqlClient, newSchema: () => string): void {
  const { logger, lines } = recordingLogger()

  async function open(schema: string, opened: readonly View[] = views): Promise<string[]> {
    lines.length = 0
    await postgresSink({ client, schema, logger }).open(opened)
    return lines.map(({ message }) => message)
  }

  /** Of each table but its primary key, with the number by which Postgres knows it. */
  async function indexes(schema: string): Promise<Map<string, string>> {
    const { rows } = await client.query(
      `SELECT x.oid::text || ' ' || x.relname, substring(pg_get_indexdef(x.oid) FROM 'USING .*') FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
       WHERE x.relnamespace = $1::regnamespace AND NOT i.indisprimary AND i.indrelid = ANY(SELECT to_regclass($1 || '.' || name) FROM unnest($2::text[]) AS name)
       ORDER BY x.relname`,
      [schema, `{${views.map(({ name }) => name).join(',')}}`],
    )
    return new Map(rows.map(([name, definition]) => [String(name), String(definition)]))
  }

  const all = [
    'USING btree ("timestamp") INCLUDE (zone_id, consommations, production_pv)',
    'USING btree (day)',
    'USING btree ("timestamp") INCLUDE (station_id, temperature)',
    'USING btree (hour)',
  ]

  describe('indexes by time', () => {
    test('are made with the tables, hold the values of readings alone, and stay as they are', async () => {
      const schema = newSchema()
      expect(await open(schema)).toEqual([])
      const made = await indexes(schema)
      expect([...made.values()]).toEqual(all)
      await open(schema)
      expect(await indexes(schema)).toEqual(made)
    })

    test('come to tables that are there, and take the place of those that windrow made before', async () => {
      const schema = newSchema()
      await open(schema)
      await client.query(`DROP INDEX ${schema}.weather_data_timestamp_station_id_temperature_idx`)
      await client.query(`DROP INDEX ${schema}.weather_hourly_hour_idx`)
      await client.query(`CREATE INDEX ON ${schema}.weather_data (timestamp)`)
      await client.query(`CREATE INDEX mine ON ${schema}.weather_data (timestamp)`)
      await upsertRows(client, schema, weatherDataView, [
        weatherDataView.columns.map(({ nullable, type }) => (nullable ? null : type === 'text' ? 's' : 0)),
      ])
      expect(await open(schema)).toEqual([])
      expect([...(await indexes(schema)).values()]).toEqual([all[0], 'USING btree ("timestamp")', ...all.slice(1)])
      expect([...(await indexes(schema)).keys()].map((name) => name.replace(/^\d+ /, ''))).toContain('mine')
    })

    test('of a person’s own that hold as much are enough; partial and invalid ones are not', async () => {
      const schema = newSchema()
      await open(schema)
      await client.query(`DROP INDEX ${schema}.weather_data_timestamp_station_id_temperature_idx`)
      await client.query(`DROP INDEX ${schema}.weather_hourly_hour_idx`)
      await client.query(`CREATE INDEX mine ON ${schema}.weather_data (timestamp, station_id) INCLUDE (humidity, temperature)`)
      await client.query(`CREATE INDEX part ON ${schema}.weather_hourly (hour) WHERE n > 1`)
      expect(await open(schema)).toEqual([])
      expect([...(await indexes(schema)).values()]).toEqual([
        all[0],
        'USING btree ("timestamp", station_id) INCLUDE (humidity, temperature)',
        'USING btree (hour) WHERE (n > 1)',
        'USING btree (day)',
        'USING btree (hour)',
      ])
    })
  })
}
