import { expect, test, vi } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'

test('The machine clock tells the time, and never goes back', () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000)
  const before = systemClock.monotonic()
  expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before)
})

test('A sleep ends at its time, or at once when its signal aborts', async () => {
  await systemClock.sleep(1)
  const stop = new AbortController()
  const sleep = systemClock.sleep(1e9, stop.signal)
  stop.abort()
  await sleep
  await systemClock.sleep(1e9, stop.signal)
})

test('A sleep longer than a timer can be is as long as it was asked to be', async () => {
  vi.useFakeTimers()
  try {
    let isAwake = false
    const sleep = systemClock.sleep(3_000_000_000).then(() => {
      isAwake = true
    })
    await vi.advanceTimersByTimeAsync(2_999_999_999)
    expect(isAwake).toBe(false)
    await vi.advanceTimersByTimeAsync(2)
    await sleep
  } finally {
    vi.useRealTimers()
  }
})
