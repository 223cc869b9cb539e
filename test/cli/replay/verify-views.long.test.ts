import { beforeEach, describe, expect, test } from 'vitest'
import type { Log } from '../../../src/log/port.ts'
import type { Runner } from '../../../src/runtime/runner.ts'
import type { Sink } from '../../../src/sinks/sink.ts'
import type { Topology } from '../../../src/streams/topology.ts'
import { memoryLog } from '../../../src/testing/memory-log.ts'
import type { Cell } from '../../../src/views/view.ts'
import {
  expectedRows,
  type Publisher,
  publisher,
  replay,
  startTopologies,
  withoutOldestThird,
} from '../../runtime/replay/replay-world.ts'
import { after, before } from '../../runtime/replay/sample-topologies.ts'
import { edited, type MirrorSink, mirrorSink, rekeyed } from './mirror-sink.ts'
import { builtViewOf, type Found, verifyTopologies } from './verify-topologies.ts'

const never = new AbortController().signal
const { view } = before

const verify = (log: Log, sinks: readonly Sink[], topologies: readonly Topology[] = [before]): Promise<Found> =>
  verifyTopologies(log, topologies, sinks)

describe('comparing a view with what is computed again', () => {
  let log: Log
  let source: Publisher
  let runner: Runner
  let mirror: MirrorSink

  beforeEach(async () => {
    log = memoryLog()
    source = await publisher(log)
    await source.publish(600)
    runner = await startTopologies(log, [before])
    await runner.untilEnd(never)
    mirror = mirrorSink(log, view, (await builtViewOf(log, view)).topic)
    await mirror.follow()
    return () => runner.stop()
  })

  test('says that nothing differs where nothing does, of the log and of each store', async () => {
    const { stores, told, records } = await verify(log, [mirror])
    const rows = { equal: 25, missing: 0, extra: 0, changed: 0, notCompared: 0, unsettled: 0 }
    expect(told).toEqual([])
    expect(records).toBe(600)
    expect(stores).toEqual([
      { view: 'means', store: 'log', rows, problem: null },
      { view: 'means', store: 'mirror', rows, problem: null },
    ])
  })

  test('finds no difference in a generation that came back with readings that no task has processed yet', async () => {
    await runner.stop()
    await source.publish(50)
    const options = { isRunning: async () => false }
    await replay(log, [before], ['means'], options)
    await replay(log, [before], ['means'], { ...options, rollback: true })
    expect(await verify(log, [])).toMatchObject({ told: [], records: 650 })
  })

  describe('with readings that no task has processed yet, and nobody at work', () => {
    const nobody = { isRunning: async () => false }
    const all = { equal: 30, missing: 0, extra: 0, changed: 0, notCompared: 0, unsettled: 0 }
    /** Windows that end before are taken over. */
    const from = Date.parse('2025-01-04T00:00:00Z')

    /** Of days that are built, of days that are taken over, and of a new one. */
    const unprocessed = async (): Promise<void> => {
      await runner.stop()
      await source.publish(120)
    }

    test('finds no difference after a replay of all rows', async () => {
      await unprocessed()
      await replay(log, [before], ['means'], nobody)
      await source.publish(120)
      expect(await verify(log, [])).toMatchObject({ told: [], records: 720, stores: [{ rows: all }] })
    })

    test('finds none after a replay of a part, nor after one of a part of what that left', async () => {
      await unprocessed()
      await replay(log, [before], ['means'], { ...nobody, from })
      await source.publish(120)
      expect(await verify(log, [])).toMatchObject({ told: [], stores: [{ rows: all }] })
      await replay(log, [before], ['means'], { ...nobody, from })
      expect(await verify(log, [])).toMatchObject({ told: [] })
    })

    test('finds none after the way back', async () => {
      await unprocessed()
      await replay(log, [before], ['means'], { ...nobody, from })
      await source.publish(120)
      await replay(log, [before], ['means'], { ...nobody, rollback: true })
      await source.publish(120)
      expect(await verify(log, [])).toMatchObject({ told: [], records: 840 })
    })
  })

  test('says of how many rows it does not know what they should be, and compares the others', async () => {
    await runner.stop()
    const replayFrom = (from: string): Promise<unknown> =>
      replay(log, [before], ['means'], { isRunning: async () => false, from: Date.parse(from) })
    await source.publish(60)
    await replayFrom('2025-01-04T00:00:00Z')
    await source.publish(60)
    await replayFrom('2031-01-01T00:00:00Z')
    const store = mirrorSink(log, view, (await builtViewOf(log, view)).topic)
    await store.follow()
    const [first, last] = ['["s0","2025-01-01"]', '["s0","2025-01-06"]']
    for (const key of [first, last]) store.held.set(key, edited(view, store.held.get(key) as readonly Cell[]))
    // Rows of the last day have the first half of its readings: more than is processed, less than is built.
    const { told, stores } = await verify(log, [store])
    expect(told).toEqual([`mirror changed ${first}`])
    expect(stores.map(({ rows }) => rows)).toEqual([
      { equal: 25, missing: 0, extra: 0, changed: 0, notCompared: 0, unsettled: 5 },
      { equal: 24, missing: 0, extra: 0, changed: 1, notCompared: 0, unsettled: 5 },
    ])
    runner = await startTopologies(log, [before])
    await runner.untilEnd(never)
    await store.follow()
    expect((await verify(log, [store])).stores[1]?.rows).toMatchObject({ changed: 1, equal: 29, unsettled: 0 })
  })

  test('names exactly the rows that were edited, deleted or added', async () => {
    const [first, second, third] = [...mirror.held.keys()].sort() as [string, string, string]
    const row = mirror.held.get(first) as readonly Cell[]
    mirror.held.set(first, edited(view, row))
    mirror.held.delete(second)
    const added = '["s0","1999-01-01"]'
    mirror.held.set(added, rekeyed(view, row, added))
    const { stores, told } = await verify(log, [mirror])
    expect(told.toSorted()).toEqual([`mirror changed ${first}`, `mirror missing ${second}`, `mirror extra ${added}`].toSorted())
    expect(stores[1]?.rows).toEqual({ equal: 23, missing: 1, extra: 1, changed: 1, notCompared: 0, unsettled: 0 })
    expect(told.some((line) => line.includes(third))).toBe(false)
  })

  test('names every row of a store that was emptied', async () => {
    mirror.held.clear()
    const { stores } = await verify(log, [mirror])
    expect(stores[1]?.rows).toEqual({ equal: 0, missing: 25, extra: 0, changed: 0, notCompared: 0, unsettled: 0 })
  })

  test('finds no difference while readings, rows and stores go on, but the one that is there', async () => {
    const stops = [source.keepPublishing(), mirror.keepFollowing()]
    const lost = '["s0","2025-01-01"]'
    try {
      for (let round = 0; round < 8; round++) {
        const { told, stores } = await verify(log, [mirror])
        expect(told).toEqual(round < 4 ? [] : [`mirror missing ${lost}`])
        expect(stores.map(({ problem }) => problem)).toEqual([null, null])
        if (round === 3) mirror.held.delete(lost)
      }
    } finally {
      for (const stop of stops) await stop()
    }
  })

  test('tells rows that other logic made', async () => {
    const { stores } = await verify(log, [], [after])
    const expected = await expectedRows(log, [after], 'means')
    const { equal, changed, extra, missing } = stores[0]?.rows ?? { equal: 0, changed: 0, extra: 0, missing: 0 }
    expect(changed).toBeGreaterThan(5)
    expect(missing).toBe(0)
    expect(equal + changed).toBe(expected.size)
    expect(extra).toBe(25 - expected.size)
  })

  test('fits a generation that a replay has made, whether its tasks have turned to it or not', async () => {
    await replay(log, [before], ['means'])
    expect((await verify(log, [])).told).toEqual([])
    await runner.stop()
    await source.publish(50)
    await replay(log, [after], ['means'], { isRunning: async () => false })
    expect((await verify(log, [], [after])).told, 'the tasks stand before what the replay has built').toEqual([])
    runner = await startTopologies(log, [after])
    await source.publish(50)
    await runner.untilEnd(never)
    expect((await verify(log, [], [after])).told).toEqual([])
  })

  test('says which store lacks changes that nobody writes, and compares the others', async () => {
    const behind = mirrorSink(log, view, (await builtViewOf(log, view)).topic)
    const { stores } = await verify(log, [behind, mirror])
    expect(stores.map(({ rows }) => rows?.equal ?? null)).toEqual([25, null, 25])
    expect(stores[1]?.problem).toMatchObject({ code: 'WR_SINK_BEHIND', facts: { lag: expect.any(Number) } })
  })
})

describe('comparing with a log that has lost its oldest readings', () => {
  const DAY_MS = 86_400_000
  const START = Date.parse('2025-01-01T00:00:00Z')

  test('leaves out what cannot be known, and finds what differs in the rest', async () => {
    let now = START
    const log = memoryLog({ now: () => now })
    const { publish } = await publisher(log)
    for (let day = 0; day < 12; day++) {
      now += DAY_MS
      await publish(5 * 24)
    }
    const runner = await startTopologies(log, [before])
    await runner.untilEnd(never)
    await runner.stop()
    const mirror = mirrorSink(log, view, (await builtViewOf(log, view)).topic)
    await mirror.follow()
    const cut = await withoutOldestThird(log)
    expect((await verify(cut, [mirror])).told).toEqual([])
    mirror.held.delete('["s1","2025-01-02"]')
    mirror.held.delete('["s1","2025-01-12"]')
    const { told, stores } = await verify(cut, [mirror])
    expect(told).toEqual(['mirror missing ["s1","2025-01-12"]'])
    expect(stores[0]?.rows?.notCompared).toBeGreaterThan(10)
    expect(stores[0]?.rows?.equal).toBeGreaterThan(10)
  })
})
