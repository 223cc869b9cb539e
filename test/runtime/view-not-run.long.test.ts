import { expect, test } from 'vitest'
import type { Log } from '../../src/log/port.ts'
import { airHourly } from '../../src/streams/topologies/air.ts'
import type { Topology } from '../../src/streams/topology.ts'
import { memoryLog } from '../../src/testing/memory-log.ts'
import { currentRows, expectedRows, publisher, replay, startTopologies } from './replay/replay-world.ts'
import { before } from './replay/sample-topologies.ts'

const never = new AbortController().signal
const whole = [before, airHourly]

async function processAll(log: Log, topologies: readonly Topology[]): Promise<void> {
  const runner = await startTopologies(log, topologies)
  await runner.untilEnd(never)
  await runner.stop()
}

test.each([
  ['that was there from the beginning', async () => undefined],
  ['that a replay built', (log: Log) => replay(log, whole, ['means']).then(() => undefined)],
] as const)(
  'A view %s has every reading again after processes that lack its module were at work, however often',
  async (_, prepare) => {
    const log = memoryLog()
    const { publish } = await publisher(log)
    await publish(300)
    await processAll(log, whole)
    await prepare(log)
    await processAll(log, whole)
    for (let i = 0; i < 2; i++) {
      await publish(200)
      await processAll(log, [airHourly])
      await publish(50)
      await processAll(log, [airHourly])
    }
    await publish(50)
    await processAll(log, whole)
    for (const { view } of whole) expect(await currentRows(log, view.name)).toEqual(await expectedRows(log, whole, view.name))
    await publish(50)
    await processAll(log, [airHourly])
    await processAll(log, whole)
    for (const { view } of whole) expect(await currentRows(log, view.name)).toEqual(await expectedRows(log, whole, view.name))
  },
)

test('So has one whose process was cut short while it brought the view up, and one that was replayed meanwhile', async () => {
  const log = memoryLog()
  const { publish } = await publisher(log)
  await publish(300)
  await processAll(log, whole)
  await publish(300)
  await processAll(log, [airHourly])
  const stopped = await startTopologies(log, whole)
  await stopped.stop()
  await processAll(log, [airHourly])
  await publish(30)
  await processAll(log, whole)
  expect(await currentRows(log, 'means')).toEqual(await expectedRows(log, whole, 'means'))
  await publish(30)
  await processAll(log, [airHourly])
  await replay(log, whole, ['means'], { isRunning: async () => false })
  await publish(30)
  await processAll(log, [airHourly])
  await processAll(log, whole)
  expect(await currentRows(log, 'means')).toEqual(await expectedRows(log, whole, 'means'))
})

test('And one that was made before there was any reading', async () => {
  const log = memoryLog()
  const { publish } = await publisher(log)
  await processAll(log, whole)
  await publish(100)
  await processAll(log, [airHourly])
  await publish(100)
  await processAll(log, whole)
  expect(await currentRows(log, 'means')).toEqual(await expectedRows(log, whole, 'means'))
})
