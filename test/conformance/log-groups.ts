import { describe, expect, test } from 'vitest'
import type { PartitionLease } from '../../src/log/port.ts'
import type { LogSetting } from './log-setting.ts'
import { Watcher } from './log-watcher.ts'
import { numbered, readAll, write } from './plain-records.ts'

/** What members of a group and exclusive writers do, on every backend. */
export function logGroups(setting: LogSetting): void {
  const { open, topicOf, patienceMs, marksTransactions } = setting

  describe('groups', () => {
    test('give every partition to one member, and about as many to each', async () => {
      const { log } = setting
      const topic = await topicOf('readings', 5)
      const [one, two] = [new Watcher(), new Watcher()]
      await one.join(log, 'g', [topic])
      await one.until((partitions) => partitions.length === 5)
      await two.join(await open(), 'g', [topic])
      await Promise.all([
        one.until((partitions) => partitions.length === 3 || partitions.length === 2),
        two.until((partitions) => partitions.length >= 2),
      ])
      await Promise.all([one.leave(), two.leave()])
      expect(new Set(one.revoked).size + new Set(two.revoked).size).toBeGreaterThanOrEqual(5)
    })

    test('commit writes and progress together, and go on from there', async () => {
      const { log } = setting
      const topic = await topicOf('readings')
      const rows = await topicOf('rows', 1, 'compact')
      await log.append([write(topic, 0, ...numbered(0, 4))])
      const first = new Watcher()
      await first.join(log, 'g', [topic])
      await first.until((partitions) => partitions.length === 1)
      expect(first.lease(0).progress).toBeNull()
      expect(first.lease(0).isHeld()).toBe(true)
      const bases = await first.lease(0).commit({ offset: 3, metadata: 'mark é' }, [write(rows, 0, ...numbered(0, 2))])
      // A transaction that was begun anew has left its mark.
      expect(bases).toEqual([marksTransactions ? expect.any(Number) : 0])
      await first.lease(0).commit({ offset: 4, metadata: 'last' }, [])
      expect(await log.groupProgress('g', topic)).toEqual([{ partition: 0, offset: 4, metadata: 'last' }])
      expect(await log.groupProgress('another', topic)).toEqual([])
      expect(await readAll(log.reader(rows, 0))).toHaveLength(2)
      const epoch = first.lease(0).epoch
      await first.leave()

      const second = new Watcher()
      await second.join(await open(), 'g', [topic])
      await second.until((partitions) => partitions.length === 1)
      expect(second.lease(0).progress).toEqual({ offset: 4, metadata: 'last' })
      expect(second.lease(0).epoch).toBeGreaterThan(epoch)
    })

    test('let the holder finish before a partition goes to another', async () => {
      const { log } = setting
      const topic = await topicOf('readings', 2)
      const one = new Watcher()
      let finish = (): void => undefined
      one.handOver = new Promise((resolve) => {
        finish = resolve
      })
      await one.join(log, 'g', [topic])
      await one.until((partitions) => partitions.length === 2)
      const leases = [...one.held.values()]
      const two = new Watcher()
      await two.join(await open(), 'g', [topic])
      await expect.poll(() => one.revoked.length, { timeout: patienceMs }).toBe(1)
      const going = leases.find(({ partition }) => partition === one.revoked[0]) as PartitionLease
      await going.commit({ offset: 0, metadata: 'finished' }, [])
      expect(two.partitions).toEqual([])
      finish()
      await two.until((partitions) => partitions.length === 1)
      expect(two.lease(going.partition).progress).toEqual({ offset: 0, metadata: 'finished' })
      expect(going.lost.aborted).toBe(true)
      expect(going.isHeld()).toBe(false)
      await expect(going.commit({ offset: 0, metadata: 'late' }, [])).rejects.toMatchObject({ code: 'WR_FENCED' })
    })

    test('refuse progress that cannot be', async () => {
      const { log } = setting
      const topic = await topicOf('readings')
      const one = new Watcher()
      await one.join(log, 'g', [topic])
      await one.until((partitions) => partitions.length === 1)
      const most = 'é'.repeat(2_000)
      await one.lease(0).commit({ offset: 0, metadata: most }, [])
      expect(await log.groupProgress('g', topic)).toEqual([{ partition: 0, offset: 0, metadata: most }])
      await expect(one.lease(0).commit({ offset: 0, metadata: `${most}.` }, [])).rejects.toMatchObject({
        code: 'WR_PROGRESS_INVALID',
      })
      await expect(one.lease(0).commit({ offset: -1, metadata: '' }, [])).rejects.toMatchObject({ code: 'WR_PROGRESS_INVALID' })
    })

    test('are reset only while nobody is at work', async () => {
      const { log } = setting
      const topic = await topicOf('readings')
      const one = new Watcher()
      await one.join(log, 'g', [topic])
      await one.until((partitions) => partitions.length === 1)
      await one.lease(0).commit({ offset: 0, metadata: 'x' }, [])
      const other = await open()
      await expect(other.resetGroup('g', topic)).rejects.toMatchObject({ code: 'WR_GROUP_ACTIVE' })
      await one.leave()
      await other.resetGroup('g', topic)
      expect(await log.groupProgress('g', topic)).toEqual([])
    })

    test('share the partitions of several topics', async () => {
      const { log } = setting
      const [a, b] = [await topicOf('a', 2), await topicOf('b', 2)]
      const seen: string[] = []
      const member = await log.joinGroup({
        group: 'g',
        topics: [a, b],
        onAssigned: ({ topic, partition }) => {
          seen.push(`${topic.name}/${partition}`)
        },
        onRevoked: async () => undefined,
      })
      await expect.poll(() => [...seen].sort(), { timeout: patienceMs }).toEqual(['a/0', 'a/1', 'b/0', 'b/1'])
      await member.leave()
    })
  })

  describe('a member that ended without a word', () => {
    test('loses its partitions to the others', async (context) => {
      const { log, under } = setting
      if (under.kill === undefined) return context.skip('needs a real process here')
      const topic = await topicOf('readings', 2)
      const [one, two] = [new Watcher(), new Watcher()]
      const dying = await open()
      await one.join(dying, 'g', [topic])
      await one.until((partitions) => partitions.length === 2)
      await two.join(log, 'g', [topic])
      await two.until((partitions) => partitions.length === 1)
      await under.kill(dying)
      await two.until((partitions) => partitions.length === 2)
    })

    test('and comes back later writes nothing', async (context) => {
      const { log, under } = setting
      if (under.freeze === undefined) return context.skip('needs a real process here')
      const topic = await topicOf('readings')
      const rows = await topicOf('rows', 1, 'compact')
      const [one, two] = [new Watcher(), new Watcher()]
      const frozen = await open()
      await one.join(frozen, 'g', [topic])
      await one.until((partitions) => partitions.length === 1)
      const stale = one.lease(0)
      const writer = await frozen.exclusiveWriter('w')
      await two.join(log, 'g', [topic])
      await under.freeze(frozen)
      await two.until((partitions) => partitions.length === 1)
      await two.lease(0).commit({ offset: 0, metadata: 'new' }, [write(rows, 0, ...numbered(0, 1))])
      const another = await log.exclusiveWriter('w')
      expect(stale.isHeld()).toBe(false)
      await expect(stale.commit({ offset: 0, metadata: 'old' }, [write(rows, 0, ...numbered(1, 2))])).rejects.toMatchObject({
        code: 'WR_FENCED',
      })
      expect(stale.lost.aborted).toBe(true)
      await expect(writer.commit([write(rows, 0, ...numbered(1, 2))])).rejects.toMatchObject({ code: 'WR_FENCED' })
      await another.commit([write(rows, 0, ...numbered(1, 2))])
      expect(await log.groupProgress('g', topic)).toEqual([{ partition: 0, offset: 0, metadata: 'new' }])
      expect((await log.bounds(rows, 0)).end).toBe(2)
    })
  })

  describe('an exclusive writer', () => {
    test('is one at a time; the next one has a greater epoch, and the one before writes nothing', async () => {
      const { log } = setting
      const [one, two] = [await topicOf('one'), await topicOf('two')]
      const other = await open()
      const first = await log.exclusiveWriter('cursors')
      await expect(other.exclusiveWriter('cursors')).rejects.toMatchObject({
        code: 'WR_WRITER_HELD',
        message: expect.stringContaining(String(process.pid)),
      })
      const elsewhere = await other.exclusiveWriter('others')
      expect(await first.commit([write(one, 0, ...numbered(0, 2)), write(two, 0, ...numbered(0, 1))])).toEqual([0, 0])
      await first.close()
      const second = await other.exclusiveWriter('cursors')
      expect(second.epoch).toBeGreaterThan(first.epoch)
      expect(first.lost.aborted).toBe(true)
      await expect(first.commit([write(one, 0, ...numbered(2, 3))])).rejects.toMatchObject({ code: 'WR_FENCED' })
      expect(await second.commit([write(one, 0, ...numbered(2, 3))])).toEqual([marksTransactions ? 3 : 2])
      await elsewhere.close()
    })
  })
}
