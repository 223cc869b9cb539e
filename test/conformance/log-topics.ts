import { describe, expect, test } from 'vitest'
import type { LogSetting } from './log-setting.ts'
import { Watcher } from './log-watcher.ts'
import { numbered, write } from './plain-records.ts'

/** What every backend does with topics. */
export function logTopics(setting: LogSetting): void {
  const { open, topicOf } = setting

  describe('topics', () => {
    test('are made once, and found by their name', async () => {
      const { log } = setting
      const made = await topicOf('readings', 3)
      expect(made).toMatchObject({ name: 'readings', partitions: 3, cleanup: 'keep' })
      expect(await topicOf('readings', 3)).toEqual(made)
      expect(await log.findTopic('readings')).toEqual(made)
      expect(await log.findTopic('others')).toBeNull()
      await topicOf('more')
      expect((await log.topics()).map(({ name }) => name).sort()).toEqual(['more', 'readings'])
    })

    test('are seen by whoever else has the log open', async () => {
      const other = await open()
      const made = await topicOf('readings', 2)
      expect(await other.ensureTopic({ name: 'readings', partitions: 2, cleanup: 'keep' })).toEqual(made)
    })

    test('made by two at once are one topic', async () => {
      const { log } = setting
      const other = await open()
      const spec = { name: 'readings', partitions: 2, cleanup: 'keep' } as const
      const [one, two] = await Promise.all([log.ensureTopic(spec), other.ensureTopic(spec)])
      expect(one).toEqual(two)
    })

    test('do not change the number of their partitions: that is refused, with the remedy', async () => {
      await topicOf('readings', 3)
      await expect(topicOf('readings', 4)).rejects.toMatchObject({
        code: 'WR_TOPIC_PARTITIONS',
        remedy: expect.stringContaining('new topic'),
      })
    })

    test('do not change their cleanup', async () => {
      await topicOf('readings', 3)
      await expect(topicOf('readings', 3, 'compact')).rejects.toMatchObject({ code: 'WR_TOPIC_CLEANUP' })
    })

    test('have names and sizes that Kafka would take', async () => {
      await expect(topicOf('air/readings')).rejects.toMatchObject({ code: 'WR_TOPIC_INVALID' })
      await expect(topicOf('readings', 0)).rejects.toMatchObject({ code: 'WR_TOPIC_INVALID' })
    })

    test('that were deleted and made anew have another identity, no records, and no progress', async () => {
      const { log } = setting
      const old = await topicOf('readings')
      await log.append([write(old, 0, ...numbered(0, 3))])
      const member = new Watcher()
      await member.join(log, 'g', [old])
      await member.until((partitions) => partitions.length === 1)
      await member.lease(0).commit({ offset: 2, metadata: '' }, [])
      await member.leave()

      await log.deleteTopic('readings')
      expect(await log.findTopic('readings')).toBeNull()
      const made = await topicOf('readings')
      expect(made.id).not.toBe(old.id)
      expect(await log.bounds(made, 0)).toEqual({ start: 0, end: 0 })
      expect(await log.groupProgress('g', made)).toEqual([])
      await expect(log.append([write(old, 0, ...numbered(0, 1))])).rejects.toMatchObject({ code: 'WR_TOPIC_GONE' })
      await expect(log.bounds(old, 0)).rejects.toMatchObject({ code: 'WR_TOPIC_GONE' })
    })
  })
}
