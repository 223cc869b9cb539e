import { describe, expect, test } from 'vitest'
import type { Log } from '../../src/log/port.ts'
import type { LogSetting } from './log-setting.ts'
import { numbered, readAll, write } from './plain-records.ts'

/** What every backend does with records: appended, kept, compacted. */
export function logRecords(setting: LogSetting): void {
  const { open, topicOf, compactsAtOnce } = setting

  describe('records', () => {
    test('are read in the order in which they were appended, with offsets from 0 on', async () => {
      const { log } = setting
      const topic = await topicOf('readings')
      expect(await log.append([write(topic, 0, ...numbered(0, 3))])).toEqual([0])
      expect(await log.append([write(topic, 0, ...numbered(3, 5))])).toEqual([3])
      const records = await readAll(log.reader(topic, 0))
      expect(records.map(({ key, value, offset }) => [key, value, offset])).toEqual(
        numbered(0, 5).map(({ key, value }, i) => [key, value, i]),
      )
    })

    test('keep keys, empty values, tombstones and headers apart', async () => {
      const { log } = setting
      const topic = await topicOf('rows', 1, 'compact')
      const records = [
        { key: 'a', value: 'x' },
        { key: 'b', value: '' },
        { key: 'c', value: null },
        { key: '', value: 'no key' },
        { key: 'd', value: 'y', headers: { new: '1', from: 'Orléans' } },
        { key: 'e', value: null, headers: { new: '0' } },
      ]
      await log.append([write(topic, 0, ...records)])
      await log.append([write(topic, 0, { key: 'f', value: 'z' })])
      const expected = [...records, { key: 'f', value: 'z' }].map((record, offset) => ({ headers: {}, ...record, offset }))
      expect(await readAll(log.reader(topic, 0))).toEqual(expected)
    })

    test('say when the log took them', async () => {
      const { log } = setting
      const topic = await topicOf('readings')
      const before = Date.now()
      await log.append([write(topic, 0, ...numbered(0, 1))])
      await log.append([write(topic, 0, ...numbered(1, 3))])
      const after = Date.now()
      const times: number[] = []
      const reader = log.reader(topic, 0)
      for (let batch = await reader.next(); batch !== null; batch = await reader.next()) times.push(...batch.appendedAt)
      expect(times).toHaveLength(3)
      for (const time of times) expect(time >= before && time <= after).toBe(true)
    })

    test('may share memory in a block, in any order', async () => {
      const { log } = setting
      const topic = await topicOf('readings')
      const bytes = new TextEncoder().encode('keyAkeyBvalue')
      const block = {
        count: 2,
        bytes,
        view: new DataView(bytes.buffer),
        keyStart: Int32Array.of(4, 0),
        keyEnd: Int32Array.of(8, 4),
        valueStart: Int32Array.of(8, 8),
        valueEnd: Int32Array.of(13, 13),
        headerStart: Int32Array.of(-1, -1),
        headerEnd: Int32Array.of(-1, -1),
      }
      await log.append([{ topic, partition: 0, block }])
      expect((await readAll(log.reader(topic, 0))).map(({ key, value }) => [key, value])).toEqual([
        ['keyB', 'value'],
        ['keyA', 'value'],
      ])
    })

    test('of 5 MB are kept among small ones', async () => {
      const { log } = setting
      const topic = await topicOf('readings')
      const big = 'x'.repeat(5 * 1024 * 1024)
      await log.append([write(topic, 0, { key: 'a', value: '1' }, { key: 'b', value: big }, { key: 'c', value: '2' })])
      await log.append([write(topic, 0, { key: 'd', value: big })])
      const records = await readAll(log.reader(topic, 0))
      expect(records.map(({ key, value }) => [key, value?.length])).toEqual([
        ['a', 1],
        ['b', big.length],
        ['c', 1],
        ['d', big.length],
      ])
    })

    test('appended by two at once to one partition are all there, none twice, each in its own order', async () => {
      const { log } = setting
      const topic = await topicOf('readings')
      const other = await open()
      const from = async (one: Log, name: string): Promise<void> => {
        for (let i = 0; i < 20; i++) await one.append([write(topic, 0, { key: name, value: String(i) })])
      }
      await Promise.all([from(log, 'a'), from(other, 'b')])
      const records = await readAll(log.reader(topic, 0))
      const inOrder = Array.from({ length: 20 }, (_, i) => String(i))
      expect(records.filter(({ key }) => key === 'a').map(({ value }) => value)).toEqual(inOrder)
      expect(records.filter(({ key }) => key === 'b').map(({ value }) => value)).toEqual(inOrder)
      expect(records).toHaveLength(40)
    })

    test('are there after everybody closed the log and opened it again', async () => {
      const { log } = setting
      const topic = await topicOf('readings', 2)
      await log.append([write(topic, 1, ...numbered(0, 100))])
      await log.close()
      const again = await open()
      const found = await again.findTopic('readings')
      expect(found).toEqual(topic)
      expect(await readAll(again.reader(topic, 1))).toHaveLength(100)
      expect(await again.append([write(topic, 1, ...numbered(100, 101))])).toEqual([100])
    })

    test('written to several topics together are all there or none', async () => {
      const { log } = setting
      const one = await topicOf('one', 2)
      const two = await topicOf('two')
      const bases = await log.append([
        write(one, 1, ...numbered(0, 2)),
        write(two, 0, ...numbered(0, 1)),
        write(one, 1, ...numbered(2, 3)),
      ])
      expect(bases).toEqual([0, 0, 2])
      await expect(log.append([write(one, 0, ...numbered(0, 2)), write(two, 1, ...numbered(0, 1))])).rejects.toMatchObject({
        code: 'WR_PARTITION_UNKNOWN',
      })
      expect(await log.bounds(one, 0)).toEqual({ start: 0, end: 0 })
    })
  })

  describe.runIf(compactsAtOnce)('compaction', () => {
    test('keeps the last record of each key, where it was', async () => {
      const { log } = setting
      const topic = await topicOf('rows', 1, 'compact')
      for (let round = 0; round < 3; round++) {
        await log.append([
          write(topic, 0, ...['a', 'b', 'c'].map((key) => ({ key, value: `${key}${round}`, headers: { round: String(round) } }))),
        ])
      }
      await log.append([write(topic, 0, { key: 'b', value: null })])
      expect(await log.compact(topic)).toEqual({ before: 10, after: 3 })
      expect(await readAll(log.reader(topic, 0))).toEqual([
        { key: 'a', value: 'a2', headers: { round: '2' }, offset: 6 },
        { key: 'c', value: 'c2', headers: { round: '2' }, offset: 8 },
        { key: 'b', value: null, headers: {}, offset: 9 },
      ])
      expect(await log.bounds(topic, 0)).toEqual({ start: 0, end: 10 })
      expect(await log.compact(topic)).toEqual({ before: 3, after: 3 })
    })

    test('lets readers go on wherever they were', async () => {
      const { log } = setting
      const topic = await topicOf('rows', 1, 'compact')
      for (let i = 0; i < 20; i++) await log.append([write(topic, 0, { key: `k${i % 3}`, value: String(i) })])
      const readers = Array.from({ length: 21 }, (_, from) => log.reader(topic, 0, from))
      const started = log.reader(topic, 0)
      await started.next(1)
      await log.compact(topic)
      for (const [from, reader] of readers.entries()) {
        const found = await readAll(reader)
        expect(found.map(({ offset }) => offset)).toEqual([17, 18, 19].filter((offset) => offset >= from))
        expect(reader.position).toBe(20)
      }
      expect((await readAll(started)).at(-1)).toMatchObject({ key: 'k1', value: '19' })
      expect(await log.append([write(topic, 0, { key: 'k0', value: '20' })])).toEqual([20])
      expect((await readAll(log.reader(topic, 0))).map(({ value }) => value)).toEqual(['17', '18', '19', '20'])
    })

    test('is refused for a topic that keeps everything', async () => {
      const { log } = setting
      const topic = await topicOf('readings')
      await expect(log.compact(topic)).rejects.toMatchObject({ code: 'WR_TOPIC_CLEANUP' })
    })
  })
}
