import { describe, expect, test } from 'vitest'
import { Backoff } from '../../src/sinks/backoff.ts'
import { DecayingRate } from '../../src/sinks/sink-status.ts'

describe('the wait before another try', () => {
  test('doubles up to a limit, and begins anew after a success', () => {
    const backoff = new Backoff({ firstMs: 100, mostMs: 1_000, random: () => 0 })
    expect([1, 2, 3, 4, 5, 6].map(() => backoff.next())).toEqual([100, 200, 400, 800, 1_000, 1_000])
    expect(backoff.tries).toBe(6)
    backoff.succeeded()
    expect(backoff.next()).toBe(100)
  })

  test('is up to half shorter by chance', () => {
    const backoff = new Backoff({ firstMs: 100, mostMs: 1_000, random: () => 0.999_999 })
    expect(backoff.next()).toBeCloseTo(50)
  })
})

describe('the rate of writing', () => {
  test('comes near what is written a second, and sinks when nothing is', () => {
    const rate = new DecayingRate()
    for (let second = 1; second <= 60; second++) rate.add(1_000, second * 1_000)
    expect(rate.perSecond(60_000)).toBeGreaterThan(900)
    expect(rate.perSecond(60_000)).toBeLessThan(1_100)
    expect(rate.perSecond(120_000)).toBeLessThan(1)
  })
})
