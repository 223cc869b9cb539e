import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Clock } from '../../../src/core/clock.ts'
import { Secret } from '../../../src/core/secret.ts'
import { type Quota, type QuotaLimit, type QuotaStore, quota } from '../../../src/producers/http/quota.ts'
import { slowestNeeded } from '../../../src/producers/http/sliding-windows.ts'
import { type ManualClock, manualClock } from '../../../src/testing/manual-clock.ts'
import { memoryDisk, memoryKv } from '../../../src/testing/memory-kv.ts'
import { keepingLogger } from '../quiet-logger.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const never = new AbortController().signal

function quotaOn(clock: Clock, limits: readonly QuotaLimit[], store: QuotaStore | null, random = () => 0.5): Quota {
  const credentials = [new Secret('key')]
  return quota({ source: 'sample', credentials, limits, store, clock, logger: keepingLogger(), random })
}

/** The most calls in any stretch of so many milliseconds. */
function mostWithin(times: readonly number[], perMs: number): number {
  let first = 0
  let most = 0
  for (const [last, at] of times.entries()) {
    while (at - (times[first] ?? 0) >= perMs) first += 1
    most = Math.max(most, last - first + 1)
  }
  return most
}

/** Shows another time of day than the one it runs by, as if somebody set it. */
function settable(clock: ManualClock): Clock & { set(byMs: number): void } {
  let offset = 0
  return {
    now: () => clock.now() + offset,
    monotonic: clock.monotonic,
    sleep: clock.sleep,
    set: (byMs) => {
      offset += byMs
    },
  }
}

const limitSets = fc.constantFrom<readonly QuotaLimit[]>(
  [{ calls: 3, perMs: MINUTE }],
  [
    { calls: 4, perMs: MINUTE },
    { calls: 10, perMs: 60 * MINUTE },
  ],
  [{ calls: 1, perMs: 1000 }],
)

describe('a quota', () => {
  test('is never exceeded and starves nobody, for any callers, processes, restarts and clocks that are set back', async () => {
    const step = fc.record({
      process: fc.integer({ min: 0, max: 2 }),
      calls: fc.integer({ min: 0, max: 4 }),
      restart: fc.boolean(),
      passMs: fc.integer({ min: 0, max: 90_000 }),
      backMs: fc.option(fc.integer({ min: 1, max: 400 * DAY }), { freq: 6 }),
    })
    const property = fc.asyncProperty(limitSets, fc.array(step, { maxLength: 12 }), async (limits, steps) => {
      const clock = manualClock()
      const clocks = settable(clock)
      const disk = memoryDisk()
      const open = (): Quota => quotaOn(clocks, limits, memoryKv(disk))
      const processes = [open(), open(), open()]
      const taken: number[] = []
      let asked = 0
      for (const { process, calls, restart, passMs, backMs } of steps) {
        if (restart) processes[process] = open()
        if (backMs !== null) clocks.set(-backMs)
        for (let i = 0; i < calls; i += 1) {
          asked += 1
          void processes[process]?.take(never).then(() => taken.push(clock.monotonic()))
        }
        await clock.advance(passMs)
      }
      const slowest = Math.max(...limits.map(({ calls, perMs }) => (perMs * 1.05) / calls))
      const longest = Math.max(...limits.map(({ perMs }) => perMs + 1000))
      for (let i = 0; i <= asked && taken.length < asked; i += 1) await clock.advance(Math.ceil(slowest) + longest)
      expect(taken).toHaveLength(asked)
      for (const { calls, perMs } of limits) expect(mostWithin(taken, perMs)).toBeLessThanOrEqual(calls)
    })
    await fc.assert(property, { numRuns: 60 })
  })

  test('is not waited for while it is not used up, and then for as short as can be', async () => {
    const clock = manualClock()
    const calls = quotaOn(clock, [{ calls: 2, perMs: MINUTE }], null)
    await calls.take(never)
    await clock.advance(20_000)
    await calls.take(never)
    const third = calls.take(never).then(() => clock.monotonic())
    await clock.advance(2 * MINUTE)
    expect(await third).toBe(MINUTE + 1000)
  })

  test('allows a process nothing more when its clock is set forward', async () => {
    const clock = manualClock()
    const clocks = settable(clock)
    const calls = quotaOn(clocks, [{ calls: 1, perMs: DAY }], memoryKv())
    await calls.take(never)
    clocks.set(2 * DAY)
    const second = calls.take(never).then(() => clock.monotonic())
    await clock.advance(2 * DAY)
    expect(await second).toBeGreaterThanOrEqual(DAY)
  })

  test('gives way to whoever aborts', async () => {
    const clock = manualClock()
    const calls = quotaOn(clock, [{ calls: 1, perMs: MINUTE }], memoryKv())
    await calls.take(never)
    const leaving = new AbortController()
    const second = calls.take(leaving.signal)
    const third = calls.take(never)
    leaving.abort()
    await expect(second).rejects.toBe(leaving.signal.reason)
    await clock.advance(2 * MINUTE)
    await third
  })

  test('counts a call before it is made, also where the process ends with it', async () => {
    const clock = manualClock()
    const disk = memoryDisk()
    await quotaOn(clock, [{ calls: 1, perMs: DAY }], memoryKv(disk)).take(never)
    let isTaken = false
    const again = quotaOn(clock, [{ calls: 1, perMs: DAY }], memoryKv(disk)).take(never)
    void again.then(() => {
      isTaken = true
    })
    await clock.advance(DAY - 1)
    expect(isTaken).toBe(false)
    await clock.advance(MINUTE)
    await again
  })

  test('lets two processes that want more than there is take turns', async () => {
    const clock = manualClock()
    const disk = memoryDisk()
    let state = 7
    const random = (): number => {
      state = (state * 48_271) % 2_147_483_647
      return state / 2_147_483_647
    }
    const taken = [0, 0]
    for (const i of [0, 1]) {
      const calls = quotaOn(clock, [{ calls: 1, perMs: MINUTE }], memoryKv(disk), random)
      const next = (): void => {
        void calls.take(never).then(() => {
          taken[i] = (taken[i] ?? 0) + 1
          next()
        })
      }
      next()
    }
    await clock.advance(100 * MINUTE)
    expect(Math.min(...taken)).toBeGreaterThan(20)
  })

  test('does not name the account in the store', async () => {
    const disk = memoryDisk()
    await quotaOn(manualClock(), [{ calls: 1, perMs: DAY }], memoryKv(disk)).take(never)
    expect([...disk.values.keys()].join()).toMatch(/^producers\/quota\/sample\/[0-9a-f]{32}$/)
  })
})

test('an interval is long enough for all stations within every limit', () => {
  const limits = [
    { calls: 60, perMs: MINUTE },
    { calls: 1000, perMs: DAY },
  ]
  expect(slowestNeeded(limits, 1, 1)).toBe(87)
  expect(slowestNeeded(limits, 7, 1)).toBe(609)
  expect(slowestNeeded(limits, 2000, 1)).toBe(172_802)
  expect(slowestNeeded([{ calls: 60, perMs: MINUTE }], 7, 1)).toBe(8)
  expect(slowestNeeded([], 7, 1)).toBe(1)
})
