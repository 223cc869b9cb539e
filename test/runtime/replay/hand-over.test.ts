import { expect, test } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import type { Log, Topic } from '../../../src/log/port.ts'
import type { ReplayStep } from '../../../src/runtime/replay/replay-views.ts'
import { airHourly } from '../../../src/streams/topologies/air.ts'
import { type MemoryLog, memoryLog } from '../../../src/testing/memory-log.ts'
import { codesOf, currentRows, expectedRows, publisher, replay, startTopologies } from './replay-world.ts'
import { before } from './sample-topologies.ts'

const never = new AbortController().signal
const topologies = [before, airHourly]

async function processed(log: Log): Promise<readonly number[]> {
  const topic = (await log.findTopic('air.readings')) as Topic
  return (await log.groupProgress('engine.air.readings', topic)).map(({ offset }) => offset)
}

/** Live tasks, readings that keep coming, and a replay that dies in its hand-over. */
async function afterOneThatDied(log: MemoryLog, view: string, step: ReplayStep) {
  const { publish, keepPublishing } = await publisher(log)
  await publish(300)
  const { logger, codes } = codesOf()
  const runner = await startTopologies(log, topologies, { logger })
  await runner.untilEnd(never)
  const stopPublishing = keepPublishing()
  const dying = log.connect()
  const died = replay(dying, topologies, [view], {
    onProgress: (progress) => {
      if (progress.step === step) dying.kill()
    },
  })
  await expect(died).rejects.toThrow()
  return { runner, codes, stopPublishing }
}

test.each(['asked', 'standing-still', 'built'] as const)(
  'tasks stand still again for a replay that goes on with one that died when it was %s',
  async (step) => {
    const log = memoryLog()
    const { runner, codes, stopPublishing } = await afterOneThatDied(log, 'means', step)
    const stood: unknown[] = []
    await replay(log.connect(), topologies, ['means'], {
      onProgress: async (progress) => {
        if (progress.step !== 'standing-still') return
        stood.push(await processed(log))
        // Long enough for many commits of tasks that have something to do.
        await systemClock.sleep(60)
        stood.push(await processed(log))
      },
    })
    expect(stood[1]).toEqual(stood[0])
    await stopPublishing()
    await runner.untilEnd(never)
    expect(codes, 'no task had to go back').toEqual([])
    expect(await currentRows(log, 'means')).toEqual(await expectedRows(log, [before], 'means'))
    await runner.stop()
  },
)

test('what a replay that died had asked for keeps nobody from standing still for one of another view', async () => {
  const log = memoryLog()
  const { runner, codes, stopPublishing } = await afterOneThatDied(log, 'means', 'standing-still')
  let [askedAt, stoodAt] = [0, 0]
  await replay(log.connect(), topologies, ['air_hourly'], {
    onProgress: ({ step }) => {
      if (step === 'asked') askedAt = performance.now()
      if (step === 'standing-still') stoodAt = performance.now()
    },
  })
  await stopPublishing()
  await runner.untilEnd(never)
  expect(stoodAt - askedAt, 'all answered before the patience was over').toBeLessThan(2_500)
  expect(codes, 'no task had to go back').toEqual([])
  expect(await currentRows(log, 'air_hourly')).toEqual(await expectedRows(log, [airHourly], 'air_hourly'))
  // The other one is still gone on with.
  const [replayed] = await replay(log.connect(), topologies, ['means'], {
    onBegun: ({ resumed }) => expect(resumed).toBe(true),
  })
  expect(replayed).toMatchObject({ view: 'means', generation: 2 })
  await runner.stop()
})
