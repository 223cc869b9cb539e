import { describe, expect, test } from 'vitest'
import { createReadingRates, rateText } from '../../../src/api/page/reading-rates.js'

const MINUTE = 60_000
const NOW = Date.parse('2026-04-01T09:00:00Z')
const ledger = { current: 0, superseded: 0, stale: 0, duplicate: 0, too_late: 0, dead_lettered: 0, unexplained: 0 }
const health = (seconds: number, accepted: number, started_at = 'a') => ({
  at: new Date(NOW + seconds * 1000).toISOString(),
  started_at,
  topics: [
    { topic: 'weather', kind: 'weather', partitions: 1, ledger: { ...ledger, accepted }, last_event: null, last_append: null },
  ],
})

describe('how fast readings come', () => {
  test('is known from the second answer on, over as long as there are answers', () => {
    const rates = createReadingRates()
    rates.take(health(0, 100))
    expect(rates.of('weather', MINUTE)).toBe(null)
    rates.take(health(5, 110))
    expect(rates.of('weather', MINUTE)).toEqual({ readings: 10, spanMs: 5_000 })
    expect(rates.of('another', MINUTE)).toBe(null)
  })

  test('is that of the last minutes alone', () => {
    const rates = createReadingRates()
    for (let at = 0; at <= 600; at += 5) rates.take(health(at, at < 300 ? at * 10 : 3000))
    expect(rates.of('weather', MINUTE)).toEqual({ readings: 0, spanMs: MINUTE })
    expect(rates.of('weather', 5 * MINUTE)).toEqual({ readings: 0, spanMs: 5 * MINUTE })
    rates.take(health(605, 3060))
    expect(rates.of('weather', 5 * MINUTE)).toEqual({ readings: 60, spanMs: 5 * MINUTE })
  })

  test('begins anew with another process', () => {
    const rates = createReadingRates()
    rates.take(health(0, 5_000))
    rates.take(health(5, 20, 'b'))
    expect(rates.of('weather', MINUTE)).toBe(null)
  })

  test('is told a minute or a second', () => {
    const texts = [0, 1, 12, 20_000].map((readings) => rateText({ readings, spanMs: MINUTE }))
    expect(texts).toEqual(['none', '1 a minute', '12 a minute', '333 a second'])
  })
})
