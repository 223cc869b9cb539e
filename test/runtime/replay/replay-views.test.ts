import { describe, expect, test } from 'vitest'
import type { Log } from '../../../src/log/port.ts'
import { currentViews } from '../../../src/runtime/live-views.ts'
import type { ReplayStep } from '../../../src/runtime/replay/replay-views.ts'
import type { Runner } from '../../../src/runtime/runner.ts'
import { airHourly } from '../../../src/streams/topologies/air.ts'
import { memoryKv } from '../../../src/testing/memory-kv.ts'
import { memoryLog } from '../../../src/testing/memory-log.ts'
import { codesOf, currentRows, expectedRows, publisher, replay, rowsOfTopic, startTopologies } from './replay-world.ts'
import { after, before } from './sample-topologies.ts'

const never = new AbortController().signal

async function isInLine(log: Log, runner: Runner, topologies: readonly (typeof before)[], view: string): Promise<void> {
  await runner.untilEnd(never)
  expect(await currentRows(log, view)).toEqual(await expectedRows(log, topologies, view))
}

describe('a replay', () => {
  test('beside live tasks builds the same rows in a topic of their own, and the tasks go on with it', async () => {
    const log = memoryLog()
    const { publish, keepPublishing } = await publisher(log)
    await publish(500)
    const { logger, codes } = codesOf()
    const runner = await startTopologies(log, [before, airHourly], { logger })
    const stop = keepPublishing()
    const [replayed] = await replay(log.connect(), [before, airHourly], ['means'])
    expect(replayed).toMatchObject({ view: 'means', generation: 2 })
    const left = await rowsOfTopic(log, 'views.means.g1')
    await publish(300)
    await stop()
    await isInLine(log, runner, [before], 'means')
    await isInLine(log, runner, [airHourly], 'air_hourly')
    expect((await currentViews(log)).get('means')).toMatchObject({ generation: 2, previous: { generation: 1 } })
    expect(await rowsOfTopic(log, 'views.means.g1'), 'nobody writes the old one any more').toEqual(left)
    expect(runner.status().failures).toEqual([])
    expect(codes, 'no task had to go back').toEqual([])
    await runner.stop()
  })

  test('reads nothing twice where the tasks stand still for it', async () => {
    const log = memoryLog()
    const { publish } = await publisher(log)
    await publish(500)
    const runner = await startTopologies(log, [before])
    await runner.untilEnd(never)
    const commits: number[] = []
    await replay(log.connect(), [before], ['means'])
    await publish(100)
    await isInLine(log, runner, [before], 'means')
    for (const { ledger } of runner.status().tasks) commits.push(ledger.accepted)
    expect(commits.reduce((sum, accepted) => sum + accepted)).toBe(600)
    await runner.stop()
  })

  test('where nobody runs is what the next runner goes on with', async () => {
    const log = memoryLog()
    const { publish } = await publisher(log)
    await publish(300)
    const first = await startTopologies(log, [before, airHourly])
    await first.untilEnd(never)
    await first.stop()
    await publish(200)
    await replay(log, [before, airHourly], ['means', 'air_hourly'], { isRunning: async () => false })
    await publish(100)
    const second = await startTopologies(log, [before, airHourly])
    await isInLine(log, second, [before], 'means')
    await isInLine(log, second, [airHourly], 'air_hourly')
    await second.stop()
  })

  test('by other logic ends the tasks of the old version, and the new version goes on', async () => {
    const log = memoryLog()
    const { publish } = await publisher(log)
    await publish(500)
    const old = await startTopologies(log, [before])
    await old.untilEnd(never)
    await expect(startTopologies(log.connect(), [after])).rejects.toMatchObject({
      code: 'WR_TOPOLOGY_CHANGED',
      remedy: expect.stringContaining('windrow replay means'),
    })
    await replay(log.connect(), [after], ['means'])
    await expect.poll(() => old.status().failures[0]?.error).toMatchObject({ code: 'WR_TOPOLOGY_REPLACED' })
    await old.stop()
    await publish(200)
    const next = await startTopologies(log, [after])
    await isInLine(log, next, [after], 'means')
    await next.stop()
  })

  test('of a new view fills it, also when the old version goes on without it for a while', async () => {
    const log = memoryLog()
    const { publish } = await publisher(log)
    await publish(300)
    const kv = memoryKv()
    const old = await startTopologies(log, [airHourly], { kv })
    await old.untilEnd(never)
    await expect(startTopologies(log.connect(), [airHourly, before])).rejects.toMatchObject({ code: 'WR_VIEW_NEW' })
    await replay(log.connect(), [airHourly, before], ['means'], { isRunning: async () => false })
    await publish(300)
    await old.untilEnd(never)
    await old.stop()
    // What the old version saved has readings that the new view does not have yet.
    const next = await startTopologies(log, [airHourly, before], { kv })
    const hourly = await rowsOfTopic(log, 'views.air_hourly.g1')
    await isInLine(log, next, [before], 'means')
    await publish(200)
    await isInLine(log, next, [before], 'means')
    await isInLine(log, next, [airHourly], 'air_hourly')
    expect(hourly.size).toBeGreaterThan(0)
    expect(next.status().tasks.reduce((sum, { ledger }) => sum + ledger.accepted, 0)).toBe(800)
    await next.stop()
  })

  test('is taken back by the generation before, brought up to date', async () => {
    const log = memoryLog()
    const { publish, keepPublishing } = await publisher(log)
    await publish(300)
    const old = await startTopologies(log, [before])
    await old.untilEnd(never)
    await replay(log.connect(), [after], ['means'])
    await old.stop()
    const next = await startTopologies(log, [after])
    await publish(300)
    await next.untilEnd(never)
    await expect(replay(log.connect(), [after], ['means'], { rollback: true })).rejects.toMatchObject({
      code: 'WR_ROLLBACK_LOGIC',
    })
    await next.stop()
    const [back] = await replay(log.connect(), [before], ['means'], { rollback: true, isRunning: async () => false })
    expect(back).toMatchObject({ generation: 1 })
    const again = await startTopologies(log, [before])
    const stop = keepPublishing()
    await publish(100)
    await stop()
    await isInLine(log, again, [before], 'means')
    await replay(log.connect(), [before], ['means'])
    expect((await currentViews(log)).get('means')).toMatchObject({ generation: 3, previous: { generation: 1 } })
    await isInLine(log, again, [before], 'means')
    await again.stop()
  })

  test('one at a time', async () => {
    const log = memoryLog()
    const { publish } = await publisher(log)
    await publish(50)
    const second = (): Promise<unknown> => replay(log.connect(), [before], ['means'])
    const onProgress = async ({ step }: { step: ReplayStep }): Promise<void> => {
      if (step === 'told') await expect(second()).rejects.toMatchObject({ code: 'WR_REPLAY_RUNNING' })
    }
    await replay(log, [before], ['means'], { onProgress, isRunning: async () => false })
  })

  const steps: readonly ReplayStep[] = ['planned', 'told', 'caught-up', 'asked', 'standing-still', 'built', 'flipped', 'done']
  test.each(steps)('that dies when it is %s leaves the view old or new, and the next one finishes the job', async (deadly) => {
    const log = memoryLog()
    const { publish, keepPublishing } = await publisher(log)
    await publish(300)
    const runner = await startTopologies(log, [before])
    await runner.untilEnd(never)
    const stop = keepPublishing()
    const dying = log.connect()
    const died = replay(dying, [before], ['means'], {
      onProgress: ({ step }) => {
        if (step === deadly) dying.kill()
      },
    })
    if (deadly === 'done') await died.catch(() => undefined)
    else await expect(died).rejects.toThrow()
    const generation = (await currentViews(log)).get('means')?.generation
    expect(generation).toBe(['flipped', 'done'].includes(deadly) ? 2 : 1)
    await publish(50)
    const [replayed] = await replay(log.connect(), [before], ['means'])
    expect(replayed).toMatchObject({ generation: ['flipped', 'done'].includes(deadly) ? 3 : 2 })
    await stop()
    await isInLine(log, runner, [before], 'means')
    expect(runner.status().failures).toEqual([])
    await runner.stop()
  })
})
