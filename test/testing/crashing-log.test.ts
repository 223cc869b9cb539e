import { beforeEach, describe, expect, test } from 'vitest'
import type { Log, PartitionLease, Topic } from '../../src/log/port.ts'
import { CRASH_POINTS, type CrashPlan, crashingLog, isCrash } from '../../src/testing/crashing-log.ts'
import { memoryLog } from '../../src/testing/memory-log.ts'
import { numbered, write } from '../conformance/plain-records.ts'

describe('a crashing log', () => {
  let log: Log
  let topic: Topic
  beforeEach(async () => {
    log = memoryLog()
    topic = await log.ensureTopic({ name: 't', partitions: 1, cleanup: 'keep' })
  })
  const end = async (): Promise<number> => (await log.bounds(topic, 0)).end
  const leaseOf = async (of: Log): Promise<PartitionLease> =>
    new Promise((resolve, reject) => {
      of.joinGroup({ group: 'g', topics: [topic], onAssigned: resolve, onRevoked: async () => undefined }).catch(reject)
    })

  const outcomes: ReadonlyArray<{ plan: CrashPlan; code: string; applied: boolean; goesOn: boolean }> = [
    { plan: { point: 'before-commit' }, code: 'WR_TEST_CRASH', applied: false, goesOn: false },
    { plan: { point: 'after-commit' }, code: 'WR_TEST_CRASH', applied: true, goesOn: false },
    { plan: { point: 'commit-unknown' }, code: 'WR_COMMIT_UNKNOWN', applied: true, goesOn: true },
    { plan: { point: 'commit-unknown-lost' }, code: 'WR_COMMIT_UNKNOWN', applied: false, goesOn: true },
    { plan: { point: 'disk-full' }, code: 'WR_DISK_FULL', applied: false, goesOn: true },
    { plan: { point: 'log-away' }, code: 'WR_TEST_LOG_AWAY', applied: false, goesOn: true },
  ]

  test.each(outcomes)('fails at $plan.point with $code', async ({ plan, code, applied, goesOn }) => {
    const crashing = crashingLog(log, { ...plan, nth: 2 })
    const lease = await leaseOf(crashing)
    await lease.commit({ offset: 1, metadata: '' }, [write(topic, 0, ...numbered(0, 1))])
    await expect(lease.commit({ offset: 2, metadata: '' }, [write(topic, 0, ...numbered(1, 2))])).rejects.toMatchObject({ code })
    expect(await end()).toBe(applied ? 2 : 1)
    expect(await log.groupProgress('g', topic)).toEqual([{ partition: 0, offset: applied ? 2 : 1, metadata: '' }])
    const next = lease.commit({ offset: 3, metadata: '' }, [])
    if (goesOn) await next
    else await expect(next).rejects.toBe(crashing.crashed)
    expect(crashing.crashed === null).toBe(goesOn)
  })

  test('knows every point that has an outcome here, and the crash on reading', () => {
    expect([...outcomes.map(({ plan }) => plan.point), 'before-read'].sort()).toEqual([...CRASH_POINTS].sort())
  })

  test('refuses every call after the crash with the same error', async () => {
    const crashing = crashingLog(log, { point: 'before-read' })
    const reader = crashing.reader(topic, 0)
    await log.append([write(topic, 0, ...numbered(0, 1))])
    await expect(reader.next()).rejects.toSatisfy(isCrash)
    await expect(crashing.append([])).rejects.toBe(crashing.crashed)
    await expect(crashing.ensureTopic(topic)).rejects.toBe(crashing.crashed)
    await expect(crashing.bounds(topic, 0)).rejects.toBe(crashing.crashed)
    await expect(reader.whenMore(new AbortController().signal)).rejects.toBe(crashing.crashed)
    await crashing.close()
  })

  test('counts the commits that it is told to count', async () => {
    const crashing = crashingLog(log, { point: 'before-commit', nth: 2, kinds: ['writer'] })
    const writer = await crashing.exclusiveWriter('w')
    await crashing.append([write(topic, 0, ...numbered(0, 1))])
    await writer.commit([write(topic, 0, ...numbered(1, 2))])
    await crashing.append([write(topic, 0, ...numbered(2, 3))])
    await expect(writer.commit([write(topic, 0, ...numbered(3, 4))])).rejects.toSatisfy(isCrash)
    expect(await end()).toBe(3)
  })

  test('can fail several times in a row, as a disk does that stays full', async () => {
    const crashing = crashingLog(log, { point: 'disk-full', times: 3 })
    const attempt = (): Promise<readonly number[]> => crashing.append([write(topic, 0, ...numbered(0, 1))])
    for (let i = 0; i < 3; i++) await expect(attempt()).rejects.toMatchObject({ code: 'WR_DISK_FULL', canRetry: true })
    expect(await attempt()).toEqual([0])
  })

  test('crashes when it is told', async () => {
    const crashing = crashingLog(log, { point: 'before-commit', nth: 1_000 })
    const error = crashing.crash()
    await expect(crashing.topics()).rejects.toBe(error)
  })
})
