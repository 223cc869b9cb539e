import { beforeAll, describe, expect, test } from 'vitest'
import type { SqlClient, SqlSession } from '../../../src/sinks/postgres/sql-client.ts'
import { weatherDataView } from '../../../src/views/weather.ts'
import { GROUPS } from '../../../src/warehouse/roles.ts'
import { conformanceView } from '../../conformance/sink-setting.ts'
import { type AuditedSchema, auditedSchema } from './audited-schema.ts'

const HOUR = '2025-01-01T00:00:00+00:00'
const row = (station: string, n: number, mean: number | string | null = 1.5) => ({
  station_id: station,
  hour: HOUR,
  city: null,
  mean,
  n,
  complete: true,
})

/** What people change is in the log as they changed it, in any Postgres. */
export function auditChangesSuite(client: SqlClient, newSchema: () => string): void {
  describe('what a person changes', () => {
    let audited: AuditedSchema
    let t: string
    beforeAll(async () => {
      audited = await auditedSchema(client, newSchema(), [conformanceView, weatherDataView])
      t = audited.table('conformance')
    })
    const insert = (station: string, n: number, mean = '1.5', verb = 'INSERT INTO') =>
      `${verb} ${t} (station_id, hour, mean, n, complete) VALUES ('${station}', '${HOUR}', ${mean}, ${n}, true)`
    /** Lines of statements of an administrator, in one transaction. */
    const linesOf = (...statements: string[]) =>
      audited.linesOf(() =>
        audited.as(GROUPS.admin, async (session) => {
          for (const statement of statements) await session.query(statement)
        }),
      )

    test('is a line a row, with the row before and after', async () => {
      const lines = await linesOf(
        insert('a', 1),
        `UPDATE ${t} SET n = 2, mean = NULL WHERE station_id = 'a'`,
        `DELETE FROM ${t} WHERE station_id = 'a'`,
      )
      expect(lines).toEqual([
        ['INSERT', null, row('a', 1)],
        ['UPDATE', row('a', 1), row('a', 2, null)],
        ['DELETE', row('a', 2, null), null],
      ])
    })

    test('is a line by whom, in which role, from where and in which transaction', async () => {
      await linesOf(insert('who', 1), `DELETE FROM ${t} WHERE station_id = 'who'`)
      const facts = ['table_name', 'user_name = session_user', 'role_name', 'application_name', 'client_address::text']
      const [[made, deleted]] = [(await audited.lines(...facts)).slice(-2)]
      const { rows } = await client.query(`SELECT current_setting('application_name'), inet_client_addr()::text`)
      expect(made).toEqual(['conformance', true, GROUPS.admin, ...(rows[0] ?? [])])
      expect(deleted).toEqual(made)
      const [one, other] = (await audited.lines('transaction_id', '"timestamp" <= clock_timestamp()')).slice(-2)
      expect(one).toEqual(other)
      expect(one?.[1]).toBe(true)
    })

    test('keeps old and new of a row together, also where its key changes and others move up', async () => {
      await linesOf(...[1, 2, 3, 4].map((n) => insert(`k${n}`, n)))
      const lines = await linesOf(
        `UPDATE ${t} SET station_id = 'k' || (14 - n), n = n + 10 WHERE station_id LIKE 'k%'`,
        `DELETE FROM ${t} WHERE station_id LIKE 'k%'`,
      )
      expect(lines.slice(0, 4)).toEqual([1, 2, 3, 4].map((n) => ['UPDATE', row(`k${n}`, n), row(`k${14 - n}`, n + 10)]))
    })

    test('is told apart in an INSERT that updates, in a MERGE, and in one statement of several', async () => {
      const upsert = `INSERT INTO ${t} AS t (station_id, hour, mean, n, complete)
        VALUES ('u', '${HOUR}', 1.5, 5, true), ('v', '${HOUR}', 1.5, 6, true)
        ON CONFLICT (station_id, hour) DO UPDATE SET n = EXCLUDED.n`
      await linesOf(insert('u', 1))
      expect(byOperation(await linesOf(upsert))).toEqual([
        ['INSERT', null, row('v', 6)],
        ['UPDATE', row('u', 1), row('u', 5)],
      ])
      const merge = `MERGE INTO ${t} AS t USING (VALUES ('u', 7), ('v', 8), ('w', 9)) AS s (id, n) ON t.station_id = s.id
        WHEN MATCHED AND s.id = 'u' THEN DELETE
        WHEN MATCHED THEN UPDATE SET n = s.n
        WHEN NOT MATCHED THEN INSERT (station_id, hour, mean, n, complete) VALUES (s.id, '${HOUR}', 1.5, s.n, true)`
      expect(byOperation(await linesOf(merge))).toEqual([
        ['DELETE', row('u', 5), null],
        ['INSERT', null, row('w', 9)],
        ['UPDATE', row('v', 6), row('v', 8)],
      ])
      const both = `WITH gone AS (DELETE FROM ${t} WHERE station_id = 'w' RETURNING 1)
        UPDATE ${t} SET n = 1 WHERE station_id = 'v' AND EXISTS (SELECT FROM gone)`
      expect(byOperation(await linesOf(both, `DELETE FROM ${t} WHERE station_id = 'v'`))).toEqual([
        ['DELETE', row('w', 9), null],
        ['DELETE', row('v', 1), null],
        ['UPDATE', row('v', 8), row('v', 1)],
      ])
    })

    test('has NaN and infinities as texts, and generated columns', async () => {
      const w = audited.table('weather_data')
      const lines = await linesOf(
        insert('odd', 1, `'NaN'`),
        `UPDATE ${t} SET mean = '-Infinity', hour = 'infinity' WHERE station_id = 'odd'`,
        `DELETE FROM ${t} WHERE station_id = 'odd'`,
        `INSERT INTO ${w} (station_id, timestamp, interval_minutes, temperature) VALUES ('odd', '${HOUR}', 60, 12.25)`,
        `UPDATE ${w} SET temperature = NULL WHERE station_id = 'odd'`,
      )
      expect(lines[0]?.[2]).toEqual(row('odd', 1, 'NaN'))
      expect(lines[1]?.[2]).toEqual({ ...row('odd', 1, '-Infinity'), hour: 'infinity' })
      expect(lines[3]?.[2]).toMatchObject({ temperature: 12.25, temp: 12.25 })
      expect(lines[4]?.slice(1)).toMatchObject([{ temp: 12.25 }, { temp: null }])
    })

    test('is the same whatever form of times and numbers the session has', async () => {
      const lines = await linesOf(
        `SET LOCAL TimeZone = 'Asia/Kathmandu'`,
        `SET LOCAL DateStyle = 'German'`,
        'SET LOCAL extra_float_digits = -10',
        insert('form', 1, '0.1::float8 + 0.2::float8'),
        `DELETE FROM ${t} WHERE station_id = 'form'`,
      )
      expect(lines[0]?.[2]).toEqual(row('form', 1, 0.1 + 0.2))
    })

    test('is whole however long its values are, and whatever is in them', async () => {
      const text = `'''"\\' || chr(1) || 'ß€🌧 --;$windrow$'`
      const [line] = await linesOf(
        `INSERT INTO ${t} (station_id, hour, city, n, complete) VALUES ('long', '${HOUR}', repeat('x', 300000) || ${text}, 1, true)`,
        `DELETE FROM ${t} WHERE station_id = 'long'`,
      )
      expect(line?.[2]).toHaveProperty('city')
      const city = Object(line?.[2]).city
      expect(city === `${'x'.repeat(300_000)}'"\\\u0001ß€🌧 --;$windrow$`).toBe(true)
    })

    test('is not there when it was rolled back, and nothing is where no row changed', async () => {
      const failed = async (session: SqlSession) => {
        await session.query(insert('no', 1))
        await session.query('SELECT 1 / 0')
      }
      const lines = await audited.linesOf(async () => {
        await expect(audited.as(GROUPS.admin, failed)).rejects.toMatchObject({ code: 'WR_SQL' })
        await audited.as(GROUPS.admin, (session) => session.query(`UPDATE ${t} SET n = 1 WHERE station_id = 'no'`))
      })
      expect(lines).toEqual([])
    })

    test('has a column that was added meanwhile, without a new set-up', async () => {
      const lines = await audited.linesOf(async () => {
        await audited.as(GROUPS.admin, (session) => session.query(insert('col', 1)))
        await client.query(`ALTER TABLE ${t} ADD COLUMN "no te" text DEFAULT 'new', DROP COLUMN city`)
        await audited.as(GROUPS.admin, (session) => session.query(`UPDATE ${t} SET n = 2 WHERE station_id = 'col'`))
        await client.query(`ALTER TABLE ${t} DROP COLUMN "no te", ADD COLUMN city text`)
        await audited.as(GROUPS.admin, (session) => session.query(`DELETE FROM ${t} WHERE station_id = 'col'`))
      })
      const { city: _, ...without } = row('col', 2)
      expect(lines[1]).toEqual(['UPDATE', { ...without, n: 1, 'no te': 'new' }, { ...without, 'no te': 'new' }])
      expect(lines[2]).toEqual(['DELETE', row('col', 2), null])
    })

    test('is no way for who owns the tables to write the log: casts of their own are not asked', async () => {
      const own = ['evil', 'evil_json', 'evil_row', 'evil_text'].map(audited.table)
      const [type, json, composite, asText] = own as [string, string, string, string]
      await audited.as(GROUPS.etl, async (session) => {
        for (const sql of [
          `CREATE TYPE ${type} AS ENUM ('it''s')`,
          ...[
            [json, 'json'],
            [asText, 'text'],
          ].flatMap(([name, target]) => [
            `CREATE FUNCTION ${name}(${type}) RETURNS ${target} LANGUAGE plpgsql AS 'BEGIN DELETE FROM ${audited.table('audit_log')}; RETURN ''1''; END'`,
            `CREATE CAST (${type} AS ${target}) WITH FUNCTION ${name}(${type})`,
          ]),
          `CREATE TYPE ${composite} AS (e ${type}, n int)`,
          `ALTER TABLE ${t} ADD COLUMN "e'%s" ${type}, ADD COLUMN es ${type}[], ADD COLUMN c ${composite}, ADD COLUMN r ${composite}`,
        ])
          await session.query(sql)
      })
      const all = (await audited.lines('id')).length
      const lines = await linesOf(
        insert('evil', 1),
        `UPDATE ${t} SET "e'%s" = 'it''s', es = '{it''s}', c = ROW('it''s', 1), r = ROW(NULL, NULL) WHERE station_id = 'evil'`,
        `DELETE FROM ${t} WHERE station_id = 'evil'`,
      )
      expect((await audited.lines('id')).length).toBe(all + 3)
      const none = { "e'%s": null, es: null, c: null, r: null }
      const some = { "e'%s": "it's", es: "{it's}", c: "(it's,1)", r: '(,)' }
      expect(lines).toEqual([
        ['INSERT', null, { ...row('evil', 1), ...none }],
        ['UPDATE', { ...row('evil', 1), ...none }, { ...row('evil', 1), ...some }],
        ['DELETE', { ...row('evil', 1), ...some }, null],
      ])
      await audited.as(GROUPS.etl, (session) =>
        session.query(`ALTER TABLE ${t} DROP COLUMN "e'%s", DROP COLUMN es, DROP COLUMN c, DROP COLUMN r`),
      )
    })

    test('is told when all of it is gone at once, by whoever may do that', async () => {
      await linesOf(insert('all', 1))
      expect(await audited.linesOf(() => audited.as(GROUPS.etl, (session) => session.query(`TRUNCATE ${t}`)))).toEqual([
        ['TRUNCATE', null, null],
      ])
      expect((await audited.lines(`details ? 'rows_estimate'`)).at(-1)).toEqual([true])
    })

    test('is audited on a table that is made of parts, also where a row goes from one to another', async () => {
      const schema = newSchema()
      await client.query(`CREATE SCHEMA ${schema}`)
      await client.query(`CREATE TABLE ${schema}.conformance (station_id text COLLATE "C" NOT NULL, hour timestamptz NOT NULL, city text,
        mean float8, n bigint NOT NULL, complete boolean NOT NULL, PRIMARY KEY (station_id, hour)) PARTITION BY LIST (station_id)`)
      for (const part of ['a', 'b']) {
        await client.query(`CREATE TABLE ${schema}.part_${part} PARTITION OF ${schema}.conformance FOR VALUES IN ('${part}')`)
      }
      const parts = await auditedSchema(client, schema, [conformanceView])
      const table = parts.table('conformance')
      const lines = await parts.linesOf(() =>
        parts.as(GROUPS.admin, async (session) => {
          await session.query(
            `INSERT INTO ${table} VALUES ('a', '${HOUR}', NULL, 1.5, 1, true), ('b', 'infinity', NULL, 1.5, 2, true)`,
          )
          await session.query(`UPDATE ${table} SET station_id = CASE station_id WHEN 'a' THEN 'b' ELSE 'a' END, n = n + 1`)
        }),
      )
      const b = { ...row('b', 2), hour: 'infinity' }
      expect(lines).toEqual([
        ['INSERT', null, row('a', 1)],
        ['INSERT', null, b],
        ['UPDATE', row('a', 1), row('b', 2)],
        ['UPDATE', b, { ...b, station_id: 'a', n: 3 }],
      ])
    })
  })
}

/** Of one statement several operations come in no order that is promised. */
function byOperation<T extends readonly [string, ...unknown[]]>(lines: readonly T[]): T[] {
  return [...lines].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}
