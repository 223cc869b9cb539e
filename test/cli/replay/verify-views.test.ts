import { beforeEach, describe, expect, test } from 'vitest'
import type { BuiltView } from '../../../src/cli/replay/built-views.ts'
import { type Verification, verifyViews } from '../../../src/cli/replay/verify-views.ts'
import { systemClock } from '../../../src/core/clock.ts'
import type { Log } from '../../../src/log/port.ts'
import { currentViews } from '../../../src/runtime/live-views.ts'
import type { Runner } from '../../../src/runtime/runner.ts'
import type { RowDifference } from '../../../src/sinks/compare-store.ts'
import type { Sink } from '../../../src/sinks/sink.ts'
import type { Topology } from '../../../src/streams/topology.ts'
import { memoryLog } from '../../../src/testing/memory-log.ts'
import type { Cell } from '../../../src/views/view.ts'
import { expectedRows, type Publisher, publisher, replay, startTopologies, trimmed } from '../../runtime/replay/replay-world.ts'
import { after, before } from '../../runtime/replay/sample-topologies.ts'
import { edited, type MirrorSink, mirrorSink, rekeyed } from './mirror-sink.ts'

const never = new AbortController().signal
const logger = { debug() {}, info() {}, warn() {}, error() {} }
const { view } = before

interface Found extends Verification {
  /** `store kind key`, in the order of the keys. */
  readonly told: readonly string[]
}

async function builtView(log: Log): Promise<BuiltView> {
  const current = (await currentViews(log)).get(view.name)
  const topic = await log.findTopic(current?.topic ?? '')
  if (current === undefined || topic === null) throw new Error('the view has not been built')
  return { view, topic, current }
}

async function verify(log: Log, sinks: readonly Sink[], topologies: readonly Topology[] = [before]): Promise<Found> {
  const told: string[] = []
  const verification = await verifyViews({
    log,
    topologies,
    topicOf: (event) => event.defaultTopic,
    views: [{ ...(await builtView(log)), view: (topologies[0] as Topology).view }],
    sinks,
    allowedLatenessMinutes: new Map(),
    memoryBytes: 1 << 24,
    patienceMs: 200,
    clock: systemClock,
    logger,
    signal: never,
    onProgress: () => undefined,
    onDifference: async (_, store, { kind, key }: RowDifference) => {
      told.push(`${store} ${kind} ${key}`)
    },
  })
  return { ...verification, told }
}

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
    mirror = mirrorSink(log, view, (await builtView(log)).topic)
    await mirror.follow()
    return () => runner.stop()
  })

  test('says that nothing differs where nothing does, of the log and of each store', async () => {
    const { stores, told, records } = await verify(log, [mirror])
    const rows = { equal: 25, missing: 0, extra: 0, changed: 0, notCompared: 0 }
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

  test('names exactly the rows that were edited, deleted or added', async () => {
    const [first, second, third] = [...mirror.held.keys()].sort() as [string, string, string]
    const row = mirror.held.get(first) as readonly Cell[]
    mirror.held.set(first, edited(view, row))
    mirror.held.delete(second)
    const added = '["s0","1999-01-01"]'
    mirror.held.set(added, rekeyed(view, row, added))
    const { stores, told } = await verify(log, [mirror])
    expect(told.toSorted()).toEqual([`mirror changed ${first}`, `mirror missing ${second}`, `mirror extra ${added}`].toSorted())
    expect(stores[1]?.rows).toEqual({ equal: 23, missing: 1, extra: 1, changed: 1, notCompared: 0 })
    expect(told.some((line) => line.includes(third))).toBe(false)
  })

  test('names every row of a store that was emptied', async () => {
    mirror.held.clear()
    const { stores } = await verify(log, [mirror])
    expect(stores[1]?.rows).toEqual({ equal: 0, missing: 25, extra: 0, changed: 0, notCompared: 0 })
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
    const behind = mirrorSink(log, view, (await builtView(log)).topic)
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
    const mirror = mirrorSink(log, view, (await builtView(log)).topic)
    await mirror.follow()
    const topic = await log.findTopic('air.readings')
    if (topic === null) throw new Error('there are no readings')
    const ends = await Promise.all([0, 1, 2, 3].map(async (partition) => (await log.bounds(topic, partition)).end))
    const cut = trimmed(
      log,
      ends.map((end) => Math.floor(end / 3)),
    )
    expect((await verify(cut, [mirror])).told).toEqual([])
    mirror.held.delete('["s1","2025-01-02"]')
    mirror.held.delete('["s1","2025-01-12"]')
    const { told, stores } = await verify(cut, [mirror])
    expect(told).toEqual(['mirror missing ["s1","2025-01-12"]'])
    expect(stores[0]?.rows?.notCompared).toBeGreaterThan(10)
    expect(stores[0]?.rows?.equal).toBeGreaterThan(10)
  })
})
