import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Sink, SinkTarget } from '../../src/sinks/sink.ts'
import { failingSink, lateSink, slowSink } from './sink-doubles.ts'
import { sinkMending } from './sink-mending.ts'
import { conformanceView, drop, goneRow, put, row, type StoreTraits, sinkRow, storeSetting, T0 } from './sink-setting.ts'
import { byKey, type Change, PATIENCE_MS, rowKeyOf, sinkWorld } from './sink-world.ts'

export { conformanceView, type StoreFixture, type StoreTraits } from './sink-setting.ts'

/** What every store of views has to do, whatever it is made of. */
export function sinkConformance(traits: StoreTraits): void {
  describe(`${traits.name}: what the log says is in the store`, () => {
    test('rows appear, are revised, revised to null, and deleted', async () => {
      const { world, run, held } = await storeSetting(traits)
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
      const { world, run, held } = await storeSetting(traits)
      const texts = ['', "it's", '"quoted"', 'a\\b\n\t', 'Zürich \u{1f327}', 'null', '{1,2}', ';--', ' spaces ']
      const numbers = [0, 0.1, -1.5, 5e-324, 1.7976931348623157e308, 1 / 3, 123456789.12345679, null]
      await world.write([
        ...texts.map((city, i): Change => ({ put: [`s${i}`, T0, city, i, i, true] })),
        ...numbers.map((mean, i): Change => ({ put: [`n${i}`, T0 + 1, null, mean, Number.MAX_SAFE_INTEGER - i, false] })),
      ])
      expect(await held(await run())).toEqual(world.expected())
    })

    test('records written twice change nothing', async () => {
      const { world, run, held } = await storeSetting(traits)
      const runner = await run()
      const changes = [put('paris', 0, 1), put('paris', 0, 2), drop('lyon', 0), put('lyon', 1, 7)]
      await world.write(changes)
      const once = await held(runner)
      await world.write(changes)
      expect(await held(runner)).toEqual(once)
    })

    test('many rows in several batches, most of them revised and some deleted', async () => {
      const { world, run, held } = await storeSetting(traits)
      const key = (i: number) => [`s${i % 40}`, Math.floor(i / 40)] as const
      const all = Array.from({ length: traits.manyRows ?? 20_000 }, (_, i) => i)
      await world.write(all.map((i) => put(...key(i), i)))
      const runner = await run(undefined, { batchRows: all.length / 5 })
      expect(await held(runner)).toEqual(world.expected())
      await world.write(all.filter((i) => i % 10 !== 0).map((i) => (i % 7 === 0 ? drop(...key(i)) : put(...key(i), i + 1))))
      expect(await held(runner)).toEqual(world.expected())
    })

    test('rows that are too many at once, in smaller batches', async () => {
      const { world, store, run, held } = await storeSetting(traits)
      await world.write(Array.from({ length: 100 }, (_, i) => put('paris', i, i)))
      expect(await held(await run(slowSink(store.sink(), 7), { batchRows: 50 }))).toEqual(world.expected())
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
      const { world, store, run, held } = await storeSetting(traits)
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
      const { world, store, run, held } = await storeSetting(traits)
      const first = await world.start(store.sink(), { progressIntervalMs: 1_000_000 })
      await world.write([put('paris', 0, 1), put('paris', 1, 2)])
      await held(first)
      world.log.freeze()
      await world.write([put('paris', 1, 3)])
      expect(await held(await run())).toEqual([row('paris', 0, 1), row('paris', 1, 3)])
      await first.stop()
    })

    test.runIf(traits.fences)('an old owner writes nothing any more', async () => {
      const { world, store } = await storeSetting(traits)
      const [zombie, owner] = [store.sink(), store.sink()]
      await zombie.open([conformanceView])
      const target: SinkTarget = { view: conformanceView, topic: world.topic(), partition: 0 }
      const old = await zombie.claim(target, 1)
      const fresh = await owner.claim(target, 2)
      const write = (sink: Sink, epoch: number, n: number): Promise<void> =>
        sink.apply({ target, epoch, rows: [sinkRow(row('paris', 0, n), 0)], nextOffset: 1, last: null })
      await expect(write(zombie, old.epoch, 1)).rejects.toMatchObject({ code: 'WR_FENCED' })
      expect(await store.rows(conformanceView)).toEqual([])
      await write(owner, fresh.epoch, 2)
      await expect(write(zombie, old.epoch, 3)).rejects.toMatchObject({ code: 'WR_FENCED' })
      await expect(zombie.claim(target, 1)).rejects.toMatchObject({ code: 'WR_FENCED' })
      expect(await store.rows(conformanceView)).toEqual([row('paris', 0, 2)])
    })

    test.runIf(traits.fences)('a batch that is carried out again after a later one undoes nothing', async () => {
      const { world, store } = await storeSetting(traits)
      const sink = store.sink()
      await sink.open([conformanceView])
      const target: SinkTarget = { view: conformanceView, topic: world.topic(), partition: 0 }
      const { epoch } = await sink.claim(target, 1)
      const first = { target, epoch, rows: [sinkRow(row('a', 0, 1), 0), sinkRow(row('b', 0, 1), 1)], nextOffset: 2, last: null }
      await sink.apply(first)
      await sink.apply({
        target,
        epoch,
        rows: [sinkRow(row('a', 0, 2), 2), goneRow(row('b', 0, 1), 3)],
        nextOffset: 4,
        last: null,
      })
      await sink.apply(first).catch((error: unknown) => expect(error).toMatchObject({ code: 'WR_FENCED' }))
      expect(await store.rows(conformanceView)).toEqual([row('a', 0, 2)])
    })

    test('a batch of an old owner that arrives late undoes nothing, at the latest after the next scrub', async () => {
      const { world, store, run, held } = await storeSetting(traits)
      const late = lateSink(store.sink())
      const zombie = await run(late.sink)
      await world.write([put('paris', 0, 1), put('paris', 1, 1)])
      await late.arrived
      world.log.freeze()
      const owner = await run(store.sink(), { scrubIntervalMs: 200 }, world.log.connect())
      await world.write([put('paris', 0, 2), drop('paris', 1)])
      expect(await held(owner)).toEqual([row('paris', 0, 2)])
      late.carryOut()
      await zombie.stop()
      const rows = async () => byKey(conformanceView, await store.rows(conformanceView))
      if (traits.fences) expect(await rows()).toEqual([row('paris', 0, 2)])
      else await expect.poll(rows, { timeout: PATIENCE_MS }).toEqual([row('paris', 0, 2)])
    })

    test('two processes share the partitions, and one that stays takes over those of one that leaves', async () => {
      const { world, store, run, held } = await storeSetting(traits)
      const [one, two] = [await run(), await run(store.sink(), {}, world.log.connect())]
      const partitions = async () =>
        (await Promise.all([one, two].map((runner) => runner.statuses()))).map((statuses) => statuses.map((s) => s.partition))
      await expect.poll(partitions, { timeout: PATIENCE_MS }).toEqual([[expect.any(Number)], [expect.any(Number)]])
      const some = (n: number) => Array.from({ length: 40 }, (_, i) => put(`s${i}`, i % 3, i + n))
      await world.write(some(0))
      expect(await held(one)).toEqual(world.expected())
      await one.stop()
      await world.write([...some(100), drop('s7', 1)])
      expect(await held(two)).toEqual(world.expected())
    })

    test('what a process has written of a view never falls, also where another takes a partition of it', async () => {
      const { world, store, run, held } = await storeSetting(traits)
      const one = await run()
      await world.write(Array.from({ length: 40 }, (_, i) => put(`s${i}`, i % 3, i)))
      expect(await held(one)).toEqual(world.expected())
      // The store has them a moment before the runner has counted them.
      const counted = async () => (await one.statuses())[0]?.ofView.rowsWritten
      await expect.poll(counted, { timeout: PATIENCE_MS }).toBeGreaterThanOrEqual(40)
      const [before] = await one.statuses()
      await run(store.sink(), {}, world.log.connect())
      await expect.poll(async () => (await one.statuses()).length, { timeout: PATIENCE_MS }).toBe(1)
      const [left] = await one.statuses()
      expect(left?.ofView.rowsWritten).toBeGreaterThanOrEqual(before?.ofView.rowsWritten as number)
      expect(left?.rowsWritten).toBeLessThan(before?.ofView.rowsWritten as number)
    })

    test('a store that is away holds up nobody and gets everything when it is back', async () => {
      const { world, store, run, held } = await storeSetting(traits)
      const away = failingSink(store.sink(), new Array<'before'>(20).fill('before'))
      const runner = await run(away)
      await world.write([put('paris', 0, 1), put('lyon', 0, 2)])
      expect(await held(runner)).toEqual(world.expected())
      const firstStatus = async () => (await runner.statuses())[0]
      await expect.poll(firstStatus, { timeout: PATIENCE_MS }).toMatchObject({ state: 'running', lag: 0, problem: null })
      expect((await runner.statuses()).reduce((sum, { retries }) => sum + retries, 0)).toBe(20)
    })
  })

  sinkMending(traits)

  describe(`${traits.name}: what cannot be written`, () => {
    test('a record that is no row goes to dead letters, and the others are written', async () => {
      const { world, run, held } = await storeSetting(traits)
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
      const { world, store, run, held } = await storeSetting(traits)
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
