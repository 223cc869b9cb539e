import { describe, expect, test } from 'vitest'
import { manualClock } from '../../src/testing/manual-clock.ts'

describe('a manual clock', () => {
  test('stands still until it is advanced', async () => {
    const clock = manualClock(1000)
    expect([clock.now(), clock.monotonic()]).toEqual([1000, 0])
    await clock.advance(5)
    expect([clock.now(), clock.monotonic()]).toEqual([1005, 5])
  })

  test('wakes sleepers in the order of their deadlines, each at its own time', async () => {
    const clock = manualClock(0)
    const woken: Array<readonly [string, number]> = []
    const sleeper = async (name: string, ...lengths: readonly number[]): Promise<void> => {
      for (const ms of lengths) {
        await clock.sleep(ms)
        woken.push([name, clock.now()])
      }
    }
    const all = Promise.all([sleeper('a', 30, 10), sleeper('b', 10, 10, 100), sleeper('c', 0)])
    expect(clock.sleepers).toBe(3)
    await clock.advance(40)
    expect(woken).toEqual([
      ['c', 0],
      ['b', 10],
      ['b', 20],
      ['a', 30],
      ['a', 40],
    ])
    await clock.advance(1000)
    await all
    expect(woken.at(-1)).toEqual(['b', 120])
  })

  test('ends a sleep when its signal aborts', async () => {
    const clock = manualClock()
    const stop = new AbortController()
    const sleep = clock.sleep(1000, stop.signal)
    stop.abort()
    await sleep
    await clock.sleep(1000, stop.signal)
    expect([clock.sleepers, clock.monotonic()]).toEqual([0, 0])
  })

  test('tells when somebody sleeps', async () => {
    const clock = manualClock()
    const two = clock.whenSleeping(2)
    const sleeps = [clock.sleep(1), clock.sleep(1)]
    await two
    await clock.whenSleeping()
    await clock.advance(1)
    await Promise.all(sleeps)
  })
})
