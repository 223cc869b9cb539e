import { afterEach, describe, expect, test } from 'vitest'
import { recomputeLedger } from '../../../src/cli/audit/recompute-ledger.ts'
import { listDeadLetters } from '../../../src/cli/dead-letters.ts'
import { airReadings } from '../../../src/events/air.ts'
import type { KeyValueStore } from '../../../src/kv/port.ts'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { Log, Topic } from '../../../src/log/port.ts'
import { engineGroup } from '../../../src/runtime/engine-group.ts'
import { addLedgers, type Ledger, parseLedger } from '../../../src/runtime/ledger.ts'
import { parseTaskProgress } from '../../../src/runtime/task-progress.ts'
import { airHourly } from '../../../src/streams/topologies/air.ts'
import { crashingLog } from '../../../src/testing/crashing-log.ts'
import { memoryKv } from '../../../src/testing/memory-kv.ts'
import { memoryLog } from '../../../src/testing/memory-log.ts'
import { codesOf, currentRows, expectedRows, publisher, replay, startTopologies, trimmed } from './replay-world.ts'
import { before } from './sample-topologies.ts'

const never = new AbortController().signal
const topologies = [before, airHourly]
const VIEWS = ['means', 'air_hourly']
const nobody = { isRunning: async () => false }

type Lateness = ReadonlyMap<string, number>
const ANY: Lateness = new Map()
const HOUR: Lateness = new Map([['air', 60]])
const NONE: Lateness = new Map([['air', 0]])

/** Lets tasks with this allowed lateness process what there is. */
async function process(log: Log, kv: KeyValueStore, allowedLatenessMinutes: Lateness): Promise<Ledger> {
  const runner = await startTopologies(log, topologies, { kv, allowedLatenessMinutes })
  await runner.untilEnd(never)
  const told = addLedgers(runner.status().tasks.map(({ ledger }) => ledger))
  await runner.stop()
  return told
}

async function expectRows(log: Log, allowedLatenessMinutes: Lateness): Promise<void> {
  for (const view of VIEWS)
    expect(await currentRows(log, view), view).toEqual(await expectedRows(log, topologies, view, { allowedLatenessMinutes }))
}

/** What is committed is what is counted in the log, and letters are there for just the readings that are too late. */
async function expectCounts(log: Log, lateness: Lateness): Promise<Ledger> {
  const topic = (await log.findTopic('air.readings')) as Topic
  const allowedLatenessMs = (lateness.get('air') ?? Number.POSITIVE_INFINITY) * 60_000
  const ledgers: Ledger[] = []
  for (const { partition, offset, metadata } of await log.groupProgress(engineGroup(topic.name), topic)) {
    const bounds = { log, event: airReadings, topic, partition, until: offset, allowedLatenessMs, signal: never }
    expect(parseLedger(metadata), `partition ${partition}`).toEqual(await recomputeLedger(bounds))
    ledgers.push(parseLedger(metadata))
  }
  const total = addLedgers(ledgers)
  expect(await lettersOf(log)).toHaveLength(total.tooLate)
  return total
}

async function lettersOf(log: Log): Promise<readonly string[]> {
  const letters = await listDeadLetters(log, { limit: 10_000, after: null })
  return letters.filter(({ letter }) => letter.code === 'WR_READING_TOO_LATE').map(({ id }) => id)
}

const logs: ReadonlyArray<readonly [string, () => Promise<Log>]> = [
  ['a log in memory', async () => memoryLog()],
  ['the embedded log', () => openEmbeddedLog({ kv: memoryKv() })],
]

describe.each(logs)('after a replay with another allowed lateness, in %s', (_, open) => {
  let log: Log
  afterEach(() => log.close())

  test.each([
    ['a limit', ANY, NONE],
    ['another limit', NONE, HOUR],
    ['none any more', NONE, ANY],
  ])('the rows of the next readings are of %s too, and so are the counts', async (_, first, then) => {
    log = await open()
    const kv = memoryKv()
    const { publish } = await publisher(log)
    await publish(300)
    await process(log, kv, first)
    const counted = await expectCounts(log, first)
    await replay(log, topologies, VIEWS, { allowedLatenessMinutes: then, ...nobody })
    await publish(11)
    const told = await process(log, kv, then)
    await expectRows(log, then)
    const total = await expectCounts(log, then)
    expect(told).toEqual(total)
    expect(total.tooLate).not.toBe(counted.tooLate)
  })
})

describe('the allowed lateness', () => {
  /** Tasks have processed all with the first lateness, and a replay has made the views by the second. */
  async function changed(first: Lateness, then: Lateness) {
    const log = memoryLog()
    const kv = memoryKv()
    const { publish } = await publisher(log)
    await publish(300)
    await process(log, kv, first)
    await replay(log, topologies, VIEWS, { allowedLatenessMinutes: then, ...nobody })
    return { log, kv, publish }
  }

  test('that is another changes counts and letters although no reading came since', async () => {
    const { log, kv } = await changed(ANY, NONE)
    const told = await process(log, kv, NONE)
    expect(told.tooLate).toBeGreaterThan(20)
    expect(await expectCounts(log, NONE)).toEqual(told)
  })

  test('may be changed again and again, and back by a rollback', async () => {
    const { log, kv, publish } = await changed(ANY, NONE)
    await process(log, kv, NONE)
    await publish(20)
    await replay(log, topologies, VIEWS, { rollback: true, ...nobody })
    await publish(11)
    await process(log, kv, ANY)
    await expectRows(log, ANY)
    expect(await expectCounts(log, ANY)).toMatchObject({ tooLate: 0 })
    for (const lateness of [HOUR, NONE]) {
      await replay(log, topologies, VIEWS, { allowedLatenessMinutes: lateness, ...nobody })
      await publish(11)
      await process(log, kv, lateness)
      await expectRows(log, lateness)
      await expectCounts(log, lateness)
    }
  })

  test('that was there when nothing was told of it is taken for what the counts say', async () => {
    const { log, kv } = await changed(ANY, NONE)
    await process(log, kv, NONE)
    const topic = (await log.findTopic('air.readings')) as Topic
    for (const { metadata } of await log.groupProgress(engineGroup(topic.name), topic)) {
      const { allowedLatenessMs, ...before } = JSON.parse(metadata)
      expect(allowedLatenessMs).toBe(0)
      const taken = before.tooLate === 0 ? Number.POSITIVE_INFINITY : null
      expect(parseTaskProgress(JSON.stringify(before)).allowedLatenessMs).toBe(taken)
    }
    expect(parseTaskProgress('').allowedLatenessMs).toBe(Number.POSITIVE_INFINITY)
  })

  test('of a process that runs one that others have replaced stops its tasks, and the next process goes on', async () => {
    const log = memoryLog()
    const kv = memoryKv()
    const { publish } = await publisher(log)
    await publish(300)
    const old = await startTopologies(log.connect(), topologies, { kv })
    await old.untilEnd(never)
    await replay(log, topologies, ['means'], { allowedLatenessMinutes: NONE })
    await expect(startTopologies(log, topologies, { kv, allowedLatenessMinutes: NONE })).rejects.toMatchObject({
      code: 'WR_TOPOLOGY_CHANGED',
      message: expect.stringContaining('air_hourly'),
    })
    await replay(log, topologies, ['air_hourly'], { allowedLatenessMinutes: NONE })
    await publish(11)
    const next = await startTopologies(log, topologies, { kv, allowedLatenessMinutes: NONE })
    await expect(old.untilEnd(never)).rejects.toMatchObject({ code: 'WR_TOPOLOGY_REPLACED' })
    await old.stop()
    await next.untilEnd(never)
    await next.stop()
    await expectRows(log, NONE)
    await expectCounts(log, NONE)
  })

  test('of a log that has lost its oldest readings is counted in what is left, and letters of the others stay', async () => {
    const { log, kv } = await changed(NONE, ANY)
    const letters = await lettersOf(log)
    const topic = (await log.findTopic('air.readings')) as Topic
    const starts: number[] = []
    for (let partition = 0; partition < topic.partitions; partition++)
      starts.push(Math.min(30, (await log.bounds(topic, partition)).end))
    const { logger } = codesOf()
    const short = trimmed(log, starts)
    const runner = await startTopologies(short, topologies, { kv, logger })
    await runner.untilEnd(never)
    await runner.stop()
    const lost = letters.filter((id) => ((JSON.parse(id) as number[])[3] as number) < 30)
    expect(lost.length).toBeGreaterThan(0)
    expect(await lettersOf(log)).toEqual(lost)
    for (const { partition, offset, metadata } of await log.groupProgress(engineGroup(topic.name), topic))
      expect(parseLedger(metadata)).toMatchObject({ accepted: Math.max(0, offset - (starts[partition] as number)), tooLate: 0 })
  })

  test.each([
    ['less', ANY, NONE],
    ['more', NONE, ANY],
  ])('is counted again to the end when a process dies in the middle of it, with %s allowed', async (_, first, then) => {
    let halfway = 0
    for (const point of ['before-commit', 'after-commit'] as const) {
      for (const nth of [1, 2, 5, 12]) {
        const { log, kv } = await changed(first, then)
        const dying = log.connect()
        const crashing = crashingLog(dying, { point, nth, kinds: ['lease'] })
        const tuning = { commitIntervalMs: 5, batchRecords: 3, batchBytes: 1_000 }
        const options = { kv, allowedLatenessMinutes: then, tuning }
        const runner = await startTopologies(crashing, topologies, options).catch(() => null)
        await runner?.untilEnd(never).catch(() => undefined)
        if (crashing.crashed === null) await runner?.stop()
        else dying.kill()
        const topic = (await log.findTopic('air.readings')) as Topic
        for (const { metadata } of await log.groupProgress(engineGroup(topic.name), topic))
          if (parseTaskProgress(metadata).allowedLatenessMs === null) halfway += 1
        // Whoever is next may well be of the lateness before.
        if (nth === 5) await replay(log, topologies, VIEWS, { allowedLatenessMinutes: first, ...nobody })
        const next = nth === 5 ? first : then
        await process(log, kv, next)
        await expectCounts(log, next)
        await expectRows(log, next)
      }
    }
    expect(halfway).toBeGreaterThan(2)
  })
})
