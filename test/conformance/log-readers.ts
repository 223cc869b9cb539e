import { describe, expect, test } from 'vitest'
import type { LogSetting } from './log-setting.ts'
import { numbered, readAll, write } from './plain-records.ts'

/** What readers of every backend do. */
export function logReaders(setting: LogSetting): void {
  const { open, topicOf } = setting

  describe('readers', () => {
    test('start where they are told, also in the middle of what was appended together', async () => {
      const { log } = setting
      const topic = await topicOf('readings')
      await log.append([write(topic, 0, ...numbered(0, 10))])
      await log.append([write(topic, 0, ...numbered(10, 20))])
      for (const from of [0, 3, 10, 15, 19, 20]) {
        const reader = log.reader(topic, 0, from)
        expect((await readAll(reader)).map(({ offset }) => offset)).toEqual(numbered(from, 20).map((_, i) => from + i))
        expect(reader.position).toBe(20)
      }
    })

    test('refuse an offset that does not exist, at the first read', async () => {
      const { log } = setting
      const topic = await topicOf('readings')
      await log.append([write(topic, 0, ...numbered(0, 3))])
      await expect(log.reader(topic, 0, 4).next()).rejects.toMatchObject({ code: 'WR_OFFSET_OUT_OF_RANGE' })
      await expect(log.reader(topic, 0, -1).next()).rejects.toMatchObject({ code: 'WR_OFFSET_OUT_OF_RANGE' })
    })

    test('go on one record at a time when asked for little', async () => {
      const { log } = setting
      const topic = await topicOf('readings')
      await log.append([write(topic, 0, ...numbered(0, 5))])
      const reader = log.reader(topic, 0)
      const sizes: number[] = []
      for (let batch = await reader.next(1); batch !== null; batch = await reader.next(1)) {
        sizes.push(batch.count)
        expect(reader.position).toBe(batch.nextOffset)
      }
      expect(sizes).toEqual([1, 1, 1, 1, 1])
    })

    test('are woken by an append of whoever has the log open', async () => {
      const { log } = setting
      const topic = await topicOf('readings')
      const other = await open()
      const reader = log.reader(topic, 0)
      expect(await reader.next()).toBeNull()
      const { signal } = new AbortController()
      for (const by of [log, other]) {
        const more = reader.whenMore(signal)
        await by.append([write(topic, 0, { key: 'a', value: '1' })])
        await more
        expect((await reader.next())?.count).toBe(1)
      }
      await other.append([write(topic, 0, { key: 'a', value: '1' })])
      await reader.whenMore(signal)
    })

    test('stop waiting when they are told', async () => {
      const { log } = setting
      const topic = await topicOf('readings')
      const reader = log.reader(topic, 0)
      const abort = new AbortController()
      const more = reader.whenMore(abort.signal)
      abort.abort()
      await more
      await reader.whenMore(abort.signal)
      expect(await reader.next()).toBeNull()
    })

    test('say when their topic is gone', async () => {
      const { log } = setting
      const topic = await topicOf('readings')
      await log.append([write(topic, 0, ...numbered(0, 3))])
      const reader = log.reader(topic, 0)
      await reader.next()
      await log.deleteTopic('readings')
      await reader.whenMore(new AbortController().signal)
      await expect(reader.next()).rejects.toMatchObject({ code: 'WR_TOPIC_GONE' })
    })
  })
}
