import { expect, test } from 'vitest'
import { memoryLog } from '../../src/testing/memory-log.ts'
import { numbered, write } from '../conformance/plain-records.ts'

test('a session of a log in memory that was killed refuses everything, its successor finds what was committed', async () => {
  const disk = memoryLog()
  const first = disk.connect()
  const topic = await first.ensureTopic({ name: 't', partitions: 1, cleanup: 'keep' })
  await first.append([write(topic, 0, ...numbered(0, 2))])
  first.kill()
  await expect(first.append([write(topic, 0, ...numbered(2, 3))])).rejects.toMatchObject({ code: 'WR_LOG_CLOSED' })
  expect(await disk.connect().bounds(topic, 0)).toEqual({ start: 0, end: 2 })
})

test('a log in memory takes its time from the clock that it is given', async () => {
  let now = 1_000
  const log = memoryLog({ now: () => now, tombstoneRetentionMs: 500 })
  const topic = await log.ensureTopic({ name: 't', partitions: 1, cleanup: 'compact' })
  await log.append([write(topic, 0, { key: 'a', value: '1' }, { key: 'a', value: null })])
  now += 499
  expect(await log.compact(topic)).toEqual({ before: 2, after: 1 })
  now += 1
  expect(await log.compact(topic)).toEqual({ before: 1, after: 0 })
})

test('thousands of logs in memory cost little', async () => {
  const started = performance.now()
  for (let i = 0; i < 2_000; i++) {
    const log = memoryLog()
    const topic = await log.ensureTopic({ name: 't', partitions: 1, cleanup: 'keep' })
    await log.append([write(topic, 0, ...numbered(0, 3))])
    expect((await log.reader(topic, 0).next())?.count).toBe(3)
    await log.close()
  }
  expect(performance.now() - started).toBeLessThan(5_000)
})
