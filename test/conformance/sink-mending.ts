import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { WindrowError } from '../../src/core/errors.ts'
import { compareStore, type RowDifference } from '../../src/sinks/compare-store.ts'
import { mendSource } from './mend-source.ts'
import { lateSink } from './sink-doubles.ts'
import { conformanceView, drop, HOUR, put, row, type StoreTraits, storeSetting, T0 } from './sink-setting.ts'
import { byKey, PATIENCE_MS, rowKeyOf } from './sink-world.ts'

const keyOf = (station: string, hour: number): string => rowKeyOf(conformanceView, row(station, hour, 0))

/** A store that is not as the log says, for whatever reason, becomes so. */
export function sinkMending(traits: StoreTraits): void {
  describe(`${traits.name}: a store that is not as the log says`, () => {
    test('is mended: what was changed, deleted or added by hand', async () => {
      const { world, store, run, held } = await storeSetting(traits)
      const runner = await run()
      await world.write([put('paris', 0, 1), put('paris', 1, 2), put('lyon', 0, 3)])
      await held(runner)
      await store.tamper(conformanceView, row('paris', 0, 99))
      await store.tamper(conformanceView, row('nowhere', 0, 1))
      await store.remove(conformanceView, ['lyon', T0])
      const sink = store.sink()
      await sink.open([conformanceView])
      const differences: RowDifference[] = []
      const compare = () => compareStore(mendSource(world), sink, (difference) => differences.push(difference))
      expect(await compare()).toEqual({ equal: 1, missing: 1, extra: 1, changed: 1 })
      expect(differences.sort((a, b) => (a.kind < b.kind ? -1 : 1))).toEqual([
        { kind: 'changed', key: keyOf('paris', 0), expected: row('paris', 0, 1), found: row('paris', 0, 99) },
        { kind: 'extra', key: keyOf('nowhere', 0), expected: null, found: row('nowhere', 0, 1) },
        { kind: 'missing', key: keyOf('lyon', 0), expected: row('lyon', 0, 3), found: null },
      ])
      expect(await sink.mend(mendSource(world), new AbortController().signal)).toEqual({ written: 2, deleted: 1 })
      expect(await compare()).toEqual({ equal: 3, missing: 0, extra: 0, changed: 0 })
      expect(await held(runner)).toEqual(world.expected())
      await world.write([put('paris', 0, 4), drop('paris', 1)])
      expect(await held(runner)).toEqual(world.expected())
    })

    test('is mended also where somebody wrote with a clock that is ahead, and stays as the log says', async () => {
      const { world, store, run, held } = await storeSetting(traits)
      const runner = await run()
      await world.write([put('paris', 0, 1), put('paris', 1, 2), put('lyon', 0, 3)])
      await held(runner)
      const tamper = store.tamperAhead ?? store.tamper
      await tamper(conformanceView, row('paris', 0, 99))
      await tamper(conformanceView, row('paris', 1, 99))
      await tamper(conformanceView, row('nowhere', 0, 99))
      const sink = store.sink()
      await sink.open([conformanceView])
      expect(await sink.mend(mendSource(world), new AbortController().signal)).toEqual({ written: 2, deleted: 1 })
      expect(await held(runner)).toEqual(world.expected())
      await world.write([put('paris', 0, 5), drop('paris', 1)])
      expect(await held(runner)).toEqual(byKey(conformanceView, [row('paris', 0, 5), row('lyon', 0, 3)]))
    })

    test('is mended while others write on', async () => {
      const { world, store, run, held } = await storeSetting(traits)
      const runner = await run()
      const some = (n: number) => Array.from({ length: 200 }, (_, i) => put(`s${i % 20}`, Math.floor(i / 20), i + n))
      await world.write(some(0))
      await held(runner)
      const sink = store.sink()
      await sink.open([conformanceView])
      for (let n = 1; n <= 5; n++) {
        await store.tamper(conformanceView, row('s1', 0, 99))
        await store.tamper(conformanceView, row('nowhere', n, 99))
        const mending = sink.mend(mendSource(world, 4_000), new AbortController().signal)
        await world.write([...some(n), drop(`s${n}`, n)])
        await mending
        await world.write(some(n + 10))
      }
      expect(await held(runner)).toEqual(world.expected())
    })

    test.runIf(!traits.fences)('is right again after the next scrub, without a restart', async () => {
      const { world, store, run, held } = await storeSetting(traits)
      const runner = await run(store.sink(), { scrubIntervalMs: 200 })
      await world.write([put('paris', 0, 1), put('paris', 1, 2), put('lyon', 0, 3)])
      await held(runner)
      await store.tamper(conformanceView, row('paris', 0, 99))
      await store.tamper(conformanceView, row('nowhere', 0, 1))
      await store.remove(conformanceView, ['lyon', T0])
      const rows = async () => byKey(conformanceView, await store.rows(conformanceView))
      await expect.poll(rows, { timeout: PATIENCE_MS }).toEqual(world.expected())
      await world.write([put('paris', 0, 4)])
      expect(await held(runner)).toEqual(world.expected())
    })

    test('because it was away while deletions were forgotten loses what was deleted', async () => {
      const { world, store, run, held } = await storeSetting(traits)
      const first = await run()
      await world.write([put('paris', 0, 1), put('lyon', 0, 2), put('nice', 0, 3)])
      await held(first)
      await first.stop()
      await world.write([drop('lyon', 0), drop('nice', 0), put('paris', 1, 4), put('lyon', 1, 5), put('nice', 1, 6)])
      await world.forgetTombstones()
      await store.ageProgress(conformanceView, 25 * HOUR)
      const second = await run()
      expect(await held(second)).toEqual(world.expected())
      // The store says that it is ready a moment before the runner has counted it.
      const mends = async () => (await second.statuses()).reduce((sum, { mended }) => sum + mended, 0)
      await expect.poll(mends, { timeout: PATIENCE_MS }).toBeGreaterThan(0)
    })

    test('because its topic is made anew under it gets the rows of the new one', async () => {
      const { world, run, held } = await storeSetting(traits)
      const runner = await run()
      await world.write([put('paris', 0, 1), put('lyon', 0, 2)])
      await held(runner)
      await world.makeTopicAnew()
      await world.write([put('lyon', 0, 4), put('nice', 0, 3)])
      expect(await held(runner)).toEqual(byKey(conformanceView, [row('lyon', 0, 4), row('nice', 0, 3)]))
    })

    test('because its topic was made anew gets the rows of the new one and loses the old', async () => {
      const { world, run, held } = await storeSetting(traits)
      const runner = await run()
      await world.write([put('paris', 0, 1), put('lyon', 0, 2)])
      await held(runner)
      await runner.stop()
      await world.makeTopicAnew()
      await world.write([put('lyon', 0, 2), put('nice', 0, 3)])
      expect(await held(await run())).toEqual(byKey(conformanceView, [row('lyon', 0, 2), row('nice', 0, 3)]))
    })

    test('because its log was put back to an older state gets the rows of that one', async () => {
      const { world, store, run, held } = await storeSetting(traits)
      const all = Array.from({ length: 12 }, (_, i) => put(`s${i}`, 0, i))
      for (const n of [0, 1, 2]) {
        const runner = await run()
        await world.write([...all, put('paris', n, 50)])
        await held(runner)
        await runner.stop()
      }
      const back = await world.putBack()
      await back.write(all.slice(4))
      const runner = await back.start(store.sink())
      onTestFinished(() => runner.stop())
      const rows = async () => byKey(conformanceView, await store.rows(conformanceView))
      await back.caughtUp(runner)
      expect(await rows()).toEqual(back.expected())
      await back.write([put('s5', 0, 7), drop('s6', 0)])
      await back.caughtUp(runner)
      expect(await rows()).toEqual(back.expected())
    })

    test('because its log was put back, and went on otherwise from there, gets the rows of that one', async () => {
      const { world, store, run, held } = await storeSetting(traits)
      for (const n of [0, 1, 2]) {
        const runner = await run()
        await world.write([put('paris', n, 50), put('lyon', n, 51)])
        await held(runner)
        await runner.stop()
      }
      const back = await world.putBack()
      await back.write(Array.from({ length: 60 }, (_, i) => put(`s${i % 30}`, 0, i)))
      const runner = await back.start(store.sink())
      onTestFinished(() => runner.stop())
      const rows = async () => byKey(conformanceView, await store.rows(conformanceView))
      await expect.poll(rows, { timeout: PATIENCE_MS }).toEqual(back.expected())
    })

    test('because its log was put back, and has grown past it before anybody asked, gets the rows of that one', async () => {
      const { world, store, run, held } = await storeSetting(traits)
      const runner = await run()
      const all = Array.from({ length: 12 }, (_, i) => put(`s${i}`, 0, i))
      await world.write([...all, put('paris', 0, 50)])
      await held(runner)
      await runner.stop()

      const back = await world.putBack()
      await back.write([...all.slice(4), ...Array.from({ length: 60 }, (_, i) => put(`s${i % 20}`, i % 3, i * 7))])
      const after = await back.start(store.sink())
      onTestFinished(() => after.stop())
      const rows = async () => byKey(conformanceView, await store.rows(conformanceView))
      await back.caughtUp(after)
      expect(await rows()).toEqual(back.expected())
      await back.write([put('s5', 0, 7), drop('s6', 0)])
      await back.caughtUp(after)
      expect(await rows()).toEqual(back.expected())
    })

    test('because its log was put back again and again, with nothing written in between, gets the rows of the last one', async () => {
      const { world, store, run, held } = await storeSetting(traits)
      const runner = await run()
      await world.write([put('s0', 0, 1), put('s1', 0, 2)])
      await held(runner)
      await runner.stop()
      // The second one is at the same offsets as the first.
      for (const [records, n] of [
        [30, 1],
        [30, 2],
        [60, 3],
      ] as const) {
        const back = await world.putBack()
        await back.write(Array.from({ length: records }, (_, i) => put(`s${i % 10}`, i % n, i * n)))
        const after = await back.start(store.sink())
        onTestFinished(() => after.stop())
        const rows = async () => byKey(conformanceView, await store.rows(conformanceView))
        await expect.poll(rows, { timeout: PATIENCE_MS }).toEqual(back.expected())
        await after.stop()
      }
    })

    test('because its table was dropped is filled again, also with what others of the view had written', async (context) => {
      const { world, store, run, held } = await storeSetting(traits)
      if (store.dropTable === null) return context.skip()
      const runner = await run()
      const stations = Array.from({ length: 12 }, (_, i) => put(`s${i}`, 0, i))
      await world.write(stations)
      await held(runner)
      await store.dropTable(conformanceView)
      // Of one partition: the other one has nothing to write.
      await world.write([put('s0', 1, 5)])
      const rows = async () => byKey(conformanceView, await store.rows(conformanceView).catch(() => []))
      await expect.poll(rows, { timeout: PATIENCE_MS }).toEqual(world.expected())
      await world.write([put('s1', 1, 6), drop('s2', 0)])
      expect(await held(runner)).toEqual(world.expected())
    })

    test('follows when another generation becomes current', async () => {
      const { world, run, held } = await storeSetting(traits)
      const runner = await run()
      await world.write([put('paris', 0, 1), put('lyon', 0, 2)])
      await held(runner)
      await world.nextGeneration([put('lyon', 0, 5), put('nice', 0, 3)])
      expect(await held(runner)).toEqual(byKey(conformanceView, [row('lyon', 0, 5), row('nice', 0, 3)]))
      await world.write([drop('nice', 0)])
      expect(await held(runner)).toEqual([row('lyon', 0, 5)])
    })

    test('is right also when the generation that it still reads is deleted, as it is where none is kept', async () => {
      const { world, store, run, held } = await storeSetting(traits)
      const late = lateSink(store.sink())
      const runner = await run(late.sink, { batchRows: 2 })
      await world.write(Array.from({ length: 20 }, (_, i) => put(`s${i}`, 0, i)))
      await late.arrived
      for (const n of [1, 2]) {
        const { name } = world.topic()
        await world.nextGeneration([put('lyon', 0, n), put(`nice${n}`, 0, 3)])
        await world.log.deleteTopic(name)
        expect(await runner.statuses()).toBeInstanceOf(Array)
      }
      late.carryOut()
      expect(await held(runner)).toEqual(world.expected())
      await world.write([drop('lyon', 0), put('paris', 0, 4)])
      expect(await held(runner)).toEqual(world.expected())
    })

    test('is written all the same where joining the group failed for a while', async () => {
      const { world, run, held } = await storeSetting(traits)
      await world.write([put('paris', 0, 1)])
      const noRoom = new WindrowError('WR_DISK_FULL', { message: 'no room', remedy: 'make room', canRetry: true })
      vi.spyOn(world.log, 'joinGroup').mockRejectedValueOnce(noRoom).mockRejectedValueOnce(noRoom)
      expect(await held(await run())).toEqual(world.expected())
    })

    test('is filled while its topic was compacted', async () => {
      const { world, run, held } = await storeSetting(traits)
      await world.write([put('paris', 0, 1), put('paris', 0, 2), put('lyon', 0, 1), drop('lyon', 0)])
      await world.log.compact(world.topic())
      await world.write([put('lyon', 1, 4)])
      expect(await held(await run())).toEqual(world.expected())
    })
  })
}
