import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import { KeyIndex } from '../../src/log/embedded/key-index.ts'
import { memoryKv } from '../../src/testing/memory-kv.ts'
import { numbered, readAll, write } from '../conformance/plain-records.ts'

const spec = { name: 'rows', partitions: 1, cleanup: 'compact' } as const

describe('compaction of the embedded log', () => {
  test('forgets tombstones once they are old enough, counted from when they were appended', async () => {
    const kv = memoryKv()
    const keeping = await openEmbeddedLog({ kv, tombstoneRetentionMs: 60_000 })
    const topic = await keeping.ensureTopic(spec)
    await keeping.append([write(topic, 0, { key: 'a', value: '1' }, { key: 'b', value: '1' })])
    await keeping.append([write(topic, 0, { key: 'a', value: null })])
    expect(await keeping.compact(topic)).toEqual({ before: 3, after: 2 })
    const forgetting = await openEmbeddedLog({ kv, tombstoneRetentionMs: 0 })
    expect(await forgetting.compact(topic)).toEqual({ before: 2, after: 1 })
    expect(await readAll(keeping.reader(topic, 0))).toEqual([{ key: 'b', value: '1', headers: {}, offset: 1 }])
    expect(await keeping.bounds(topic, 0)).toEqual({ start: 0, end: 3 })
  })

  test('leaves nothing but the end when all is forgotten, and never gives an offset twice', async () => {
    const log = await openEmbeddedLog({ kv: memoryKv(), tombstoneRetentionMs: 0 })
    const topic = await log.ensureTopic(spec)
    await log.append([write(topic, 0, { key: 'a', value: '1' })])
    await log.append([write(topic, 0, { key: 'a', value: null })])
    expect(await log.compact(topic)).toEqual({ before: 2, after: 0 })
    const reader = log.reader(topic, 0)
    expect(await reader.next()).toBeNull()
    expect(reader.position).toBe(2)
    expect(await log.append([write(topic, 0, { key: 'a', value: '2' })])).toEqual([2])
    expect((await readAll(reader)).map(({ offset }) => offset)).toEqual([2])
    expect((await readAll(log.reader(topic, 0))).map(({ offset }) => offset)).toEqual([2])
  })

  test('takes as many passes as its memory asks for', async () => {
    const log = await openEmbeddedLog({ kv: memoryKv(), compactionMemoryBytes: 1 })
    const topic = await log.ensureTopic(spec)
    for (let round = 0; round < 4; round++) await log.append([write(topic, 0, ...numbered(0, 500))])
    expect(await log.compact(topic)).toEqual({ before: 2_000, after: 500 })
    const left = await readAll(log.reader(topic, 0))
    expect(left.map(({ key, offset }) => [key, offset])).toEqual(numbered(0, 500).map(({ key }, i) => [key, 1_500 + i]))
  })

  test('works beside appends and readers, and by two at once', async () => {
    const kv = memoryKv()
    const logs = [await openEmbeddedLog({ kv }), await openEmbeddedLog({ kv })] as const
    const topic = await logs[0].ensureTopic(spec)
    const latest = new Map<string, string>()
    let going = true
    const appending = async (): Promise<void> => {
      for (let i = 0; i < 300; i++) {
        const record = { key: `k${i % 7}`, value: String(i) }
        latest.set(record.key, record.value)
        await logs[i % 2]?.append([write(topic, 0, record)])
      }
      going = false
    }
    const seen = new Map<string, string | null>()
    const reading = async (): Promise<void> => {
      const reader = logs[1].reader(topic, 0)
      let last = -1
      while (going || reader.position < 300) {
        for (const { key, value, offset } of await readAll(reader)) {
          expect(offset).toBeGreaterThan(last)
          last = offset
          seen.set(key, value)
        }
        await new Promise(setImmediate)
      }
    }
    const compacting = async (): Promise<void> => {
      while (going) await Promise.all(logs.map((log) => log.compact(topic)))
    }
    await Promise.all([appending(), reading(), compacting()])
    expect(seen).toEqual(latest)
    await logs[0].compact(topic)
    const left = await readAll(logs[0].reader(topic, 0))
    expect(new Map(left.map(({ key, value }) => [key, value]))).toEqual(latest)
    expect(left).toHaveLength(latest.size)
  })
})

describe('an index of keys', () => {
  test('knows the last offset of every key, in passes', () => {
    const key = fc.uint8Array({ maxLength: 3 })
    fc.assert(
      fc.property(fc.array(key, { maxLength: 300 }), (keys) => {
        const expected = new Map(keys.map((one, offset) => [Buffer.from(one).toString('hex'), offset]))
        const found = new Map<string, number>()
        for (let from = 0; from < 2 ** 32; ) {
          const index = new KeyIndex(from, 1)
          keys.forEach((one, offset) => {
            index.note(one, 0, one.byteLength, offset)
          })
          for (const one of keys) {
            const last = index.last(one, 0, one.byteLength)
            if (last >= 0) found.set(Buffer.from(one).toString('hex'), last)
          }
          from = index.to
        }
        expect(found).toEqual(expected)
      }),
      { numRuns: 50 },
    )
  })
})
