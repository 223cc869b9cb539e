import fc from 'fast-check'
import { DateTime } from 'luxon'
import { describe, expect, test } from 'vitest'
import { timeZone } from '../../src/core/time-zone.ts'
import { BadReading } from '../../src/producers/bad-reading.ts'
import { instantOf } from '../../src/producers/timestamps.ts'

const utc = timeZone('UTC')
const paris = timeZone('Europe/Paris')
const zones = [
  'UTC',
  'Europe/Paris',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'America/Santiago',
]

describe('a timestamp', () => {
  test('with an offset is that instant, in any zone', () => {
    const instant = Date.UTC(2025, 2, 4, 5, 6, 7, 80)
    for (const text of [
      '2025-03-04T05:06:07.080Z',
      '2025-03-04 05:06:07,08 UTC',
      '2025-03-04T06:06:07.0809+01:00',
      '2025-03-04T00:36:07.08-0430',
      '2025-03-04 07:06:07.08+02',
    ]) {
      expect(instantOf(text, paris)).toBe(instant)
    }
  })

  test('without one is a local time of the zone', () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: 0, max: 2e12 }), (zone, instant) => {
        const local = DateTime.fromMillis(instant, { zone })
        const text = local.toFormat("yyyy-MM-dd'T'HH:mm:ss.SSS")
        const found = instantOf(text, timeZone(zone))
        // Where a local time comes twice it is the earlier one.
        expect(DateTime.fromMillis(found, { zone }).toFormat("yyyy-MM-dd'T'HH:mm:ss.SSS")).toBe(text)
        expect(found).toBeLessThanOrEqual(instant)
      }),
      { numRuns: 300 },
    )
    expect(instantOf('2025-10-26 02:30', paris)).toBe(Date.UTC(2025, 9, 26, 0, 30))
    expect(instantOf('2025-07-01', paris)).toBe(Date.UTC(2025, 5, 30, 22))
  })

  test('may be a number of seconds or milliseconds, or its digits', () => {
    const instant = Date.UTC(2025, 0, 1)
    for (const value of [instant, instant / 1000, String(instant), String(instant / 1000), BigInt(instant), new Date(instant)]) {
      expect(instantOf(value, paris)).toBe(instant)
    }
  })

  test('that names no point in time is told why', () => {
    for (const [text, why] of [
      ['2025-13-01 02:30', 'a day or a time that does not exist'],
      ['2025-03-30 02:30:00', 'is skipped by the clocks of Europe/Paris'],
      ['2025-01-01T00:00:00+25:00', 'an offset that no clock has'],
      ['yesterday', 'is no time as 2025-01-31T02:30:00Z'],
    ] as const) {
      expect(() => instantOf(text, paris, 'time')).toThrow(why)
    }
  })

  test('that names no point in time is refused', () => {
    for (const value of [
      '2025-02-29 00:00:00',
      '2025-13-01 00:00:00',
      '2025-01-01 24:00:00',
      '2025-01-01 00:60:00',
      '0001-01-01 00:00:00',
      '2025-01-01T00:00:00+25:00',
      '2025-03-30 02:30:00',
      'yesterday',
      '',
      null,
      undefined,
      {},
      Number.NaN,
      Number.POSITIVE_INFINITY,
      new Date(Number.NaN),
    ]) {
      expect(() => instantOf(value, paris)).toThrow(BadReading)
    }
    expect(() => instantOf('2025-03-30 02:30:00', utc)).not.toThrow()
  })
})
