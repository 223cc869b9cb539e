import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { count, defineView, double, instant, localDay, localMonth, optionalText, text } from '../../../../src/views/view.ts'
import { weatherMonthlyView } from '../../../../src/views/weather.ts'
import { byKey, type Change } from '../../../conformance/sink-world.ts'
import { goldWorld } from './gold-world.ts'

const view = defineView({
  name: 'hourly',
  doc: 'For tests.',
  key: { stationId: text('Station.'), hour: instant('Hour.') },
  values: { mean: double('Cel', 'Mean.'), n: count('Readings.'), city: optionalText('City.') },
  stores: [],
})

const JANUARY = Date.UTC(2025, 0, 31, 22)
const HOUR = 3_600_000
const at = (hour: number): number => JANUARY + hour * HOUR
const put = (station: string, hour: number, n: number): Change => ({ put: [station, at(hour), n / 3, n, null] })
const drop = (station: string, hour: number): Change => ({ drop: [station, at(hour)] })

describe('gold: a view in files by month', () => {
  test('rows are in the file of their UTC month, are revised, and are deleted; a file whose rows are gone has none', async () => {
    const { world, writer, rows, files, sql } = await goldWorld(view)
    const gold = writer()
    const rowsOf = async (folder: string): Promise<number> =>
      Number((await sql(`SELECT count(*) n FROM 'LAKE/gold/hourly/${folder}/*.parquet'`))[0]?.n)
    await world.write([put('paris', 0, 1), put('paris', 3, 2), put('lyon', 0, 3)])
    expect(await gold.flush(world.topic())).toMatchObject({ whole: true, rows: 3, filesWritten: 2 })
    expect(await files()).toEqual(['month=2025-01/part-00000.parquet', 'month=2025-02/part-00000.parquet'])
    expect(await rows()).toEqual(world.expected())
    await world.write([put('paris', 3, 7), put('lyon', 4, 1), put('lyon', 4, 2)])
    expect(await gold.flush(world.topic())).toMatchObject({ whole: false, rows: 2, filesWritten: 1 })
    expect(await rows()).toEqual(world.expected())
    await world.write([drop('paris', 3), drop('lyon', 4), drop('nice', 0), put('paris', 0, 9)])
    expect(await gold.flush(world.topic())).toMatchObject({ whole: false, filesWritten: 2 })
    expect(await files()).toEqual(['month=2025-01/part-00000.parquet', 'month=2025-02/part-00000.parquet'])
    expect(await rowsOf('month=2025-02')).toBe(0)
    expect(await rows()).toEqual(world.expected())
    expect(await gold.flush(world.topic())).toMatchObject({ rows: 0, filesWritten: 0, filesRemoved: 0 })
  })

  test('a log that was put back, and has grown past the files since, has them all compared; one that went on has not', async () => {
    const { world, storage, writer, rows } = await goldWorld(view)
    await world.write([put('paris', 0, 1), put('paris', 1, 2), put('lyon', 0, 3)])
    await writer().flush(world.topic())
    await world.write([put('paris', 2, 4)])
    expect(await writer({ epoch: 2 }).flush(world.topic())).toMatchObject({ whole: false, rows: 1 })

    const before = await goldWorld(view, await world.putBack())
    await before.world.write(
      [0, 1, 2, 3, 4].flatMap((hour) => [put('paris', hour, hour), put('lyon', hour, hour), put('nice', hour, hour)]),
    )
    expect(await before.writer({ storage, epoch: 3 }).flush(before.world.topic())).toMatchObject({ whole: true })
    expect(await rows()).toEqual(before.world.expected())
  })

  test('rows of a file are sorted by key, and say what they are', async () => {
    const { world, writer, sql } = await goldWorld(view)
    await world.write([put('b', 1, 1), put('a', 1, 1), put('b', 0, 1), put('é', 0, 1), put('a', 0, 1)])
    await writer().flush(world.topic())
    const found = await sql(`SELECT station_id, epoch_ms(hour) h FROM read_parquet('LAKE/gold/hourly/**/*.parquet')`)
    expect(found.map(({ station_id, h }) => [station_id, Number(h)])).toEqual([
      ['a', at(0)],
      ['a', at(1)],
      ['b', at(0)],
      ['b', at(1)],
      ['é', at(0)],
    ])
    const types = await sql(`DESCRIBE FROM read_parquet('LAKE/gold/hourly/**/*.parquet')`)
    expect(types.map(({ column_name, column_type }) => `${column_name} ${column_type}`)).toEqual([
      'station_id VARCHAR',
      'hour TIMESTAMP WITH TIME ZONE',
      'mean DOUBLE',
      'n BIGINT',
      'city VARCHAR',
      'month VARCHAR',
    ])
    const [about] = await sql(
      `SELECT decode(value) v FROM parquet_kv_metadata('LAKE/gold/hourly/month=2025-01/part-00000.parquet') WHERE decode(key) = 'windrow.columns'`,
    )
    expect(JSON.parse(String(about?.v))[2]).toEqual({ column: 'mean', type: 'double', unit: 'Cel', doc: 'Mean.', is_key: false })
  })

  test('a month with many rows is in parts of some days each, also when it grows or shrinks later', async () => {
    const { world, writer, rows, files } = await goldWorld(view)
    const gold = writer({ tuning: { rowsPerFile: 8 } })
    await world.write(Array.from({ length: 30 }, (_, day) => put('paris', 24 * (day + 1), day)))
    await gold.flush(world.topic())
    expect(await files()).toEqual(
      [0, 1, 2, 3].map((part) => `month=2025-02/part-0000${part}-of-00004.parquet`).concat('month=2025-03/part-00000.parquet'),
    )
    expect(await rows()).toEqual(world.expected())
    // March has begun: it will have as many rows as February.
    await world.write([put('paris', 24 * 62, 1), drop('paris', 24)])
    await gold.flush(world.topic())
    expect((await files()).slice(4)).toEqual(['month=2025-03/part-00000.parquet', 'month=2025-04/part-00000.parquet'])
    expect(await rows()).toEqual(world.expected())
    // Nothing but the files says how many parts there are.
    await world.nextGeneration(Array.from({ length: 27 }, (_, day) => put('paris', 24 * (day + 1), 90 + day)))
    await writer({ epoch: 2 }).flush(world.topic())
    expect((await files()).slice(0, 4)).toEqual([0, 1, 2, 3].map((part) => `month=2025-02/part-0000${part}-of-00004.parquet`))
    expect(await rows()).toEqual(world.expected())
  })

  test('views by local day, by local month, and without time', async () => {
    const daily = defineView({
      ...view,
      name: 'daily',
      key: { zoneId: text('Zone.'), day: localDay('Day.') },
      values: { n: count('N.') },
    })
    const places = defineView({ ...view, name: 'places', key: { kind: text('Kind.') }, values: { month: count('Not a month.') } })
    const monthly = defineView({
      ...view,
      name: 'monthly',
      key: { id: text('Id.'), month: localMonth('M.') },
      values: { n: count('N.') },
    })
    const kept: string[][] = []
    for (const [each, cells] of [
      [daily, ['fr', '2025-03-31', 1]],
      [places, ['air', 7]],
      [monthly, ['fr', '2025-03', 1]],
    ] as const) {
      const { world, writer, rows, files } = await goldWorld(each)
      await world.write([{ put: cells }])
      await writer().flush(world.topic())
      expect(await rows()).toEqual([cells])
      kept.push(await files())
    }
    expect(kept).toEqual([['month=2025-03/part-00000.parquet'], ['part-00000.parquet'], ['month=2025-03/part-00000.parquet']])
    expect(weatherMonthlyView.key[1]?.column).toBe('month')
  })

  test("a user's view with odd names keeps its columns and its folder", async () => {
    const odd = defineView({
      name: '_Order2',
      doc: 'Odd.',
      key: { select: text('A word of SQL.'), _At: instant('When.') },
      values: { month: count('Of something else.'), order: double('%', "It's."), windrow_month: optionalText('Taken too.') },
      stores: [],
    })
    const { world, writer, rows, files } = await goldWorld(odd)
    await world.write([{ put: ["o'x\0", at(0), 7, 0.5, 'x'] }, { put: ['y', at(9), 8, null, null] }])
    await writer().flush(world.topic())
    expect(await rows()).toEqual(world.expected())
    expect(await files()).toEqual([
      'windrow_windrow_month=2025-01/part-00000.parquet',
      'windrow_windrow_month=2025-02/part-00000.parquet',
    ])
    await world.write([{ drop: ["o'x\0", at(0)] }])
    await writer().flush(world.topic())
    expect(await rows()).toEqual(world.expected())
  })

  test('what no file can have goes to dead letters, and what was there under its key is gone', async () => {
    const daily = defineView({
      ...view,
      key: { id: text('Id.'), day: localDay('Day.') },
      values: { other: { ...localDay('D.'), nullable: true } },
    })
    const { world, writer, rows, refused } = await goldWorld(daily)
    const gold = writer()
    await world.write([{ put: ['a', '2025-01-01', '2025-01-02'] }, { put: ['b', '2025-01-01', null] }])
    await gold.flush(world.topic())
    await world.write([{ put: ['a', '2025-01-01', 'never'] }, { put: ['b', '2025-02-30', null] }])
    await gold.flush(world.topic())
    expect(await rows()).toEqual([['b', '2025-01-01', null]])
    expect(refused.map(({ code }) => code).sort()).toEqual(['WR_ROW_REFUSED', 'WR_ROW_REFUSED'])
  })
})

describe('gold: the view is as its topic says', () => {
  const whole = { whole: true }

  test('after another generation, another topic of the same name, a log that was put back, and tombstones that were forgotten', async () => {
    const { world, writer, rows } = await goldWorld(view)
    const gold = writer()
    await world.write([put('paris', 0, 1), put('lyon', 3, 2), put('nice', 4, 2)])
    await gold.flush(world.topic())
    await world.nextGeneration([put('paris', 0, 1), put('lyon', 3, 5)])
    // The file that is the same stays.
    expect(await gold.flush(world.topic())).toMatchObject({ whole: true, filesWritten: 1 })
    expect(await rows()).toEqual(world.expected())
    await world.makeTopicAnew()
    await world.write([put('oslo', 9, 1)])
    expect(await gold.flush(world.topic())).toMatchObject({ whole: true, filesWritten: 2 })
    expect(await rows()).toEqual(world.expected())
  })

  test('a file that somebody changed, removed or added is mended when the files are looked at', async () => {
    const { world, writer, rows, storage } = await goldWorld(view)
    await world.write([put('paris', 0, 1), put('lyon', 3, 2)])
    await writer().flush(world.topic())
    const [january, february] = ['01', '02'].map((month) => `gold/hourly/month=2025-${month}/part-00000.parquet`) as [
      string,
      string,
    ]
    for (const meddle of [
      () => storage.remove([january]),
      () => storage.write(january, new Uint8Array([1, 2, 3]), 'any'),
      async () => storage.write(january, (await storage.read(february))?.bytes as Uint8Array, 'any'),
      async () => storage.write(january.replace('01', '07'), (await storage.read(february))?.bytes as Uint8Array, 'any'),
      () => storage.remove(['_state/gold/hourly.json']),
    ]) {
      await meddle()
      expect(await writer().flush(world.topic())).toMatchObject(whole)
      expect(await rows()).toEqual(world.expected())
    }
  })

  test('of two writers one fails, and the files are right in the end', async () => {
    const { world, writer, rows } = await goldWorld(view)
    await world.write([put('paris', 0, 1)])
    const [old, other] = [writer({ epoch: 1 }), writer({ epoch: 2 })]
    await old.flush(world.topic())
    await world.write([put('paris', 0, 2), put('lyon', 0, 2)])
    await other.flush(world.topic())
    await world.write([put('paris', 0, 3)])
    await expect(old.flush(world.topic())).rejects.toMatchObject({ code: 'WR_LAKE_CHANGED' })
    await other.flush(world.topic())
    expect(await rows()).toEqual(world.expected())
  })
})

describe('gold: a writer that ends at any instant', () => {
  const change = fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 5 }), fc.nat(9))
        .map(([s, h, n]) => put(s, h, n)),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 5 })).map(([s, h]) => drop(s, h)),
    },
  )
  const history = fc.array(
    fc.record({
      changes: fc.array(change, { maxLength: 6 }),
      generation: fc.boolean().map((flip) => flip),
      flip: fc.nat(4).map((n) => n === 0),
      crash: fc.option(fc.tuple(fc.integer({ min: 1, max: 14 }), fc.constantFrom('before' as const, 'after' as const))),
    }),
    { minLength: 1, maxLength: 5 },
  )

  test('the files are those of the last rows, whatever came before', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const { world, writer, rows, storage } = await goldWorld(view)
        let epoch = 1
        for (const { changes, flip, crash } of steps) {
          if (flip) await world.nextGeneration(changes)
          else await world.write(changes)
          if (crash !== null) {
            const doomed = storage.connect()
            doomed.crashAt(...crash)
            await writer({ storage: doomed, epoch: epoch++ })
              .flush(world.topic())
              .catch((error: Error) => {
                if (error.message !== 'crashed') throw error
              })
          } else await writer({ epoch: epoch++ }).flush(world.topic())
          const found = await rows()
          expect(new Set(found.map(([s, h]) => `${s} ${h}`)).size).toBe(found.length)
        }
        await writer({ epoch }).flush(world.topic())
        expect(await rows()).toEqual(world.expected())
      }),
      { numRuns: 15 },
    )
  })

  test('at every call, before and after: a reader never finds a key twice, and never a view without rows', {
    timeout: 60_000,
  }, async () => {
    const first = [put('paris', 0, 1), put('paris', 3, 2), put('lyon', 0, 3), put('oslo', 800, 1)]
    const second = [put('paris', 0, 4), put('lyon', 0, 3), put('rome', 3, 1), put('bonn', 1600, 2)]
    for (let call = 1, ended = false; !ended; call++) {
      for (const when of ['before', 'after'] as const) {
        const { world, writer, rows, storage } = await goldWorld(view)
        await world.write(first)
        await writer().flush(world.topic())
        await world.nextGeneration(second)
        const look = async (): Promise<void> => {
          const found = await rows()
          expect(found.length).toBeGreaterThan(0)
          expect(new Set(found.map(([s, h]) => `${s} ${h}`)).size).toBe(found.length)
          expect(found.map(([s]) => s)).toContain('paris')
        }
        const doomed = storage.connect()
        doomed.onChange = look
        doomed.crashAt(call, when)
        const outcome = await writer({ storage: doomed, epoch: 2 })
          .flush(world.topic())
          .catch((error: Error) => error.message)
        ended = typeof outcome !== 'string'
        if (!ended) expect(outcome).toBe('crashed')
        const next = storage.connect()
        next.onChange = look
        await world.write([put('paris', 0, 5)])
        await writer({ storage: next, epoch: 3 }).flush(world.topic())
        expect(await rows()).toEqual(byKey(view, world.expected()))
      }
    }
  })
})
