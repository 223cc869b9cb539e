import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { WindrowError } from '../../src/core/errors.ts'
import { logMendSource } from '../../src/sinks/log-mend-source.ts'
import type { MendSource, Sink, SinkBatch, SinkRow, SinkTarget } from '../../src/sinks/sink.ts'
import type { SinkRunner } from '../../src/sinks/sink-runner.ts'
import { type Cell, count, defineView, double, flag, instant, optionalText, text, type View } from '../../src/views/view.ts'
import { byKey, type Change, rowKeyOf, type SinkWorld, sinkWorld } from './sink-world.ts'

export const conformanceView = defineView({
  name: 'conformance',
  doc: 'Rows to write, revise and delete.',
  key: { stationId: text('The station.'), hour: instant('Start of the hour.') },
  values: {
    city: optionalText('Name of the city.'),
    mean: double('Cel', 'Mean temperature.'),
    n: count('Readings.'),
    complete: flag('Whether the hour is over.'),
  },
  stores: ['postgres', 'influxdb', 'cassandra'],
})

/** A store for one test, empty, and what a person may do to it behind windrow's back. */
export interface StoreFixture {
  /** Another sink on the same store, as another process would have it. */
  sink(): Sink
  /** All rows, in any order. */
  rows(view: View): Promise<ReadonlyArray<readonly Cell[]>>
  /** Writes a row (or over one) without windrow. */
  tamper(view: View, cells: readonly Cell[]): Promise<void>
  /** Deletes a row without windrow. */
  remove(view: View, keyCells: readonly Cell[]): Promise<void>
  /** From now on the store refuses rows in which `n` is 13; null where no such thing can be. */
  readonly refuseThirteen: ((view: View) => Promise<void>) | null
}

export interface StoreTraits {
  readonly name: string
  /** The store itself keeps an old owner from writing. */
  readonly fences: boolean
  fixture(): Promise<StoreFixture>
}

const HOUR = 3_600_000
const T0 = Date.UTC(2025, 0, 1)

function row(station: string, hour: number, n: number, mean: number | null = n / 3): Cell[] {
  return [station, T0 + hour * HOUR, `City of ${station}`, mean, n, n % 2 === 0]
}

const put = (...cells: Parameters<typeof row>): Change => ({ put: row(...cells) })
const drop = (station: string, hour: number): Change => ({ drop: [station, T0 + hour * HOUR] })

interface Setting {
  readonly world: SinkWorld
  readonly store: StoreFixture
  run(sink?: Sink): Promise<SinkRunner>
  /** What the store holds, once the runner has written everything. */
  held(runner: SinkRunner): Promise<Cell[][]>
}

/** What every store of views has to do, whatever it is made of. */
export function sinkConformance(traits: StoreTraits): void {
  async function setting(): Promise<Setting> {
    const [world, store] = await Promise.all([sinkWorld(conformanceView), traits.fixture()])
    return {
      world,
      store,
      async run(sink = store.sink()) {
        const runner = await world.start(sink)
        onTestFinished(() => runner.stop())
        return runner
      },
      async held(runner) {
        await world.caughtUp(runner)
        return byKey(conformanceView, await store.rows(conformanceView))
      },
    }
  }

  describe(`${traits.name}: what the log says is in the store`, () => {
    test('rows appear, are revised, revised to null, and deleted', async () => {
      const { world, run, held } = await setting()
      const runner = await run()
      await world.write([put('paris', 0, 1), put('paris', 1, 2), put('lyon', 0, 3)])
      expect(await held(runner)).toEqual(byKey(conformanceView, [row('paris', 0, 1), row('paris', 1, 2), row('lyon', 0, 3)]))
      await world.write([put('paris', 0, 5), put('paris', 1, 2, null)])
      expect(await held(runner)).toEqual(
        byKey(conformanceView, [row('paris', 0, 5), row('paris', 1, 2, null), row('lyon', 0, 3)]),
      )
      await world.write([drop('paris', 0), drop('lyon', 0), put('lyon', 0, 4)])
      expect(await held(runner)).toEqual(byKey(conformanceView, [row('paris', 1, 2, null), row('lyon', 0, 4)]))
    })

    test('cells come back as they were: any text, any number, null', async () => {
      const { world, run, held } = await setting()
      const texts = ['', "it's", '"quoted"', 'a\\b\n\t', 'Zürich \u{1f327}', 'null', '{1,2}', ';--', ' spaces ']
      const numbers = [0, 0.1, -1.5, 5e-324, 1.7976931348623157e308, 1 / 3, 123456789.12345679, null]
      await world.write([
        ...texts.map((city, i): Change => ({ put: [`s${i}`, T0, city, i, i, true] })),
        ...numbers.map((mean, i): Change => ({ put: [`n${i}`, T0 + 1, null, mean, Number.MAX_SAFE_INTEGER - i, false] })),
      ])
      expect(await held(await run())).toEqual(world.expected())
    })

    test('records written twice change nothing', async () => {
      const { world, run, held } = await setting()
      const runner = await run()
      const changes = [put('paris', 0, 1), put('paris', 0, 2), drop('lyon', 0), put('lyon', 1, 7)]
      await world.write(changes)
      const once = await held(runner)
      await world.write(changes)
      expect(await held(runner)).toEqual(once)
    })

    test('any history in any pieces, with failures before and after each write, ends as the log says', async () => {
      const changes = fc.array(
        fc.record({
          station: fc.constantFrom('a', 'b', 'c'),
          hour: fc.nat(3),
          n: fc.nat(50),
          gone: fc.boolean(),
          blank: fc.boolean(),
        }),
        { minLength: 1, maxLength: 30 },
      )
      const histories = fc.array(changes, { minLength: 1, maxLength: 4 })
      const faults = fc.array(fc.constantFrom<'none' | 'before' | 'after'>('none', 'before', 'after'), { maxLength: 12 })
      await fc.assert(
        fc.asyncProperty(histories, faults, fc.integer({ min: 1, max: 5 }), async (pieces, failing, batchRows) => {
          const world = await sinkWorld(conformanceView)
          const store = await traits.fixture()
          const runner = await world.start(failingSink(store.sink(), [...failing]), { batchRows })
          try {
            for (const piece of pieces) {
              await world.write(
                piece.map((c) => (c.gone ? drop(c.station, c.hour) : put(c.station, c.hour, c.n, c.blank ? null : c.n / 7))),
              )
            }
            await world.caughtUp(runner)
            expect(byKey(conformanceView, await store.rows(conformanceView))).toEqual(world.expected())
          } finally {
            await runner.stop()
          }
        }),
        { numRuns: 6 },
      )
    })
  })

  describe(`${traits.name}: whatever ends when`, () => {
    test('a new process goes on from what the store has, without writing it again', async () => {
      const { world, store, run, held } = await setting()
      const first = await run()
      await world.write([put('paris', 0, 1), put('lyon', 0, 2)])
      await held(first)
      await first.stop()
      await store.tamper(conformanceView, row('paris', 0, 99))
      const second = await run()
      await world.write([put('lyon', 0, 3)])
      expect(await held(second)).toEqual(byKey(conformanceView, [row('paris', 0, 99), row('lyon', 0, 3)]))
    })

    test("a process that ends before the log's group heard of its progress loses and repeats nothing", async () => {
      const { world, store, run, held } = await setting()
      const first = await world.start(store.sink(), { progressIntervalMs: 1_000_000 })
      await world.write([put('paris', 0, 1), put('paris', 1, 2)])
      await held(first)
      ;(world.log as unknown as { freeze(): void }).freeze()
      await world.write([put('paris', 1, 3)])
      expect(await held(await run())).toEqual([row('paris', 0, 1), row('paris', 1, 3)])
      await first.stop()
    })

    test.runIf(traits.fences)('an old owner writes nothing any more', async () => {
      const { world, store } = await setting()
      const [zombie, owner] = [store.sink(), store.sink()]
      await zombie.open([conformanceView])
      const target: SinkTarget = { view: conformanceView, topic: world.topic(), partition: 0 }
      const old = await zombie.claim(target, 1)
      const fresh = await owner.claim(target, 2)
      const write = (sink: Sink, epoch: number, n: number): Promise<void> =>
        sink.apply({ target, epoch, rows: [sinkRow(row('paris', 0, n), 0)], nextOffset: 1 })
      await expect(write(zombie, old.epoch, 1)).rejects.toMatchObject({ code: 'WR_FENCED' })
      expect(await store.rows(conformanceView)).toEqual([])
      await write(owner, fresh.epoch, 2)
      await expect(write(zombie, old.epoch, 3)).rejects.toMatchObject({ code: 'WR_FENCED' })
      await expect(zombie.claim(target, 1)).rejects.toMatchObject({ code: 'WR_FENCED' })
      expect(await store.rows(conformanceView)).toEqual([row('paris', 0, 2)])
    })

    test('a store that is away holds up nobody and gets everything when it is back', async () => {
      const { world, store, run, held } = await setting()
      const away = failingSink(store.sink(), new Array<'before'>(20).fill('before'))
      const runner = await run(away)
      await world.write([put('paris', 0, 1), put('lyon', 0, 2)])
      expect(await held(runner)).toEqual(world.expected())
      const [status] = await runner.statuses()
      expect(status).toMatchObject({ state: 'running', lag: 0, problem: null })
      expect((await runner.statuses()).reduce((sum, { retries }) => sum + retries, 0)).toBe(20)
    })
  })

  describe(`${traits.name}: a store that is not as the log says`, () => {
    test('is mended: what was changed, deleted or added by hand', async () => {
      const { world, store, run, held } = await setting()
      const runner = await run()
      await world.write([put('paris', 0, 1), put('paris', 1, 2), put('lyon', 0, 3)])
      await held(runner)
      await store.tamper(conformanceView, row('paris', 0, 99))
      await store.tamper(conformanceView, row('nowhere', 0, 1))
      await store.remove(conformanceView, ['lyon', T0])
      const sink = store.sink()
      await sink.open([conformanceView])
      expect(await sink.mend(mendSource(world), new AbortController().signal)).toEqual({ written: 2, deleted: 1 })
      expect(await held(runner)).toEqual(world.expected())
      await world.write([put('paris', 0, 4), drop('paris', 1)])
      expect(await held(runner)).toEqual(world.expected())
    })

    test('because its topic was made anew gets the rows of the new one and loses the old', async () => {
      const { world, run, held } = await setting()
      const runner = await run()
      await world.write([put('paris', 0, 1), put('lyon', 0, 2)])
      await held(runner)
      await runner.stop()
      await world.makeTopicAnew()
      await world.write([put('lyon', 0, 2), put('nice', 0, 3)])
      expect(await held(await run())).toEqual(byKey(conformanceView, [row('lyon', 0, 2), row('nice', 0, 3)]))
    })

    test('follows when another generation becomes current', async () => {
      const { world, run, held } = await setting()
      const runner = await run()
      await world.write([put('paris', 0, 1), put('lyon', 0, 2)])
      await held(runner)
      await world.nextGeneration([put('lyon', 0, 5), put('nice', 0, 3)])
      expect(await held(runner)).toEqual(byKey(conformanceView, [row('lyon', 0, 5), row('nice', 0, 3)]))
      await world.write([drop('nice', 0)])
      expect(await held(runner)).toEqual([row('lyon', 0, 5)])
    })

    test('is written all the same where joining the group failed for a while', async () => {
      const { world, run, held } = await setting()
      await world.write([put('paris', 0, 1)])
      const noRoom = new WindrowError('WR_DISK_FULL', { message: 'no room', remedy: 'make room', canRetry: true })
      vi.spyOn(world.log, 'joinGroup').mockRejectedValueOnce(noRoom).mockRejectedValueOnce(noRoom)
      expect(await held(await run())).toEqual(world.expected())
    })

    test('is filled while its topic was compacted', async () => {
      const { world, run, held } = await setting()
      await world.write([put('paris', 0, 1), put('paris', 0, 2), put('lyon', 0, 1), drop('lyon', 0)])
      await world.log.compact(world.topic())
      await world.write([put('lyon', 1, 4)])
      expect(await held(await run())).toEqual(world.expected())
    })
  })

  describe(`${traits.name}: what cannot be written`, () => {
    test('a record that is no row goes to dead letters, and the others are written', async () => {
      const { world, run, held } = await setting()
      await world.write([put('paris', 0, 1)])
      await world.writeRubbish('paris')
      await world.write([put('paris', 1, 2)])
      expect(await held(await run())).toEqual([row('paris', 0, 1), row('paris', 1, 2)])
      expect(await world.deadLetters()).toEqual([
        expect.objectContaining({
          code: 'WR_ROW_CORRUPT',
          origin: expect.objectContaining({ kind: 'sink', topicId: world.topic().id }),
        }),
      ])
    })

    test('a row that the store refuses for ever goes to dead letters with the reason, and the others are written', async (context) => {
      const { world, store, run, held } = await setting()
      const { refuseThirteen } = store
      if (refuseThirteen === null) return context.skip()
      const runner = await run()
      await world.write([put('paris', 0, 1)])
      await held(runner)
      await refuseThirteen(conformanceView)
      const changes = Array.from({ length: 20 }, (_, i) => put(i % 2 === 0 ? 'paris' : 'lyon', i, i))
      await world.write(changes)
      expect(await held(runner)).toEqual(world.expected().filter((cells) => cells[4] !== 13))
      const letters = await world.deadLetters()
      expect(letters).toHaveLength(1)
      expect(letters[0]).toMatchObject({ code: 'WR_ROW_REFUSED', line: null })
      expect(Buffer.from(letters[0]?.key ?? []).toString()).toBe(rowKeyOf(conformanceView, row('lyon', 13, 13)))
      const statuses = await runner.statuses()
      expect(statuses.reduce((sum, status) => sum + status.deadLettered, 0)).toBe(1)
    })
  })
}

function mendSource(world: SinkWorld): MendSource {
  return logMendSource({
    log: world.log,
    sink: 'test',
    view: world.view,
    topic: world.topic(),
    batchBytes: 200,
    signal: new AbortController().signal,
    refuse: async () => undefined,
  })
}

function sinkRow(cells: readonly Cell[], offset: number): SinkRow {
  return {
    key: rowKeyOf(conformanceView, cells),
    keyCells: cells.slice(0, 2),
    cells,
    offset,
    value: null,
    isNew: true,
  }
}

/** A sink whose writes fail as listed: before they are carried out, or after, as when the answer is lost. */
function failingSink(sink: Sink, faults: Array<'none' | 'before' | 'after'>): Sink {
  const fail = (): never => {
    throw new WindrowError('WR_SQL_AWAY', { message: 'away', remedy: 'wait', canRetry: true })
  }
  return {
    name: sink.name,
    store: sink.store,
    isFenced: sink.isFenced,
    open: (views) => sink.open(views),
    claim: (target, epoch) => sink.claim(target, epoch),
    progress: (view, topic) => sink.progress(view, topic),
    mend: (source, signal) => sink.mend(source, signal),
    describe: () => sink.describe(),
    close: () => sink.close(),
    async apply(batch: SinkBatch) {
      const fault = faults.shift() ?? 'none'
      if (fault === 'before') fail()
      await sink.apply(batch)
      if (fault === 'after') fail()
    },
  }
}
