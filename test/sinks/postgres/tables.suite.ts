import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WindrowError } from '../../../src/core/errors.ts'
import { postgresSink } from '../../../src/sinks/postgres/postgres-sink.ts'
import { prepareTables } from '../../../src/sinks/postgres/prepare-tables.ts'
import { runReadOnly } from '../../../src/sinks/postgres/run-read-only.ts'
import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import { defaultExtras } from '../../../src/sinks/postgres/view-extras.ts'
import { canonicalKey } from '../../../src/views/row-key.ts'
import {
  addedCount,
  type Cell,
  count,
  defineView,
  double,
  instant,
  localDay,
  optionalText,
  requiredDouble,
  text,
  type View,
} from '../../../src/views/view.ts'
import { byKey, sinkWorld } from '../../conformance/sink-world.ts'
import { everyType, rowsOf, storedInstants } from '../../views/sample-views.ts'
import { readRows, removeRows, upsertRows } from './postgres-rows.ts'

/** Tables, rows and statements of users in any Postgres. `newSchema` names one that is not there. */
export function tablesSuite(client: SqlClient, newSchema: () => string): void {
  const prepare = (schema: string, ...views: View[]) => prepareTables(client, views, { schema, extras: defaultExtras })

  const stationId = text('The station.')
  const city = optionalText("The station's city.")

  function viewOf(values: Parameters<typeof defineView>[0]['values'], name = 'daily'): View {
    return defineView({ name, doc: 'A day.', key: { stationId, day: localDay('The day.') }, values, stores: ['postgres'] })
  }

  describe('cells', () => {
    test('are read back bit by bit, whatever they are', async () => {
      const schema = newSchema()
      await prepare(schema, everyType)
      // Postgres has no U+0000 in texts (such a row goes to dead letters), and a row's zero has no sign.
      const texts = fc.string({ unit: 'binary', maxLength: 16 }).map((s) => s.replaceAll('\u0000', '\u0001'))
      const doubles = fc.double().map((value) => value + 0)
      const rows = fc.uniqueArray(rowsOf(everyType, { texts, doubles, instants: storedInstants }), {
        selector: (cells) => canonicalKey(everyType, cells),
        minLength: 1,
        maxLength: 20,
      })
      await fc.assert(
        fc.asyncProperty(rows, async (written) => {
          await client.query(`TRUNCATE ${schema}.every_type`)
          await upsertRows(client, schema, everyType, written)
          const read = await readRows(client, schema, everyType)
          const expected = new Map(written.map((cells) => [canonicalKey(everyType, cells), cells]))
          expect(read).toHaveLength(expected.size)
          for (const cells of read) {
            const original = expected.get(canonicalKey(everyType, cells)) as Cell[]
            expect(cells.every((cell, i) => Object.is(cell, original[i]))).toBe(true)
          }
          await removeRows(client, schema, everyType, written)
          expect(await readRows(client, schema, everyType)).toEqual([])
        }),
        { numRuns: 8 },
      )
    })

    test('of instants far away are exact to the millisecond', async () => {
      const schema = newSchema()
      const view = defineView({ name: 'far', doc: '', key: { at: instant('') }, values: { n: count('') }, stores: ['postgres'] })
      await prepare(schema, view)
      const instants = [
        -210_866_803_200_000, -62_135_596_800_001, -1, 0, 946_684_799_999, 253_402_300_800_000, 8_640_000_000_000_000,
      ]
      await upsertRows(
        client,
        schema,
        view,
        instants.map((at, n) => [at, n]),
      )
      const { rows } = await client.query(`SELECT (extract(epoch FROM at) * 1000)::int8 FROM ${schema}.far ORDER BY at`)
      expect(rows.flat()).toEqual(instants)
    })

    test('that are the same leave the row alone', async () => {
      const schema = newSchema()
      const view = viewOf({ mean: double('Cel', 'Mean.') })
      await prepare(schema, view)
      const rows = [['paris', '2025-01-01', Number.NaN] as Cell[], ['lyon', '2025-01-01', null] as Cell[]]
      await upsertRows(client, schema, view, rows)
      const version = () => client.query(`SELECT xmin::text, ctid::text FROM ${schema}.daily ORDER BY station_id`)
      const before = await version()
      await upsertRows(client, schema, view, rows)
      expect((await version()).rows).toEqual(before.rows)
    })
  })

  describe('the table of a view', () => {
    test('has the columns, key, index and comments of the declaration', async () => {
      const schema = newSchema()
      expect(await prepare(schema, everyType)).toEqual(new Map([['every_type', 'created']]))
      const columns = await client.query(
        `SELECT column_name::text, data_type::text, is_nullable::text, col_description('${schema}.every_type'::regclass, ordinal_position)
       FROM information_schema.columns WHERE table_schema = $1 AND table_name = 'every_type' ORDER BY ordinal_position`,
        [schema],
      )
      expect(columns.rows).toEqual([
        ['station_id', 'text', 'NO', 'The station.'],
        ['hour', 'timestamp with time zone', 'NO', 'Start of the hour.'],
        ['city', 'text', 'YES', 'Name of the city.'],
        ['day', 'date', 'NO', 'Local day.'],
        ['month', 'text', 'NO', 'Local month.'],
        ['temperature_mean', 'double precision', 'YES', 'Mean temperature. Unit: Cel'],
        ['co', 'double precision', 'NO', 'Carbon monoxide. Unit: mg/m3'],
        ['n', 'bigint', 'NO', 'Readings in it.'],
        ['complete', 'boolean', 'NO', 'Whether the window is over.'],
        ['is_rain', 'boolean', 'YES', 'Whether it rained.'],
        ['revised_at', 'timestamp with time zone', 'YES', 'Newest revision.'],
      ])
      const indexes = await client.query(`SELECT indexdef FROM pg_indexes WHERE schemaname = $1 AND tablename = 'every_type'`, [
        schema,
      ])
      expect(indexes.rows.flat().sort()).toEqual([
        `CREATE INDEX every_type_hour_idx ON ${schema}.every_type USING btree (hour)`,
        `CREATE UNIQUE INDEX every_type_pkey ON ${schema}.every_type USING btree (station_id, hour)`,
      ])
      const [[comment]] = (await client.query(`SELECT obj_description('${schema}.every_type'::regclass)`)).rows as [[string]]
      expect(comment).toBe('One column of each type.')
    })

    test('is left alone when it is as declared', async () => {
      const schema = newSchema()
      await prepare(schema, everyType)
      expect(await prepare(schema, everyType)).toEqual(new Map([['every_type', 'kept']]))
    })

    test('gets new nullable columns and comments, and is then compared as a whole with its topic', async () => {
      const schema = newSchema()
      await prepare(schema, viewOf({ mean: double('Cel', 'Mean.') }))
      await client.query(
        `INSERT INTO ${schema}.windrow_progress VALUES ('daily', 0, 't', 5, 1, 1, now()), ('another', 0, 't', 5, 1, 1, now())`,
      )
      const extended = viewOf({ mean: double('Cel', "The day's mean \\ median."), city })
      expect(await prepare(schema, extended)).toEqual(new Map([['daily', 'extended']]))
      await upsertRows(client, schema, extended, [['paris', '2025-01-01', 1, 'Paris']])
      expect(await readRows(client, schema, extended)).toEqual([['paris', '2025-01-01', 1, 'Paris']])
      const comment = await client.query(`SELECT col_description('${schema}.daily'::regclass, 3)`)
      expect(comment.rows).toEqual([["The day's mean \\ median. Unit: Cel"]])
      expect((await client.query(`SELECT view FROM ${schema}.windrow_progress`)).rows).toEqual([['another']])
    })

    test('gets a new column that takes no null with its initial value, and an older version cannot write rows without it', async () => {
      const schema = newSchema()
      const older = viewOf({ mean: double('Cel', 'Mean.') })
      await prepare(schema, older)
      await upsertRows(client, schema, older, [['paris', '2025-01-01', 1]])
      await client.query(`INSERT INTO ${schema}.windrow_progress VALUES ('daily', 0, 't', 5, 1, 1, now())`)
      const extended = viewOf({ mean: double('Cel', 'Mean.'), meanN: addedCount('Readings.') })
      expect(await prepare(schema, extended)).toEqual(new Map([['daily', 'extended']]))
      expect(await readRows(client, schema, extended)).toEqual([['paris', '2025-01-01', 1, 0]])
      expect((await client.query(`SELECT view FROM ${schema}.windrow_progress`)).rows).toEqual([])
      await expect(upsertRows(client, schema, older, [['paris', '2025-01-01', 2]])).rejects.toThrow('mean_n')
      await expect(prepare(schema, older)).rejects.toThrow('mean_n is no column of the view, NOT NULL and without default')
      expect(await prepare(schema, extended)).toEqual(new Map([['daily', 'kept']]))
    })

    test('takes columns that somebody added, as long as a row needs no value for them', async () => {
      const schema = newSchema()
      await prepare(schema, viewOf({}))
      await client.query(`ALTER TABLE ${schema}.daily ADD COLUMN note text, ADD COLUMN seen integer NOT NULL DEFAULT 0`)
      expect(await prepare(schema, viewOf({}))).toEqual(new Map([['daily', 'kept']]))
    })

    test.each([
      ['another type', 'mean text', 'mean is text and should be double precision'],
      ['null where there may be none', 'mean double precision', 'mean is nullable and should be NOT NULL'],
      ['a column missing that cannot be null', 'other text', 'mean is missing and cannot be null'],
      ['a column that needs a value', 'mean double precision NOT NULL, note text NOT NULL', 'note is no column of the view'],
    ])('that has %s is refused with what is wrong and what to do', async (_, columns, problem) => {
      const schema = newSchema()
      await client.query(`CREATE SCHEMA ${schema}`)
      await client.query(`CREATE TABLE ${schema}.daily (station_id text, day date, ${columns}, PRIMARY KEY (station_id, day))`)
      await expect(prepare(schema, viewOf({ mean: requiredDouble('Cel', 'Mean.') }))).rejects.toMatchObject({
        code: 'WR_VIEW_TABLE_MISMATCH',
        kind: 'usage',
        message: expect.stringContaining(problem),
        remedy: expect.stringContaining(`DROP TABLE ${schema}.daily`),
      })
    })

    test('of a view that changed keeps what it had: new columns are filled from the log, those that are gone stay as they were', async () => {
      const schema = newSchema()
      const run = async (view: View, rows: Cell[][]): Promise<void> => {
        const world = await sinkWorld(view)
        await world.write(rows.map((put) => ({ put })))
        const runner = await world.start(postgresSink({ client, schema }))
        await world.caughtUp(runner)
        await runner.stop()
        expect(byKey(view, await readRows(client, schema, view))).toEqual(world.expected())
      }
      await run(viewOf({ mean: double('Cel', 'Mean.'), city }), [
        ['lyon', '2025-01-01', 1, 'Lyon'],
        ['paris', '2025-01-01', 2, 'Paris'],
      ])
      const changed = viewOf({ mean: double('Cel', 'Mean.'), humidity: double('%', 'Humidity.') })
      await run(changed, [
        ['nice', '2025-01-01', 5, 6],
        ['paris', '2025-01-01', 3, 4],
      ])
      expect((await client.query(`SELECT station_id, city FROM ${schema}.daily ORDER BY 1`)).rows).toEqual([
        ['nice', null],
        ['paris', 'Paris'],
      ])

      const stricter = viewOf({ mean: double('Cel', 'Mean.'), n: count('Readings.') })
      await expect(prepare(schema, stricter)).rejects.toThrow('n is missing and cannot be null')
      expect(await readRows(client, schema, changed)).toHaveLength(2)
      await client.query(`ALTER TABLE ${schema}.daily RENAME TO daily_before`)
      await run(stricter, [['paris', '2025-01-01', 3, 24]])
      expect((await client.query(`SELECT count(*) FROM ${schema}.daily_before`)).rows).toEqual([[2]])
      const indexes = await client.query(`SELECT count(*) FROM pg_indexes WHERE schemaname = $1 AND tablename = 'daily'`, [
        schema,
      ])
      expect(indexes.rows).toEqual([[2]])
    })

    test('that lost a column which could not be null, or may have nulls now, is refused with the statement that mends it', async () => {
      const schema = newSchema()
      await prepare(schema, viewOf({ n: count('Readings.'), mean: requiredDouble('Cel', 'Mean.') }))
      const view = viewOf({ mean: double('Cel', 'Mean.') })
      const error = (await prepare(schema, view).catch((reason: unknown) => reason)) as WindrowError
      expect(error.code).toBe('WR_VIEW_TABLE_MISMATCH')
      const [, statement = ''] = /\((ALTER TABLE [^)]*)\)/.exec(error.remedy) ?? []
      await client.query(statement)
      expect(await prepare(schema, view)).toEqual(new Map([['daily', 'kept']]))
      await upsertRows(client, schema, view, [['paris', '2025-01-01', null]])
    })

    test('that has another key, or is no table, is refused', async () => {
      const schema = newSchema()
      await client.query(`CREATE SCHEMA ${schema}`)
      await client.query(`CREATE TABLE ${schema}.daily (station_id text, day date NOT NULL, PRIMARY KEY (station_id))`)
      await client.query(`CREATE VIEW ${schema}.weekly AS SELECT 1`)
      await expect(prepare(schema, viewOf({}))).rejects.toThrow('its primary key is (station_id) and should be (station_id, day)')
      await expect(prepare(schema, viewOf({}, 'weekly'))).rejects.toThrow('is no table')
    })

    test('of weather_data has temp, and of energies created_at, beside what the view declares', async () => {
      const schema = newSchema()
      const weather = viewOf({ temperature: double('Cel', 'Temperature.') }, 'weather_data')
      const energies = viewOf({ consommations: requiredDouble('MW', 'Consumption.') }, 'energies')
      await prepare(schema, weather, energies)
      await upsertRows(client, schema, weather, [['paris', '2025-01-01', 21.5]])
      await upsertRows(client, schema, energies, [['FR', '2025-01-01', 50_000]])
      const created = () => client.query(`SELECT created_at FROM ${schema}.energies`)
      expect((await client.query(`SELECT temp FROM ${schema}.weather_data`)).rows).toEqual([[21.5]])
      const [[first]] = (await created()).rows as [[string]]
      expect(Date.parse(first)).toBeGreaterThan(Date.UTC(2025, 0, 1))
      await upsertRows(client, schema, energies, [['FR', '2025-01-01', 60_000]])
      expect((await created()).rows).toEqual([[first]])
    })
  })

  describe('the sink', () => {
    test('has got nowhere where nobody has opened it yet', async () => {
      const world = await sinkWorld(everyType)
      expect(await postgresSink({ client, schema: newSchema() }).progress(everyType, world.topic())).toEqual([0, 0])
    })

    test.each([
      ['ADD COLUMN extra integer NOT NULL', 'DROP COLUMN extra'],
      ["ALTER COLUMN city TYPE varchar(3) USING 'x'", 'ALTER COLUMN city TYPE text'],
    ])('blames no row where somebody changed the table under it (%s)', async (change, undo) => {
      const schema = newSchema()
      const view = viewOf({ mean: double('Cel', 'Mean.'), city })
      const world = await sinkWorld(view)
      const runner = await world.start(postgresSink({ client, schema }))
      try {
        await world.caughtUp(runner)
        await client.query(`ALTER TABLE ${schema}.daily ${change}`)
        await world.write([{ put: ['lyon', '2025-01-01', 1, 'Lyon'] }, { put: ['paris', '2025-01-01', 2, 'Paris'] }])
        const codes = async () => (await runner.statuses()).map(({ problem }) => problem?.code)
        await expect.poll(codes, { timeout: 20_000 }).toContain('WR_VIEW_TABLE_MISMATCH')
        await client.query(`ALTER TABLE ${schema}.daily ${undo}`)
        await world.caughtUp(runner)
        expect(byKey(view, await readRows(client, schema, view))).toEqual(world.expected())
        expect(await world.deadLetters()).toEqual([])
      } finally {
        await runner.stop()
      }
    })

    test('says what a person has to mend at once, when it is opened', async () => {
      const schema = newSchema()
      await client.query(`CREATE SCHEMA ${schema}`)
      await client.query(`CREATE TABLE ${schema}.every_type (n integer)`)
      await expect(postgresSink({ client, schema }).open([everyType])).rejects.toMatchObject({
        code: 'WR_VIEW_TABLE_MISMATCH',
        canRetry: false,
      })
    })
  })

  describe('a statement of a user', () => {
    const numbers = 'SELECT n, n * 0.5::float8 AS half FROM (SELECT generate_series(1, 1000000000) AS n) AS s'

    test('gives its rows up to the limit, and says that there are more', async () => {
      const result = await runReadOnly(client, `-- all of them\n ${numbers};`, { limit: 3 })
      expect(result.rows).toEqual([
        [1, 0.5],
        [2, 1],
        [3, 1.5],
      ])
      expect(result.fields.map((field) => field.name)).toEqual(['n', 'half'])
      expect(result.truncated).toBe(true)
      expect((await runReadOnly(client, '/* two */ (VALUES (1), (2))', { limit: 2 })).truncated).toBe(false)
    })

    test.each(['SHOW server_version', 'EXPLAIN SELECT 1', 'WITH w AS (SELECT 1 AS x) SELECT x FROM w'])(
      '%s is run',
      async (statement) => {
        expect((await runReadOnly(client, statement, { limit: 10 })).rows).toHaveLength(1)
      },
    )

    test.each([
      'CREATE TABLE t (n int)',
      "INSERT INTO windrow_progress VALUES ('x')",
      'WITH d AS (DELETE FROM pg_class RETURNING 1) SELECT 1',
    ])('%s is refused', async (statement) => {
      await expect(runReadOnly(client, statement, { limit: 10 })).rejects.toMatchObject({ code: 'WR_SQL' })
    })

    test('sets nothing that outlives it', async () => {
      await runReadOnly(client, "SELECT set_config('extra_float_digits', '-10', false)", { limit: 1 })
      expect((await client.query('SELECT 1/3::float8')).rows).toEqual([[1 / 3]])
    })

    test('that takes too long is given up, and the next one is answered', async () => {
      const endless = runReadOnly(client, `SELECT count(*) FROM (${numbers}) AS x`, { limit: 1, timeoutMs: 100 })
      await expect(endless).rejects.toMatchObject({ code: 'WR_SQL_TIMEOUT', canRetry: true })
      expect((await client.query('SELECT 1')).rows).toEqual([[1]])
    })
  })
}
