import fc from 'fast-check'
import { expect, test } from 'vitest'
import { produce } from '../../src/producers/produce.ts'
import type { SourceContext, SourceItem } from '../../src/producers/source.ts'
import { CRASH_POINTS, type CrashPlan, crashingLog } from '../../src/testing/crashing-log.ts'
import { manualClock } from '../../src/testing/manual-clock.ts'
import { memoryDisk, memoryKv } from '../../src/testing/memory-kv.ts'
import { memoryLog } from '../../src/testing/memory-log.ts'
import { air, airItem, HOUR, listSource, START } from './list-source.ts'
import { readingsIn, recordsOf } from './published.ts'
import { keepingLogger } from './quiet-logger.ts'

const through = (hour: number): SourceItem => ({ kind: 'through', at: START + hour * HOUR })

/** An upstream of which every poll is told what the poll before had read, and says the hours from there on. */
function world() {
  const log = memoryLog()
  const disk = memoryDisk()
  const clock = manualClock(START + 1000 * HOUR)
  const told: Array<number | null> = []
  const recalled: Array<string | null> = []
  const poll = async (say: (from: number) => Iterable<SourceItem>, crash: CrashPlan | null = null) => {
    const session = log.connect()
    const kv = memoryKv(disk)
    const plain = listSource(() => [])
    const source = {
      ...plain,
      async *poll({ readThrough, recall }: Pick<SourceContext, 'readThrough' | 'recall'>) {
        recalled.push(recall('forecast'))
        const from = readThrough === null ? 0 : (readThrough - START) / HOUR
        told.push(readThrough === null ? null : from)
        yield* say(from)
      },
    }
    const through = crash === null ? session : crashingLog(session, crash)
    try {
      return await produce({ log: through, kv, source, partitions: 2, clock, logger: keepingLogger(), maxBatchRecords: 3 })
    } finally {
      session.kill()
      await kv.close()
    }
  }
  return { log, told, recalled, poll }
}

test('The next poll, also of another process, is told up to where all was said', async () => {
  const { told, poll } = world()
  await poll(() => [airItem({ station: 'a', hour: 0, value: 1 }), through(1)])
  await poll(() => [])
  await poll(() => [through(5), through(3)])
  await poll(() => [])
  expect(told).toEqual([null, 1, 1, 5])
})

test('An instant that has not moved writes nothing', async () => {
  const { log, poll } = world()
  await poll(() => [through(2)])
  const before = await recordsOf(log, 'producer.cursors')
  await poll(() => [through(2)])
  expect(await recordsOf(log, 'producer.cursors')).toEqual(before)
  expect(before).toHaveLength(1)
})

test('What a source remembers is there for the next poll, also of another process, and written once', async () => {
  const { log, poll, recalled } = world()
  const remember = (text: string): SourceItem => ({ kind: 'remember', name: 'forecast', text })
  await poll(() => [remember('sun'), airItem({ station: 'a', hour: 0, value: 1 })])
  const before = await recordsOf(log, 'producer.cursors')
  await poll(() => [remember('sun'), airItem({ station: 'a', hour: 0, value: 1 })])
  expect(await recordsOf(log, 'producer.cursors')).toEqual(before)
  await poll(() => [remember('rain')])
  await poll(() => [])
  expect(recalled).toEqual([null, 'sun', 'sun', 'rain'])
})

test('No reading is in the log without what was remembered before it, wherever the process ended', async () => {
  for (const point of CRASH_POINTS) {
    for (const nth of [1, 2, 3]) {
      const { log, poll, recalled } = world()
      const say = function* (): Iterable<SourceItem> {
        for (let hour = 0; hour < 7; hour++) {
          yield { kind: 'remember', name: 'forecast', text: String(hour) }
          yield airItem({ station: 'a', hour, value: hour })
        }
      }
      await poll(say, { point, nth }).catch(() => undefined)
      await poll(() => [])
      const inLog = (await readingsIn(log, air)).map(({ co }) => Number(co))
      expect(Number(recalled.at(-1) ?? -1)).toBeGreaterThanOrEqual(Math.max(-1, ...inLog))
    }
  }
})

test('What waits for the end of the poll holds back the instant: a poll that fails there is told the one before', async () => {
  const { told, poll } = world()
  const turns = (value: number) => airItem({ station: 'a', hour: 0, value })
  await poll(() => [turns(1), turns(2)])
  const failing = function* (): Iterable<SourceItem> {
    yield turns(1)
    yield through(4)
    throw new Error('upstream went away')
  }
  await expect(poll(failing)).rejects.toThrow('upstream went away')
  await poll(() => [turns(1), through(4)])
  await poll(() => [])
  expect(told).toEqual([null, null, null, 4])
})

test('Of a source that says only what is new nothing is missing and nothing twice, wherever its process ended', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ point: fc.constantFrom(...CRASH_POINTS), nth: fc.integer({ min: 1, max: 4 }) }), { maxLength: 5 }),
      fc.integer({ min: 1, max: 4 }),
      async (crashes, every) => {
        const { log, poll } = world()
        const hours = function* (from: number): Iterable<SourceItem> {
          for (let hour = from; hour < 20; hour++) {
            yield airItem({ station: 'a', hour, value: hour })
            if (hour % every === 0) yield through(hour + 1)
          }
        }
        for (const crash of crashes) await poll(hours, crash).catch(() => undefined)
        await poll(hours)
        const found = (await readingsIn(log, air)).map(({ timestamp }) => (timestamp - START) / HOUR)
        expect(found).toEqual(Array.from({ length: 20 }, (_, hour) => hour))
      },
    ),
    { numRuns: 60 },
  )
})
