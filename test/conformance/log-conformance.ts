import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  headersOf,
  keyText,
  type RecordBatch,
  RecordBlockBuilder,
  type RecordHeaders,
  valueBytes,
} from '../../src/core/record-block.ts'
import type { GroupMember, GroupOptions, Log, LogReader, PartitionLease, Topic, Write } from '../../src/log/port.ts'

/** A backend under test: the same log, opened as often as asked, as other processes would. */
export interface LogUnderTest {
  open(): Promise<Log>
  /** Ends a session as kill -9 would: nothing is given up, nobody is told. Undefined where that needs a real process. */
  kill?: (log: Log) => Promise<void>
  /** Ends it as a process does that is stopped until the others gave it up; it does not know. Undefined as above. */
  freeze?: (log: Log) => Promise<void>
  dispose(): Promise<void>
}

export interface Conformance {
  /** Time for what depends on other processes (Kafka rebalances slowly). */
  readonly patienceMs: number
  /** False where the broker compacts in its own time. */
  readonly compactsAtOnce: boolean
  /** True where a transaction takes an offset of its own (a marker) in every partition that it writes to. */
  readonly marksTransactions?: boolean
}

interface Plain {
  readonly key: string
  readonly value: string | null
  readonly headers?: RecordHeaders
}

const text = new TextEncoder()
const decoder = new TextDecoder()

export function blockOf(...records: readonly Plain[]): ReturnType<RecordBlockBuilder['build']> {
  const builder = new RecordBlockBuilder()
  for (const { key, value, headers } of records) builder.add(key, value === null ? null : text.encode(value), headers)
  return builder.build()
}

export function write(topic: Topic, partition: number, ...records: readonly Plain[]): Write {
  return { topic, partition, block: blockOf(...records) }
}

export function plain(batch: RecordBatch, i: number): Plain & { readonly offset: number } {
  const value = valueBytes(batch, i)
  return {
    key: keyText(batch, i),
    value: value === null ? null : decoder.decode(value),
    headers: headersOf(batch, i),
    offset: batch.offsets[i] as number,
  }
}

/** Everything from the reader's position to the end for now. */
export async function readAll(reader: LogReader, maxBytes?: number): Promise<Array<ReturnType<typeof plain>>> {
  const records: Array<ReturnType<typeof plain>> = []
  for (let batch = await reader.next(maxBytes); batch !== null; batch = await reader.next(maxBytes)) {
    for (let i = 0; i < batch.count; i++) records.push(plain(batch, i))
  }
  return records
}

export function numbered(from: number, to: number): Plain[] {
  return Array.from({ length: to - from }, (_, i) => ({ key: `k${from + i}`, value: `v${from + i}` }))
}

/** A member that notes what happens to it. */
class Watcher {
  readonly held = new Map<number, PartitionLease>()
  readonly revoked: number[] = []
  private member: GroupMember | null = null
  private waiting: Array<{ holds: (partitions: number[]) => boolean; resolve: () => void }> = []
  /** What `onRevoked` waits for. */
  handOver: Promise<void> = Promise.resolve()

  async join(log: Log, group: string, topics: readonly Topic[]): Promise<void> {
    const options: GroupOptions = {
      group,
      topics,
      onAssigned: (lease) => {
        this.held.set(lease.partition, lease)
        this.tell()
      },
      onRevoked: async (lease) => {
        this.revoked.push(lease.partition)
        await this.handOver
        this.held.delete(lease.partition)
        this.tell()
      },
    }
    this.member = await log.joinGroup(options)
  }

  get partitions(): number[] {
    return [...this.held.keys()].sort((a, b) => a - b)
  }

  lease(partition: number): PartitionLease {
    return this.held.get(partition) as PartitionLease
  }

  until(holds: (partitions: number[]) => boolean): Promise<void> {
    if (holds(this.partitions)) return Promise.resolve()
    return new Promise((resolve) => {
      this.waiting.push({ holds, resolve })
    })
  }

  async leave(): Promise<void> {
    await this.member?.leave()
  }

  private tell(): void {
    const met = this.waiting.filter(({ holds }) => holds(this.partitions))
    this.waiting = this.waiting.filter((one) => !met.includes(one))
    for (const { resolve } of met) resolve()
  }
}

/** The behaviour that every backend of the log has. Call it at the top of a test file. */
export function logConformance(
  backend: string,
  setUp: () => Promise<LogUnderTest>,
  { patienceMs, compactsAtOnce, marksTransactions = false }: Conformance,
): void {
  describe(`${backend}: the log`, { timeout: patienceMs }, () => {
    let under: LogUnderTest
    let log: Log
    let opened: Log[]

    const open = async (): Promise<Log> => {
      const another = await under.open()
      opened.push(another)
      return another
    }
    const topicOf = (name: string, partitions = 1, cleanup: 'keep' | 'compact' = 'keep'): Promise<Topic> =>
      log.ensureTopic({ name, partitions, cleanup })

    beforeEach(async () => {
      under = await setUp()
      opened = []
      log = await open()
    })
    afterEach(async () => {
      for (const one of opened) await one.close()
      await under.dispose()
    })

    describe('topics', () => {
      test('are made once, and found by their name', async () => {
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

    describe('records', () => {
      test('are read in the order in which they were appended, with offsets from 0 on', async () => {
        const topic = await topicOf('readings')
        expect(await log.append([write(topic, 0, ...numbered(0, 3))])).toEqual([0])
        expect(await log.append([write(topic, 0, ...numbered(3, 5))])).toEqual([3])
        const records = await readAll(log.reader(topic, 0))
        expect(records.map(({ key, value, offset }) => [key, value, offset])).toEqual(
          numbered(0, 5).map(({ key, value }, i) => [key, value, i]),
        )
      })

      test('keep keys, empty values, tombstones and headers apart', async () => {
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
        const topic = await topicOf('readings')
        const bytes = text.encode('keyAkeyBvalue')
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

    describe('readers', () => {
      test('start where they are told, also in the middle of what was appended together', async () => {
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
        const topic = await topicOf('readings')
        await log.append([write(topic, 0, ...numbered(0, 3))])
        await expect(log.reader(topic, 0, 4).next()).rejects.toMatchObject({ code: 'WR_OFFSET_OUT_OF_RANGE' })
        await expect(log.reader(topic, 0, -1).next()).rejects.toMatchObject({ code: 'WR_OFFSET_OUT_OF_RANGE' })
      })

      test('go on one record at a time when asked for little', async () => {
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
        const topic = await topicOf('readings')
        await log.append([write(topic, 0, ...numbered(0, 3))])
        const reader = log.reader(topic, 0)
        await reader.next()
        await log.deleteTopic('readings')
        await reader.whenMore(new AbortController().signal)
        await expect(reader.next()).rejects.toMatchObject({ code: 'WR_TOPIC_GONE' })
      })
    })

    describe('groups', () => {
      test('give every partition to one member, and about as many to each', async () => {
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

    describe.runIf(compactsAtOnce)('compaction', () => {
      test('keeps the last record of each key, where it was', async () => {
        const topic = await topicOf('rows', 1, 'compact')
        for (let round = 0; round < 3; round++) {
          await log.append([
            write(
              topic,
              0,
              ...['a', 'b', 'c'].map((key) => ({ key, value: `${key}${round}`, headers: { round: String(round) } })),
            ),
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
        const topic = await topicOf('readings')
        await expect(log.compact(topic)).rejects.toMatchObject({ code: 'WR_TOPIC_CLEANUP' })
      })
    })

    describe('the schema registry', () => {
      const schema = '{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}'
      const other = '{"type":"record","name":"R","fields":[{"name":"a","type":["null","long"],"default":null}]}'

      test('gives the same text the same id, for everybody', async () => {
        const elsewhere = await open()
        const id = await log.registry.register('air-value', schema)
        expect(await elsewhere.registry.register('air-value', JSON.stringify(JSON.parse(schema), null, 2))).toBe(id)
        expect(JSON.parse((await elsewhere.registry.schemaById(id)) as string)).toEqual(JSON.parse(schema))
        const next = await elsewhere.registry.register('air-value', other)
        expect(next).not.toBe(id)
        expect((await log.registry.versions('air-value')).map(({ version, id }) => [version, id])).toEqual([
          [1, id],
          [2, next],
        ])
        expect(await log.registry.schemaById(999_999)).toBeNull()
        expect(await log.registry.versions('nobody-value')).toEqual([])
        expect(await log.registry.subjects()).toContain('air-value')
      })

      test('never gives one id to two schemas, also when two register at once', async () => {
        const elsewhere = await open()
        const schemas = Array.from({ length: 6 }, (_, i) => schema.replace('"a"', `"a${i}"`))
        const ids = await Promise.all(
          schemas.map((one, i) => (i % 2 === 0 ? log : elsewhere).registry.register(`s${i % 3}-value`, one)),
        )
        expect(new Set(ids).size).toBe(6)
        for (const [i, id] of ids.entries())
          expect(JSON.parse((await log.registry.schemaById(id)) as string)).toEqual(JSON.parse(schemas[i] as string))
      })
    })

    test('lets whoever holds a partition read, wait and commit until it gave it up, also while it is closed', async () => {
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
      const topic = await topicOf('readings')
      await log.close()
      await expect(log.append([write(topic, 0, ...numbered(0, 1))])).rejects.toMatchObject({ code: 'WR_LOG_CLOSED' })
      await expect(log.findTopic('readings')).rejects.toMatchObject({ code: 'WR_LOG_CLOSED' })
    })
  })
}
