import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WindrowError } from '../../../src/core/errors.ts'
import { sinkOver } from '../../../src/sinks/cassandra/cassandra-sink.ts'
import { bigintBytes } from '../../../src/sinks/cassandra/cell-bytes.ts'
import type { CqlSession } from '../../../src/sinks/cassandra/cql-session.ts'
import { Limiter } from '../../../src/sinks/cassandra/limiter.ts'
import { PROGRESS_TABLE, ProgressTable } from '../../../src/sinks/cassandra/progress-table.ts'
import { RowWriter } from '../../../src/sinks/cassandra/row-writer.ts'
import { quoteName, tableComment, tableName, tableStatements } from '../../../src/sinks/cassandra/table-cql.ts'
import { LAST_EPOCH, writeTime } from '../../../src/sinks/cassandra/write-time.ts'
import { canonicalKey } from '../../../src/views/row-key.ts'
import {
  type Cell,
  count,
  defineView,
  double,
  flag,
  instant,
  localDay,
  localMonth,
  optionalText,
  text,
  type View,
} from '../../../src/views/view.ts'
import { mendSource } from '../../conformance/mend-source.ts'
import { conformanceView, drop, put, row } from '../../conformance/sink-setting.ts'
import { byKey, type SinkWorld, sinkWorld } from '../../conformance/sink-world.ts'
import { allRows, progressOfOlderVersion, type TestCassandra, TestKeyspaces, testCassandra } from './cassandra-fixture.ts'

let cassandra: TestCassandra
let keyspaces: TestKeyspaces

beforeAll(async () => {
  cassandra = await testCassandra()
  keyspaces = new TestKeyspaces(cassandra.contactPoint)
})

afterAll(async () => {
  await keyspaces?.dropAll()
  await cassandra?.stop()
})

const stores = ['cassandra'] as const
const name = 'conformance'

const mend = (session: CqlSession, world: SinkWorld) =>
  sinkOver(session, []).mend(mendSource(world, 10_000), new AbortController().signal)

async function filled(world: SinkWorld, session: CqlSession): Promise<void> {
  const runner = await world.start(sinkOver(keyspaces.session(session.keyspace), []))
  try {
    await world.caughtUp(runner)
  } finally {
    await runner.stop()
  }
}

async function held(session: CqlSession, view: View): Promise<Cell[][]> {
  return byKey(view, await allRows(session, view))
}

describe('the table of a view', () => {
  test.each<[string, View, Cell[]]>([
    [
      'a day',
      defineView({
        name,
        doc: 'By day.',
        key: { stationId: text('S.'), day: localDay('D.') },
        values: { year: count('N.') },
        stores,
      }),
      ['s', '2024-02-29', 1],
    ],
    [
      'a month',
      defineView({
        name,
        doc: 'By month.',
        key: { stationId: text('S.'), month: localMonth('M.') },
        values: { n: count('N.') },
        stores,
      }),
      ['s', '2024-02', 1],
    ],
    [
      'an instant and a flag',
      defineView({
        name,
        doc: 'Both.',
        key: { at: instant('At.'), month: text('T.'), on: flag('F.') },
        values: { mean: double('Cel', 'M.') },
        stores,
      }),
      [-1, '', true, 0.1],
    ],
    [
      'no time',
      defineView({
        name,
        doc: 'No time.',
        key: { kind: text('K.'), no: count('N.') },
        values: { city: optionalText('C.') },
        stores,
      }),
      ['a', 2 ** 53 - 1, null],
    ],
  ])('with %s in its key holds rows, is compared and emptied', async (_, view, cells) => {
    const world = await sinkWorld(view)
    const session = keyspaces.session(keyspaces.name())
    await world.write([{ put: cells }])
    await filled(world, session)
    expect(await held(session, view)).toEqual([cells])
    expect(await mend(session, world)).toEqual({ written: 0, deleted: 0 })
    const statements = tableStatements(view, session.keyspace)
    await session.write([statements.remove(cells, bigintBytes(writeTime(7, 0)))])
    expect(await mend(session, world)).toEqual({ written: 1, deleted: 0 })
    expect(await held(session, view)).toEqual([cells])
    await world.write([{ drop: cells.slice(0, view.key.length) }])
    expect(await mend(session, world)).toEqual({ written: 0, deleted: 1 })
    expect(await held(session, view)).toEqual([])
  })

  test('tells its columns and their units in its comment, and has the newest rows first', async () => {
    const session = keyspaces.session(keyspaces.name())
    const world = await sinkWorld(conformanceView)
    await world.write([put('paris', 0, 0), put('paris', 2, 2), put('paris', 1, 1)])
    await filled(world, session)
    expect((await held(session, conformanceView)).length).toBe(3)
    expect((await allRows(session, conformanceView)).map((cells) => cells[4])).toEqual([2, 1, 0])
    expect(tableComment(conformanceView)).toContain('mean (Cel): Mean temperature.')
    const [found] = await session.read(
      `SELECT comment FROM system_schema.tables WHERE keyspace_name = '${session.keyspace}' AND table_name = '${name}'`,
      [],
    )
    expect(found).toEqual([tableComment(conformanceView)])
  })

  test('of another key or another type is refused by name, and left as it is', async () => {
    const session = keyspaces.session(keyspaces.name())
    await session.define(
      `CREATE KEYSPACE ${quoteName(session.keyspace)} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
    )
    await session.define(`CREATE TABLE ${tableName(session.keyspace, name)} (station_id text PRIMARY KEY, n int)`)
    await expect(sinkOver(session, []).open([conformanceView])).rejects.toMatchObject({
      code: 'WR_VIEW_TABLE_MISMATCH',
      canRetry: false,
      message: expect.stringMatching(
        /\(\(station_id\)\) and should be \(\(station_id, month\), hour\); n is int and should be bigint/,
      ),
    })
  })

  test('gets a new column, and then what the log has of it', async () => {
    const session = keyspaces.session(keyspaces.name())
    const before = defineView({ ...older, values: { n: count('Readings.') } })
    const after = defineView({ ...older, values: { n: count('Readings.'), mean: double('Cel', 'Mean.') } })
    const world = await sinkWorld(before)
    await world.write([{ put: ['s', 0, 1] }])
    await filled(world, session)
    const later = await sinkWorld(after)
    await later.write([{ put: ['s', 0, 1, 2.5] }])
    await filled(later, session)
    expect(await held(session, after)).toEqual([['s', 0, 1, 2.5]])
  })
})

describe('a table', () => {
  test('that somebody gave a default_time_to_live keeps its rows all the same', async () => {
    const session = keyspaces.session(keyspaces.name())
    const world = await sinkWorld(conformanceView)
    await filled(world, session)
    for (const table of [name, PROGRESS_TABLE])
      await session.define(`ALTER TABLE ${tableName(session.keyspace, table)} WITH default_time_to_live = 600`)
    await world.write([put('paris', 0, 1)])
    await filled(world, session)
    expect(await session.read(`SELECT TTL(n) FROM ${tableName(session.keyspace, name)}`, [])).toEqual([[null]])
    const progress = tableName(session.keyspace, PROGRESS_TABLE)
    const ends = await session.read(`SELECT TTL(next_offset) FROM ${progress} WHERE "view" = '${name}'`, [])
    expect(new Set(ends.flat())).toEqual(new Set([null]))
  })

  test('that was made without an answer, or before the process ended, is filled', async () => {
    const session = keyspaces.session(keyspaces.name())
    const world = await sinkWorld(conformanceView)
    await world.write([put('paris', 0, 1), put('lyon', 0, 2)])
    await filled(world, session)
    await session.define(`DROP TABLE ${tableName(session.keyspace, name)}`)
    const lost = new Error('no answer')
    const unlucky: CqlSession = Object.assign(Object.create(session) as CqlSession, {
      async define(query: string): Promise<void> {
        await session.define(query)
        throw lost
      },
    })
    await expect(sinkOver(unlucky, []).open([conformanceView])).rejects.toBe(lost)
    await filled(world, session)
    expect(await held(session, conformanceView)).toEqual(world.expected())
  })
})

test('progress that an older version kept, without the last record, is gone on from', async () => {
  const before = keyspaces.session(keyspaces.name())
  const world = await sinkWorld(conformanceView)
  await world.write([put('paris', 0, 1)])
  await filled(world, before)
  await progressOfOlderVersion(before)
  const session = keyspaces.session(before.keyspace)
  expect(await sinkOver(session, []).progress(conformanceView, world.topic())).toContain(1)
  await world.write([put('paris', 0, 2)])
  await filled(world, session)
  expect(await held(session, conformanceView)).toEqual(world.expected())
  const progress = tableName(session.keyspace, PROGRESS_TABLE)
  const kept = await session.read(`SELECT last_record FROM ${progress} WHERE "view" = '${name}'`, [])
  expect(kept.flat()).toContainEqual(expect.stringMatching(/^1:[0-9a-f]{32}$/))
})

test('a comparison whose right to it was given without an answer can begin again at once', async () => {
  const session = keyspaces.session(keyspaces.name())
  const world = await sinkWorld(conformanceView)
  await world.write([put('paris', 0, 1)])
  await filled(world, session)
  const lost = new WindrowError('WR_CASSANDRA_BUSY', { message: 'no answer', remedy: 'wait', canRetry: true })
  let answers = 0
  const unlucky: CqlSession = Object.assign(Object.create(session) as CqlSession, {
    async decide(...[query, params]: Parameters<CqlSession['decide']>): Promise<boolean> {
      const done = await session.decide(query, params)
      if (answers++ === 0) throw lost
      return done
    },
  })
  await expect(mend(unlucky, world)).rejects.toBe(lost)
  await mend(session, world)
  expect(await held(session, conformanceView)).toEqual(world.expected())
})

test('a comparison that broke off when Cassandra went away does not hold up its own process when it is back', async () => {
  const session = keyspaces.session(keyspaces.name())
  const world = await sinkWorld(conformanceView, 1)
  await world.write([put('paris', 0, 1)])
  await filled(world, session)
  const away = new WindrowError('WR_CASSANDRA_AWAY', { message: 'away', remedy: 'wait', canRetry: true })
  let isAway = false
  const breaking: CqlSession = Object.assign(Object.create(session) as CqlSession, {
    async decide(...[query, params]: Parameters<CqlSession['decide']>): Promise<boolean> {
      if (isAway) throw away
      const done = await session.decide(query, params)
      // It is closed to all who write by then.
      isAway = query.includes('closed_by = ? ')
      return done
    },
    async read(...asked: Parameters<CqlSession['read']>) {
      if (isAway) throw away
      return session.read(...asked)
    },
  })
  const sink = sinkOver(breaking, [])
  const target = { view: conformanceView, topic: world.topic(), partition: 0 }
  await expect(sink.mend(mendSource(world, 10_000), new AbortController().signal)).rejects.toBe(away)
  await expect(sink.claim(target, 2)).rejects.toBe(away)
  await expect(sinkOver(session, []).claim(target, 2)).rejects.toMatchObject({ code: 'WR_SINK_MENDING' })
  isAway = false
  expect((await sink.claim(target, 2)).progress).toMatchObject({ nextOffset: 1 })
  expect(await held(session, conformanceView)).toEqual(world.expected())
})

const older = { name, doc: 'Grows.', key: { stationId: text('S.'), hour: instant('H.') }, stores } as const

describe('what is written late', () => {
  test('by an owner that passed every check loses against later records of the same topic', async () => {
    const session = keyspaces.session(keyspaces.name())
    const world = await sinkWorld(conformanceView, 1)
    const history = [put('a', 0, 1), put('b', 0, 1), put('a', 0, 2), drop('b', 0), put('c', 0, 3)]
    await world.write(history)
    await filled(world, session)
    const writer = new RowWriter(session, new Limiter(8))
    const { epoch } = await new ProgressTable(session).read(name)
    // In reverse, twice over: whatever the order, and however often.
    for (const offset of [4, 3, 2, 1, 0, 0, 1]) {
      const change = history[offset] as (typeof history)[number]
      const cells = 'put' in change ? change.put : null
      const keyCells = ('put' in change ? change.put : change.drop).slice(0, 2)
      await writer.write(conformanceView, epoch, [{ keyCells, cells, offset, isNew: false }])
    }
    expect(await held(session, conformanceView)).toEqual(world.expected())
  })

  test('from an older topic, at whatever offset, loses against what is there, and is taken back where nothing is', async () => {
    const session = keyspaces.session(keyspaces.name())
    const world = await sinkWorld(conformanceView, 1)
    await world.write([put('a', 0, 1), put('b', 0, 1)])
    const zombie = sinkOver(keyspaces.session(session.keyspace), [])
    await zombie.open([conformanceView])
    const target = { view: conformanceView, topic: world.topic(), partition: 0 }
    const claim = await zombie.claim(target, 1)
    const { epoch } = await new ProgressTable(session).read(name)
    await world.nextGeneration([put('a', 0, 5), put('b', 0, 6)])
    await filled(world, session)
    const rows = [row('a', 0, 90), row('b', 0, 91), row('gone', 0, 92)].map((cells, i) => ({
      key: canonicalKey(conformanceView, cells),
      keyCells: cells.slice(0, 2),
      cells,
      offset: 2 ** 40 - 3 + i,
      value: null,
      isNew: true,
    }))
    await expect(zombie.apply({ target, epoch: claim.epoch, rows, nextOffset: 5, last: null })).rejects.toMatchObject({
      code: 'WR_FENCED',
    })
    expect(await held(session, conformanceView)).toEqual(world.expected())
    // As if it had passed the check before the topic changed, and looked only afterwards.
    const writer = new RowWriter(session, new Limiter(8))
    await writer.write(conformanceView, epoch, rows)
    expect((await held(session, conformanceView)).filter(([station]) => station !== 'gone')).toEqual(world.expected())
    await writer.takeBack(conformanceView, epoch, rows)
    expect(await held(session, conformanceView)).toEqual(world.expected())
  })
})

describe('what somebody did by hand', () => {
  test('with the time of the clock changes nothing', async () => {
    const session = keyspaces.session(keyspaces.name())
    const world = await sinkWorld(conformanceView)
    await world.write([put('paris', 0, 1)])
    await filled(world, session)
    const table = tableName(session.keyspace, name)
    await session.define(
      `UPDATE ${table} SET n = 99 WHERE station_id = 'paris' AND month = '2025-01' AND hour = '2025-01-01T00:00:00Z'`,
    )
    await session.define(`DELETE FROM ${table} WHERE station_id = 'paris' AND month = '2025-01'`)
    expect(await held(session, conformanceView)).toEqual(world.expected())
  })

  test('a deletion far ahead, which does not show, is outranked; rows in a wrong month, and without values, are deleted', async () => {
    const session = keyspaces.session(keyspaces.name())
    const world = await sinkWorld(conformanceView)
    await world.write([put('paris', 0, 1), put('paris', 1, 2), put('lyon', 0, 3)])
    await filled(world, session)
    const table = tableName(session.keyspace, name)
    const ahead = writeTime(5_000, 12)
    await session.define(`DELETE FROM ${table} USING TIMESTAMP ${ahead} WHERE station_id = 'paris' AND month = '2025-01'`)
    await session.define(
      `INSERT INTO ${table} (station_id, month, hour, n) VALUES ('lyon', '1999-01', '2025-01-01T00:00:00Z', 7)`,
    )
    await session.define(
      `INSERT INTO ${table} (station_id, month, hour) VALUES ('none', '2025-01', '2025-01-01T00:00:00Z') USING TIMESTAMP ${writeTime(9, 9)}`,
    )
    expect(await mend(session, world)).toEqual({ written: 2, deleted: 2 })
    expect(await held(session, conformanceView)).toEqual(world.expected())
    const { epoch } = await new ProgressTable(session).read(name)
    expect(epoch).toBeGreaterThan(5_000)
    expect(epoch).toBeLessThan(20_000)
    expect(await mend(session, world)).toEqual({ written: 0, deleted: 0 })
  })

  test('with the greatest timestamp that there is cannot be outranked, and that is said', async () => {
    const session = keyspaces.session(keyspaces.name())
    const world = await sinkWorld(conformanceView)
    await world.write([put('paris', 0, 1)])
    await filled(world, session)
    const table = tableName(session.keyspace, name)
    await session.define(
      `DELETE FROM ${table} USING TIMESTAMP ${2n ** 63n - 1n} WHERE station_id = 'paris' AND month = '2025-01'`,
    )
    await expect(mend(session, world)).rejects.toMatchObject({ code: 'WR_CASSANDRA_RANKS', canRetry: false })
    expect((await new ProgressTable(session).read(name)).epoch).toBeLessThan(LAST_EPOCH)
  })

  test('a lost record of the progress makes the whole be compared', async () => {
    const session = keyspaces.session(keyspaces.name())
    const world = await sinkWorld(conformanceView)
    await world.write([put('paris', 0, 1), put('lyon', 0, 2)])
    await filled(world, session)
    await session.define(`DROP TABLE ${tableName(session.keyspace, PROGRESS_TABLE)}`)
    await world.write([drop('lyon', 0), put('nice', 0, 3)])
    await filled(world, keyspaces.session(session.keyspace))
    expect(await held(session, conformanceView)).toEqual(world.expected())
  })
})
