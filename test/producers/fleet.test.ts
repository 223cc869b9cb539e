import { expect, test } from 'vitest'
import { WindrowError } from '../../src/core/errors.ts'
import { type FleetMember, produceAll } from '../../src/producers/fleet.ts'
import { everyInterval } from '../../src/producers/rhythm.ts'
import type { Source } from '../../src/producers/source.ts'
import { whoPublished } from '../../src/producers/who-published.ts'
import { manualClock } from '../../src/testing/manual-clock.ts'
import { memoryKv } from '../../src/testing/memory-kv.ts'
import { memoryLog } from '../../src/testing/memory-log.ts'
import { air, airItem, listSource } from './list-source.ts'
import { readingsIn } from './published.ts'
import { keepingLogger } from './quiet-logger.ts'

function world() {
  const clock = manualClock()
  const stop = new AbortController()
  const shared = { log: memoryLog(), kv: memoryKv(), partitions: 2, clock, logger: keepingLogger(), signal: stop.signal }
  return { ...shared, stop, shared }
}

const oneReading = (station: string, name = 'test'): Source => listSource(() => [{ station, hour: 0, value: 1 }], name, station)

test('A source that hangs or fails holds back no other', async () => {
  const { shared, log, clock, stop } = world()
  let asked = 0
  const counting = listSource(
    () => {
      asked += 1
      return []
    },
    'test',
    'a',
  )
  const hanging: Source = {
    ...oneReading('b'),
    async *poll({ signal }) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      yield airItem({ station: 'b', hour: 0, value: 1 })
    },
  }
  const failing = listSource(() => [{ station: 'c', hour: 0, value: 1 }, new Error('away')], 'test', 'c')
  const members: FleetMember[] = [counting, hanging, failing].map((source) => ({
    source,
    rhythm: everyInterval(60_000, clock),
  }))
  const done = produceAll({ ...shared, members, random: () => 0 })
  await clock.whenSleeping(2)
  for (let minute = 0; minute < 5; minute++) await clock.advance(60_000)
  expect(asked).toBe(6)
  stop.abort()
  expect((await done).failures).toBeGreaterThan(4)
  expect(await readingsIn(log, air)).toHaveLength(1)
})

test('One poll of each: what the others say is published though one is wrong, and the error comes at the end', async () => {
  const { shared, log, logger } = world()
  const wrong = new WindrowError('WR_UPSTREAM_REFUSED', { message: 'the key is refused', remedy: 'give another' })
  const refused = listSource(() => [wrong], 'test', 'b')
  const failed: string[] = []
  const members = [oneReading('a'), refused, oneReading('c')].map((source) => ({ source, rhythm: null }))
  await expect(produceAll({ ...shared, members, onFailed: ({ station }) => failed.push(station) })).rejects.toBe(wrong)
  expect(failed).toEqual(['b'])
  expect((await readingsIn(log, air)).map(({ key }) => key).sort()).toEqual(['a', 'c'])
  expect(logger.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
})

test('The cursors tell which sources have published which stations into which topic', async () => {
  const { shared, log, kv } = world()
  expect(await whoPublished(log, kv)).toBeNull()
  await produceAll({
    ...shared,
    members: [oneReading('a', 'one'), oneReading('a', 'two'), oneReading('a,b', 'three')].map((source) => ({
      source,
      rhythm: null,
    })),
  })
  const topic = await log.findTopic(air.defaultTopic)
  const id = topic?.id ?? ''
  const told = await whoPublished(log, kv)
  expect(told?.hasPublished('one', [id])).toBe(true)
  expect(told?.hasPublished('on', [id])).toBe(false)
  expect(told?.hasPublished('one', ['another topic'])).toBe(false)
  expect(told?.others('one', ['one', 'two', 'three', 'four'], id, 'a')).toEqual(['two'])
  expect(told?.others('one', ['one', 'two', 'three'], id, 'a,b')).toEqual(['three'])
})
