import { beforeEach, describe, expect, test } from 'vitest'
import type { Topic } from '../../../src/log/port.ts'
import { lostUntil } from '../../../src/runtime/replay/rebuilt-rows.ts'
import type { Runner } from '../../../src/runtime/runner.ts'
import { airHourly } from '../../../src/streams/topologies/air.ts'
import { type MemoryLog, memoryLog } from '../../../src/testing/memory-log.ts'
import {
  currentRows,
  expectedRows,
  type Publisher,
  publisher,
  replay,
  rowsOfTopic,
  startTopologies,
  withoutOldestThird,
} from './replay-world.ts'
import { after, before } from './sample-topologies.ts'

const never = new AbortController().signal
const DAY_MS = 86_400_000
const START = Date.parse('2025-01-01T00:00:00Z')
/** Of the readings of the publisher: five stations, an hour each. */
const A_DAY = 5 * 24

const dayOf = (key: string): string => (JSON.parse(key) as [string, string])[1]
const only = (rows: Map<string, string>, wanted: (day: string) => boolean): Map<string, string> =>
  new Map([...rows].filter(([key]) => wanted(dayOf(key))))

describe('a replay of a part', () => {
  let log: MemoryLog
  let publish: Publisher['publish']
  let keepPublishing: Publisher['keepPublishing']
  let runner: Runner
  let now: number

  beforeEach(async () => {
    now = START
    log = memoryLog({ now: () => now })
    ;({ publish, keepPublishing } = await publisher(log))
    // The log takes each day when it is over.
    for (let day = 0; day < 12; day++) {
      now += DAY_MS
      await publish(A_DAY)
    }
    runner = await startTopologies(log, [before])
    await runner.untilEnd(never)
    return () => runner.stop()
  })

  test('builds the windows from there on, and takes over the rows before as they are', async () => {
    const old = await currentRows(log, 'means')
    await replay(log, [after], ['means'], { from: Date.parse('2025-01-08T06:00:00Z') })
    const rows = await currentRows(log, 'means')
    const fresh = await expectedRows(log, [after], 'means')
    // A key does not say its zone: the days next to the instant are built too.
    expect(only(rows, (day) => day < '2025-01-07')).toEqual(only(old, (day) => day < '2025-01-07'))
    expect(only(rows, (day) => day >= '2025-01-08')).toEqual(only(fresh, (day) => day >= '2025-01-08'))
    expect(only(fresh, (day) => day < '2025-01-07')).not.toEqual(only(old, (day) => day < '2025-01-07'))
  })

  test('of a view that was never built builds it whole, and so does one of a view whose tasks have not begun', async () => {
    await runner.stop()
    const from = Date.parse('2025-01-10T00:00:00Z')
    const topologies = [before, airHourly]
    await replay(log, topologies, ['air_hourly'], { from, isRunning: async () => false })
    const fresh = await expectedRows(log, [airHourly], 'air_hourly')
    expect(await currentRows(log, 'air_hourly')).toEqual(fresh)
    // What comes late for the windows before is processed without that view.
    await publish(3)
    runner = await startTopologies(log, [before])
    await runner.untilEnd(never)
    await runner.stop()
    await replay(log, topologies, ['air_hourly'], { from: Date.parse('2031-01-01T00:00:00Z'), isRunning: async () => false })
    runner = await startTopologies(log, topologies)
    await runner.untilEnd(never)
    expect(await currentRows(log, 'air_hourly')).toEqual(await expectedRows(log, [airHourly], 'air_hourly'))
  })

  test('goes on with what came in late for the windows before', async () => {
    await replay(log, [before], ['means'], { from: Date.parse('2025-01-10T00:00:00Z') })
    await publish(A_DAY)
    await runner.untilEnd(never)
    expect(await currentRows(log, 'means')).toEqual(await expectedRows(log, [before], 'means'))
  })

  test('loses nothing of the rows that it takes over while readings keep coming for them', async () => {
    const stop = keepPublishing()
    await replay(log.connect(), [before], ['means'], { from: Date.parse('2031-01-01T00:00:00Z') })
    await stop()
    await runner.untilEnd(never)
    expect(await currentRows(log, 'means')).toEqual(await expectedRows(log, [before], 'means'))
    expect(await rowsOfTopic(log, 'views.means.g2')).toEqual(await currentRows(log, 'means'))
  })

  test('of a log that has lost its oldest readings takes over what it cannot build', async () => {
    const cut = await withoutOldestThird(log)
    const old = await currentRows(log, 'means')
    await replay(cut, [before], ['means'])
    expect(await currentRows(log, 'means'), 'the same logic: nothing is lost, nothing is cut short').toEqual(old)
    expect((await rowsOfTopic(log, 'views.means.g2')).size).toBe(old.size)
    await replay(cut, [after], ['means'])
    const rows = await currentRows(log, 'means')
    const fresh = await expectedRows(log, [after], 'means')
    const lost = Math.max(...(await lostUntil(cut, (await cut.findTopic('air.readings')) as Topic)).map((until) => until ?? 0))
    const firstWhole = new Date(lost + 2 * DAY_MS).toISOString().slice(0, 10)
    expect(only(rows, (day) => day >= firstWhole)).toEqual(only(fresh, (day) => day >= firstWhole))
    expect(only(fresh, (day) => day >= firstWhole).size).toBeGreaterThan(5)
    expect(only(rows, (day) => day < '2025-01-04')).toEqual(only(old, (day) => day < '2025-01-04'))
  })
})
