import { expect, test } from 'vitest'
import type { LogSetting } from './log-setting.ts'
import { numbered, write } from './plain-records.ts'

/** How every backend ends a session. */
export function logClosing(setting: LogSetting): void {
  const { open, topicOf } = setting

  test('lets whoever holds a partition read, wait and commit until it gave it up, also while it is closed', async () => {
    const { log } = setting
    const topic = await topicOf('readings')
    await log.append([write(topic, 0, ...numbered(0, 3))])
    const reader = log.reader(topic, 0)
    const done: string[] = []
    await new Promise<void>((assigned) => {
      void log.joinGroup({
        group: 'g',
        topics: [topic],
        onAssigned: () => assigned(),
        onRevoked: async (lease) => {
          expect((await reader.next())?.count).toBe(3)
          await lease.commit({ offset: 3, metadata: 'last' }, [])
          done.push('committed')
        },
      })
    })
    await log.close()
    expect(done).toEqual(['committed'])
    expect(await (await open()).groupProgress('g', topic)).toEqual([{ partition: 0, offset: 3, metadata: 'last' }])
  })

  test('refuses everything after it was closed', async () => {
    const { log } = setting
    const topic = await topicOf('readings')
    await log.close()
    await expect(log.append([write(topic, 0, ...numbered(0, 1))])).rejects.toMatchObject({ code: 'WR_LOG_CLOSED' })
    await expect(log.findTopic('readings')).rejects.toMatchObject({ code: 'WR_LOG_CLOSED' })
  })
}
