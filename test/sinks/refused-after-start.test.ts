import { expect, test } from 'vitest'
import { WindrowError } from '../../src/core/errors.ts'
import type { Sink } from '../../src/sinks/sink.ts'
import { conformanceView, put } from '../conformance/sink-setting.ts'
import { sinkWorld } from '../conformance/sink-world.ts'

const away = new WindrowError('WR_SINK_FAILED', { message: 'away', remedy: 'wait', kind: 'failure', canRetry: true })
const wrongTable = new WindrowError('WR_VIEW_TABLE_MISMATCH', { message: 'another table', remedy: 'rename it', kind: 'usage' })

/** A store that is away at first, and then has a table of the view's name that is not the view's. */
function wrongTableFound(): Sink {
  let tries = 0
  return {
    name: 'fake',
    store: 'postgres',
    isFenced: true,
    open: () => Promise.reject(tries++ === 0 ? away : wrongTable),
    progress: async () => [],
    describe: () => 'fake',
    close: async () => {},
  } as unknown as Sink
}

test('whoever waits for the end is told what keeps the store from being written, though it was found after the start', async () => {
  const world = await sinkWorld(conformanceView)
  await world.write([put('a', 1, 1)])
  const runner = await world.start(wrongTableFound())
  await expect(world.caughtUp(runner)).rejects.toMatchObject({ code: 'WR_VIEW_TABLE_MISMATCH' })
  await runner.stop()
})
