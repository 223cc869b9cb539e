import { beforeEach, describe, expect, test } from 'vitest'
import { afterPrefix } from '../../src/kv/bytes.ts'
import type { KeyValueStore } from '../../src/kv/port.ts'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import { blocksPrefix, headKey } from '../../src/log/embedded/log-keys.ts'
import type { Log, Topic } from '../../src/log/port.ts'
import { type MemoryDisk, memoryDisk, memoryKv } from '../../src/testing/memory-kv.ts'
import { numbered, readAll, write } from '../conformance/plain-records.ts'

describe('the embedded log', () => {
  let disk: MemoryDisk
  let kv: KeyValueStore
  let log: Log
  let topic: Topic
  beforeEach(async () => {
    disk = memoryDisk()
    kv = memoryKv(disk)
    log = await openEmbeddedLog({ kv })
    topic = await log.ensureTopic({ name: 't', partitions: 1, cleanup: 'keep' })
  })
  const blocks = (of = topic): ReturnType<KeyValueStore['range']> => {
    const start = blocksPrefix(of.id)
    return kv.range({ start, end: afterPrefix(start) })
  }

  test('leaves few blocks behind where records come one at a time', async () => {
    for (let i = 0; i < 500; i++) await log.append([write(topic, 0, { key: 'station-1', value: 'x'.repeat(90) })])
    expect(blocks().length).toBeLessThan(20)
    for (const { value } of blocks()) expect(value.byteLength).toBeLessThan(4_100)
    expect(await readAll(log.reader(topic, 0))).toHaveLength(500)
  })

  test('cuts a large append into blocks, and takes a record of any size', async () => {
    const records = numbered(0, 3_000).map(({ key }) => ({ key, value: 'x'.repeat(500) }))
    await log.append([write(topic, 0, ...records, { key: 'large', value: 'y'.repeat(2_000_000) }, ...numbered(0, 10))])
    expect(blocks().length).toBeGreaterThan(4)
    const found = await readAll(log.reader(topic, 0))
    expect(found.map(({ key, value }) => ({ key, value }))).toEqual([
      ...records,
      { key: 'large', value: 'y'.repeat(2_000_000) },
      ...numbered(0, 10),
    ])
  })

  test('says where records are damaged, and reads what comes before', async () => {
    for (let i = 0; i < 3; i++) await log.append([write(topic, 0, { key: String(i), value: 'x'.repeat(5_000) })])
    const [, second] = blocks()
    const damaged = (second as { value: Uint8Array }).value
    damaged[100] = (damaged[100] as number) ^ 1
    await kv.batch([{ key: (second as { key: Uint8Array }).key, value: damaged }])
    const reader = log.reader(topic, 0)
    expect((await reader.next(1))?.count).toBe(1)
    await expect(reader.next(1)).rejects.toMatchObject({
      code: 'WR_LOG_CORRUPT',
      facts: { topic: 't', partition: 0, offset: 1 },
    })
    // Appending goes on: the damaged block is not touched.
    expect(await log.append([write(topic, 0, ...numbered(3, 4))])).toEqual([3])
    expect(await readAll(log.reader(topic, 0, 2))).toHaveLength(2)
  })

  test('puts what waits together into one transaction', async () => {
    let batches = 0
    const counting = await openEmbeddedLog({ kv: memoryKv(disk, { beforeBatch: () => batches++ }) })
    await Promise.all(Array.from({ length: 50 }, (_, i) => counting.append([write(topic, 0, ...numbered(i, i + 1))])))
    expect(batches).toBeLessThan(5)
    expect((await readAll(counting.reader(topic, 0))).map(({ key }) => key)).toEqual(numbered(0, 50).map(({ key }) => key))
  })

  test('writes nothing of an append for which there is no room, and the next one goes through', async () => {
    let full = true
    const limited = memoryKv(disk, {
      beforeBatch: () => {
        if (full) throw Object.assign(new Error('full'), { code: 'WR_DISK_FULL' })
      },
    })
    const filling = await openEmbeddedLog({ kv: limited })
    await expect(filling.append([write(topic, 0, ...numbered(0, 3))])).rejects.toMatchObject({ code: 'WR_DISK_FULL' })
    full = false
    expect(await filling.append([write(topic, 0, ...numbered(0, 3))])).toEqual([0])
  })

  test('removes all that belongs to a deleted topic, also what a process left that ended in the middle', async () => {
    await log.append([write(topic, 0, ...numbered(0, 3))])
    const other = await log.ensureTopic({ name: 'other', partitions: 1, cleanup: 'keep' })
    await log.append([write(other, 0, ...numbered(0, 3))])
    let left = 2
    const dying = await openEmbeddedLog({
      kv: memoryKv(disk, {
        beforeBatch: () => {
          if (left-- === 1) throw new Error('the process ends here')
        },
      }),
    })
    await expect(dying.deleteTopic('t')).rejects.toThrow('ends here')
    expect(await log.findTopic('t')).toBeNull()
    expect(blocks()).toHaveLength(1)
    await log.deleteTopic('other')
    expect(blocks()).toEqual([])
    expect(blocks(other)).toEqual([])
    expect(kv.get(headKey(topic.id, 0))).toBeUndefined()
    // The only thing left of a topic is nothing.
    expect([...disk.values.keys()]).toEqual([])
  })
})
