import fc from 'fast-check'
import { DateTime } from 'luxon'
import { describe, expect, test } from 'vitest'
import { DAY_MS, dayNumber, dayText, HOUR_MS, monthText } from '../../src/core/calendar.ts'
import { isWindrowError } from '../../src/core/errors.ts'
import { timeZone } from '../../src/core/time-zone.ts'

const ZONES = [
  'UTC',
  'Europe/Paris',
  'America/New_York',
  'America/Santiago',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'Asia/Kolkata',
  'America/St_Johns',
  'Africa/Cairo',
  'America/Havana',
  'Asia/Kathmandu',
  'America/Asuncion',
]
const zones = fc.constantFrom(...ZONES)
// From 2012 on: until then St. John's changed its clocks at one minute past midnight, so that a local date came twice.
const instants = fc.integer({ min: Date.UTC(2012, 0, 1), max: Date.UTC(2037, 11, 31) })

describe('the calendar of a zone', () => {
  test('agrees with luxon about the local day and month of any instant', () => {
    fc.assert(
      fc.property(zones, instants, (name, instant) => {
        const local = DateTime.fromMillis(instant, { zone: name })
        expect(dayText(timeZone(name).dayOf(instant))).toBe(local.toISODate())
        expect(monthText(timeZone(name).monthOf(instant))).toBe(local.toFormat('yyyy-MM'))
      }),
    )
  })

  test('cuts time into days that follow each other without gap or overlap', () => {
    fc.assert(
      fc.property(zones, instants, (name, instant) => {
        const zone = timeZone(name)
        const day = zone.dayOf(instant)
        const { start, end } = zone.daySpan(day)
        expect(start).toBeLessThanOrEqual(instant)
        expect(end).toBeGreaterThan(instant)
        expect(zone.daySpan(day + 1).start).toBe(end)
        expect(zone.dayOf(start)).toBe(day)
        expect(zone.dayOf(end - 1)).toBe(day)
      }),
    )
  })

  test('cuts time into clock hours that follow each other, whole but for changes by a part of an hour', () => {
    fc.assert(
      fc.property(zones, instants, (name, instant) => {
        const zone = timeZone(name)
        const { start, end } = zone.hourSpan(instant)
        expect(start).toBeLessThanOrEqual(instant)
        expect(end).toBeGreaterThan(instant)
        expect(zone.hourSpan(end).start).toBe(end)
        expect(zone.hourSpan(start - 1).end).toBe(start)
        if (name !== 'Australia/Lord_Howe') expect(end - start).toBe(HOUR_MS)
      }),
    )
  })

  test.each([
    ['Europe/Paris', [2025, 3, 30], 23],
    ['Europe/Paris', [2025, 10, 26], 25],
    ['America/Santiago', [2025, 9, 7], 23],
    ['Australia/Lord_Howe', [2025, 4, 6], 24.5],
    ['Asia/Kolkata', [2025, 3, 30], 24],
  ] as const)('gives the day of %s on %j its %d hours', (name, [year, month, day], hours) => {
    const { start, end } = timeZone(name).daySpan(dayNumber(year, month, day))
    expect((end - start) / HOUR_MS).toBe(hours)
  })

  test('has no time for a date that a zone skipped', () => {
    const apia = timeZone('Pacific/Apia')
    const skipped = apia.daySpan(dayNumber(2011, 12, 30))
    expect(skipped.end - skipped.start).toBe(0)
    expect(apia.daySpan(dayNumber(2011, 12, 31)).end - skipped.end).toBe(DAY_MS)
  })

  test('gives every instant one day where clocks go back over midnight', () => {
    const zone = timeZone('America/St_Johns')
    const back = DateTime.fromISO('2006-10-29T00:00:30', { zone: 'America/St_Johns' }).toMillis()
    expect(dayText(zone.dayOf(back))).toBe('2006-10-29')
    // Here the wall clock reads 23:30 of the 28th again, but the 29th has begun.
    expect(dayText(zone.dayOf(back + HOUR_MS / 2))).toBe('2006-10-29')
  })

  test('refuses an unknown name', () => {
    expect(() => timeZone('Europe/Nowhere')).toThrowError(
      expect.toSatisfy((error: unknown) => isWindrowError(error, 'WR_TIME_ZONE')),
    )
  })
})
