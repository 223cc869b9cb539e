import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import type { GroupMember, Log, LogReader, PartitionLease, Topic } from '../../src/log/port.ts'
import { memoryKv } from '../../src/testing/memory-kv.ts'
import { memoryLog } from '../../src/testing/memory-log.ts'
import { plain, write } from '../conformance/plain-records.ts'

const PARTITIONS = 2

/** What the log should hold: an array a partition, and how far the group came. */
interface Model {
  readonly records: Array<Array<{ key: string; value: string | null; offset: number }>>
  /** All that was ever appended, by offset: a reader may have read a block before it was compacted, and give out the rest of it later. */
  readonly appended: Array<Array<{ key: string; value: string | null; offset: number }>>
  readonly ends: number[]
  readonly progress: Array<number | null>
}

interface Real {
  readonly logs: readonly Log[]
  readonly topic: Topic
  readonly readers: Map<number, { reader: LogReader; position: number; partition: number }>
  leases: PartitionLease[]
  member: GroupMember | null
}

type Command = fc.AsyncCommand<Model, Real>

const someRecords = fc.array(
  fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), value: fc.option(fc.string({ maxLength: 400 })) }),
  { minLength: 1, maxLength: 12 },
)
const somePartition = fc.nat({ max: PARTITIONS - 1 })
const someLog = fc.nat({ max: 1 })

function put(model: Model, partition: number, records: ReadonlyArray<{ key: string; value: string | null }>): number {
  const base = model.ends[partition] as number
  records.forEach((record, i) => {
    model.records[partition]?.push({ ...record, offset: base + i })
    model.appended[partition]?.push({ ...record, offset: base + i })
  })
  model.ends[partition] = base + records.length
  return base
}

const always = (): boolean => true

const appends = fc.tuple(someLog, fc.array(fc.tuple(somePartition, someRecords), { minLength: 1, maxLength: 3 })).map(
  ([by, writes]): Command => ({
    check: always,
    run: async (model, real) => {
      const expected = writes.map(([partition, records]) => put(model, partition, records))
      const done = await (real.logs[by] as Log).append(writes.map(([p, records]) => write(real.topic, p, ...records)))
      expect(done).toEqual(expected)
    },
    toString: () => `append(${by}, ${writes.map(([p, records]) => `${p}:${records.length}`)})`,
  }),
)

const appendsAtOnce = fc.tuple(somePartition, someRecords, someRecords).map(
  ([partition, one, two]): Command => ({
    check: always,
    run: async (model, real) => {
      const [[first], [second]] = (await Promise.all([
        (real.logs[0] as Log).append([write(real.topic, partition, ...one)]),
        (real.logs[1] as Log).append([write(real.topic, partition, ...two)]),
      ])) as unknown as [[number], [number]]
      for (const records of first < second ? [one, two] : [two, one]) put(model, partition, records)
    },
    toString: () => `append at once(${partition})`,
  }),
)

const reads = fc.tuple(fc.nat({ max: 3 }), somePartition, fc.nat({ max: 40 }), fc.constantFrom(1, 200, 1_000_000)).map(
  ([id, partition, from, maxBytes]): Command => ({
    check: always,
    run: async (model, real) => {
      if (!real.readers.has(id)) {
        const position = Math.min(from, model.ends[partition] as number)
        real.readers.set(id, { reader: (real.logs[id % 2] as Log).reader(real.topic, partition, position), position, partition })
      }
      const one = real.readers.get(id) as { reader: LogReader; position: number; partition: number }
      const ahead = (model.records[one.partition] ?? []).filter(({ offset }) => offset >= one.position)
      const batch = await one.reader.next(maxBytes)
      const found = batch === null ? [] : Array.from({ length: batch.count }, (_, i) => plain(batch, i))
      const given = found.map(({ key, value, offset }) => ({ key, value, offset }))
      const offsets = new Set(given.map(({ offset }) => offset))
      const upTo = batch === null ? Number.POSITIVE_INFINITY : one.reader.position
      expect(given).toEqual((model.appended[one.partition] ?? []).filter(({ offset }) => offsets.has(offset)))
      expect(ahead.filter(({ offset }) => offset < upTo && !offsets.has(offset))).toEqual([])
      expect(given.every(({ offset }) => offset >= one.position && offset < upTo)).toBe(true)
      one.position = one.reader.position
    },
    toString: () => `read(${id}, ${partition}, from ${from}, ${maxBytes} bytes)`,
  }),
)

const commits = fc.tuple(somePartition, someRecords, fc.nat({ max: 1000 })).map(
  ([partition, records, offset]): Command => ({
    check: always,
    run: async (model, real) => {
      const lease = real.leases.find((one) => one.partition === partition) as PartitionLease
      const base = put(model, partition, records)
      expect(await lease.commit({ offset, metadata: 'm' }, [write(real.topic, partition, ...records)])).toEqual([base])
      model.progress[partition] = offset
      const expected = model.progress.flatMap((at, p) => (at === null ? [] : [{ partition: p, offset: at, metadata: 'm' }]))
      expect(await (real.logs[1] as Log).groupProgress('g', real.topic)).toEqual(expected)
    },
    toString: () => `commit(${partition}, ${offset})`,
  }),
)

const compacts = someLog.map(
  (by): Command => ({
    check: always,
    run: async (model, real) => {
      const before = model.records.flat().length
      model.records.forEach((records, p) => {
        const last = new Map(records.map(({ key, offset }) => [key, offset]))
        model.records[p] = records.filter(({ key, offset }) => last.get(key) === offset)
      })
      expect(await (real.logs[by] as Log).compact(real.topic)).toEqual({ before, after: model.records.flat().length })
      for (let p = 0; p < PARTITIONS; p++) {
        expect(await (real.logs[by] as Log).bounds(real.topic, p)).toEqual({ start: 0, end: model.ends[p] })
      }
    },
    toString: () => `compact(${by})`,
  }),
)

async function setUp(logs: readonly Log[]): Promise<{ model: Model; real: Real }> {
  const topic = await (logs[0] as Log).ensureTopic({ name: 't', partitions: PARTITIONS, cleanup: 'compact' })
  const leases: PartitionLease[] = []
  const member = await new Promise<GroupMember>((resolve, reject) => {
    const joining = (logs[0] as Log).joinGroup({
      group: 'g',
      topics: [topic],
      onAssigned: (lease) => {
        leases.push(lease)
        if (leases.length === PARTITIONS) joining.then(resolve, reject)
      },
      onRevoked: async () => undefined,
    })
    joining.catch(reject)
  })
  const model: Model = { records: [[], []], appended: [[], []], ends: [0, 0], progress: [null, null] }
  return { model, real: { logs, topic, readers: new Map(), leases, member } }
}

async function compare(
  open: () => Promise<{ logs: readonly Log[]; close: () => Promise<void> }>,
  numRuns: number,
): Promise<void> {
  const commands = fc.commands([appends, appends, appendsAtOnce, reads, reads, commits, compacts], { maxCommands: 25 })
  await fc.assert(
    fc.asyncProperty(commands, async (sequence) => {
      const { logs, close } = await open()
      const ready = await setUp(logs)
      try {
        await fc.asyncModelRun(() => ready, sequence)
      } finally {
        await ready.real.member?.leave()
        await close()
      }
    }),
    // Fixed, so that a run can be repeated; other seeds by the environment.
    { numRuns, seed: Number(process.env.WINDROW_TEST_SEED ?? 20_261_122) },
  )
}

describe('any sequence of appends, reads, commits and compactions gives what an array would', () => {
  test('in memory', async () => {
    await compare(async () => {
      const log = memoryLog()
      return { logs: [log, log.connect()], close: () => log.close() }
    }, 100)
  })

  test('embedded, on a store in memory', async () => {
    await compare(async () => {
      const kv = memoryKv()
      const logs = await Promise.all([openEmbeddedLog({ kv }), openEmbeddedLog({ kv })])
      return { logs, close: async () => void (await Promise.all(logs.map((log) => log.close()))) }
    }, 50)
  })

  test('embedded, on LMDB', async () => {
    await compare(async () => {
      const directory = mkdtempSync(join(tmpdir(), 'windrow-model-'))
      const logs = await Promise.all([openEmbeddedLog({ directory }), openEmbeddedLog({ directory })])
      return {
        logs,
        close: async () => {
          await Promise.all(logs.map((log) => log.close()))
          rmSync(directory, { recursive: true })
        },
      }
    }, 8)
  })
})
