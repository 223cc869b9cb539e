import { beforeEach, describe, expect, test } from 'vitest'
import type { KeyValueStore } from '../../src/kv/port.ts'
import type { Log, Topic } from '../../src/log/port.ts'
import { openTable, type Table } from '../../src/log/table.ts'
import { memoryKv } from '../../src/testing/memory-kv.ts'
import { memoryLog } from '../../src/testing/memory-log.ts'
import { blockOf, write } from '../conformance/plain-records.ts'
import { bytes, textOf } from '../kv/key-value-conformance.ts'

describe('a table of a topic', () => {
  let log: Log
  let kv: KeyValueStore
  let topic: Topic
  let table: Table
  const contents = (of: Table = table, prefix = ''): Record<string, string> =>
    Object.fromEntries([...of.entries(bytes(prefix))].map(({ key, value }) => [textOf(key), textOf(value)]))

  beforeEach(async () => {
    log = memoryLog()
    kv = memoryKv()
    topic = await log.ensureTopic({ name: 'cursors', partitions: 2, cleanup: 'compact' })
    table = await openTable({ log, kv, topic })
  })

  test('has the latest value of every key, as of the last time it caught up', async () => {
    expect(table.get(bytes('a'))).toBeUndefined()
    await log.append([write(topic, 0, { key: 'a', value: '1' }, { key: 'a', value: '2' }, { key: 'b', value: '1' })])
    await log.append([write(topic, 1, { key: 'c', value: '' })])
    expect(contents()).toEqual({})
    await table.catchUp()
    expect(contents()).toEqual({ a: '2', b: '1', c: '' })
    await log.append([write(topic, 0, { key: 'a', value: null }, { key: 'b', value: '2' })])
    await table.catchUp()
    expect(table.get(bytes('a'))).toBeUndefined()
    expect(contents()).toEqual({ b: '2', c: '' })
  })

  test('lists the keys that begin with something, in their order, however many', async () => {
    const records = Array.from({ length: 700 }, (_, i) => ({ key: `paris/${String(i).padStart(3, '0')}`, value: String(i) }))
    await log.append([write(topic, 0, { key: 'lyon/1', value: 'x' }, ...records, { key: 'tours/1', value: 'x' })])
    await table.catchUp()
    expect([...table.entries(bytes('paris/'))].map(({ key }) => textOf(key))).toEqual(records.map(({ key }) => key))
    expect(Object.keys(contents())).toHaveLength(702)
  })

  test('goes on where it was when it is opened again', async () => {
    await log.append([write(topic, 0, { key: 'a', value: '1' })])
    await table.catchUp()
    await log.append([write(topic, 0, { key: 'b', value: '2' })])
    let readFrom = -1
    const watched: Log = Object.create(log, {
      reader: {
        value: (...args: Parameters<Log['reader']>) => {
          if (args[1] === 0) readFrom = args[2] ?? 0
          return log.reader(...args)
        },
      },
    })
    const again = await openTable({ log: watched, kv, topic })
    expect(contents(again)).toEqual({ a: '1' })
    await again.catchUp()
    expect(readFrom).toBe(1)
    expect(contents(again)).toEqual({ a: '1', b: '2' })
  })

  test('starts anew when the topic was deleted and made again', async () => {
    await log.append([write(topic, 0, { key: 'a', value: '1' })])
    await table.catchUp()
    await log.deleteTopic('cursors')
    const anew = await log.ensureTopic(topic)
    await log.append([write(anew, 0, { key: 'b', value: '2' })])
    const again = await openTable({ log, kv, topic: anew })
    expect(contents(again)).toEqual({})
    await again.catchUp()
    expect(contents(again)).toEqual({ b: '2' })
    // One value and the progress of the partition that holds it: nothing of the old topic is left.
    expect(kv.keys({ start: bytes('table/'), end: bytes('table0') })).toHaveLength(2)
  })

  test('starts anew when the log was restored from an older copy', async () => {
    await log.append([write(topic, 0, { key: 'a', value: '1' }), write(topic, 1, { key: 'c', value: '1' })])
    await table.catchUp()
    const older = Object.create(log, { bounds: { value: async () => ({ start: 0, end: 0 }) } }) as Log
    expect(contents(await openTable({ log: older, kv, topic }))).toEqual({})
  })

  test('reads all partitions anew when one of them ends before what was read', async () => {
    await log.append([write(topic, 0, { key: 'a', value: '1' }), write(topic, 1, { key: 'b', value: '1' })])
    await table.catchUp()
    await kv.batch([{ key: bytes(['table/cursors', `p${topic.id}`, '0'].join('\0')), value: bytes('9') }])
    const again = await openTable({ log, kv, topic })
    await again.catchUp()
    expect(contents(again)).toEqual({ a: '1', b: '1' })
  })

  test('keeps what another process reads while it is opened', async () => {
    await log.append([write(topic, 0, { key: 'a', value: '1' }), write(topic, 1, { key: 'b', value: '1' })])
    await table.catchUp()
    const slow: Log = Object.create(log, {
      bounds: {
        value: async (...args: Parameters<Log['bounds']>) => {
          const answer = await log.bounds(...args)
          if (args[1] === 0) {
            await log.append([write(topic, 0, { key: 'c', value: '1' })])
            await table.catchUp()
          }
          return answer
        },
      },
    })
    const opened = await openTable({ log: slow, kv, topic })
    expect(contents(opened)).toEqual({ a: '1', b: '1', c: '1' })
    await opened.catchUp()
    expect(contents(opened)).toMatchObject({ a: '1', b: '1', c: '1' })
  })

  test('may be shared by several processes, and none takes it back', async () => {
    const other = await openTable({ log, kv, topic })
    for (let i = 0; i < 20; i++) {
      await log.append([write(topic, 0, { key: 'a', value: String(i) })])
      await Promise.all([table.catchUp(), other.catchUp(), table.catchUp()])
      expect(contents()).toEqual({ a: String(i) })
    }
  })

  test('takes keys of any length', async () => {
    const long = (last: string): Uint8Array => bytes(`${'x'.repeat(5_000)}${last}`)
    const block = blockOf({ key: textOf(long('1')) as string, value: 'one' }, { key: textOf(long('2')) as string, value: 'two' })
    await log.append([{ topic, partition: 0, block }])
    await table.catchUp()
    expect(textOf(table.get(long('1')))).toBe('one')
    expect(textOf(table.get(long('2')))).toBe('two')
    expect([...table.entries()].map(({ key }) => textOf(key)).sort()).toEqual([textOf(long('1')), textOf(long('2'))])
  })

  test('keeps apart from other tables in the same store', async () => {
    const other = await openTable({ log, kv, topic, prefix: 'other' })
    await log.append([write(topic, 0, { key: 'a', value: '1' })])
    await other.catchUp()
    expect(contents()).toEqual({})
    expect(contents(other)).toEqual({ a: '1' })
  })
})
