import { describe, expect, test } from 'vitest'
import { tickLabels, timeTicks } from '../../../src/api/page/charts/time-ticks.js'
import {
  ageText,
  dayOf,
  HOUR_MS,
  instantOfLocal,
  nextLabel,
  offsetText,
  plainTimeText,
  spanText,
  spanTexts,
  startOfLocal,
  timeText,
} from '../../../src/api/page/zone-time.js'

const at = (text: string): number => Date.parse(text)
const PARIS = 'Europe/Paris'

describe('the page tells local time', () => {
  test('a local day of Europe/Paris has 23, 24 or 25 hours', () => {
    const hours = (day: string): number => (startOfLocal(nextLabel(day), PARIS) - startOfLocal(day, PARIS)) / HOUR_MS
    expect([hours('2026-03-29'), hours('2026-03-30'), hours('2026-10-25')]).toEqual([23, 24, 25])
  })

  test('a day begins when the clock says so, in the south too', () => {
    expect(startOfLocal('2026-03-29', PARIS)).toBe(at('2026-03-28T23:00:00Z'))
    expect(startOfLocal('2026-03-30', PARIS)).toBe(at('2026-03-29T22:00:00Z'))
    expect(startOfLocal('2026-10-05', 'Australia/Sydney')).toBe(at('2026-10-04T13:00:00Z'))
    expect(startOfLocal('2026-02', 'Asia/Kathmandu')).toBe(at('2026-01-31T18:15:00Z'))
  })

  test('where midnight is skipped the day begins at its first instant', () => {
    // Santiago goes from 24:00 on Saturday to 01:00 on Sunday.
    expect(startOfLocal('2026-09-06', 'America/Santiago')).toBe(at('2026-09-06T04:00:00Z'))
  })

  test('a time that the clock skips is the first one after it, one that it shows twice the first of the two', () => {
    expect(instantOfLocal(at('2026-03-29T02:00:00Z'), PARIS)).toBe(at('2026-03-29T01:00:00Z'))
    expect(instantOfLocal(at('2026-10-25T02:30:00Z'), PARIS)).toBe(at('2026-10-25T00:30:00Z'))
  })

  test('a time that the clock shows twice carries its offset', () => {
    expect(timeText(at('2026-10-25T00:30:00Z'), PARIS)).toBe('Sun 25 Oct 2026 02:30 (+02:00)')
    expect(timeText(at('2026-10-25T01:30:00Z'), PARIS)).toBe('Sun 25 Oct 2026 02:30 (+01:00)')
    expect(timeText(at('2026-10-25T02:30:00Z'), PARIS)).toBe('Sun 25 Oct 2026 03:30')
    expect(plainTimeText(at('2026-10-25T01:30:00Z'), PARIS)).toBe('2026-10-25 02:30 +01:00')
    expect(offsetText(at('2026-07-01T00:00:00Z'), 'America/St_Johns')).toBe('−02:30')
  })

  test('a stretch of time is said as shortly as it can be', () => {
    expect(spanText(at('2026-03-30T08:00:00Z'), at('2026-03-30T09:00:00Z'), PARIS)).toBe('Mon 30 Mar 2026 10:00–11:00')
    expect(spanText(at('2026-03-28T23:00:00Z'), at('2026-03-29T22:00:00Z'), PARIS)).toBe('Sun 29 Mar 2026')
    expect(spanText(at('2026-02-28T23:00:00Z'), at('2026-03-31T22:00:00Z'), PARIS)).toBe('Mar 2026')
    expect(dayOf(at('2026-03-29T22:30:00Z'), PARIS)).toBe('2026-03-30')
    expect(ageText(7 * 60_000)).toBe('7 min ago')
    expect([59_000, 89_600, 119_600, 120_400].map(ageText)).toEqual(['59 s ago', '1 min ago', '2 min ago', '2 min ago'])
  })
})

describe('stretches of time beside each other', () => {
  const days = (...labels: string[]) =>
    labels.map((label) => ({ start: at(`${label}T00:00:00Z`), end: at(`${label}T24:00:00Z`) }))
  const texts = (...labels: string[]): string[] => {
    const spans = days(...labels)
    return spans.map((span) => spanTexts(spans)(span, 'UTC'))
  }

  test('are told without the year where they share it', () => {
    expect(texts('2025-12-30', '2025-12-31')).toEqual(['Tue 30 Dec', 'Wed 31 Dec'])
    expect(texts('2025-12-31', '2026-01-01')).toEqual(['Wed 31 Dec 2025', 'Thu 1 Jan 2026'])
  })
})

describe('ticks of the time axis', () => {
  const labels = (from: string, to: string, zone: string, width: number): string[] =>
    tickLabels(timeTicks(at(from), at(to), zone, width), zone)

  test('are round local times, also on the day when summer time begins', () => {
    const ticks = timeTicks(at('2026-03-28T23:00:00Z'), at('2026-03-29T22:00:00Z'), PARIS, 600)
    expect(tickLabels(ticks, PARIS).map((label) => label.split('\n')[0])).toEqual([
      '00:00',
      '03:00',
      '06:00',
      '09:00',
      '12:00',
      '15:00',
      '18:00',
      '21:00',
      '00:00',
    ])
    // From 00:00 to 03:00 only two hours pass.
    expect((ticks[1]! - ticks[0]!) / HOUR_MS).toBe(2)
    expect((ticks[2]! - ticks[1]!) / HOUR_MS).toBe(3)
  })

  test('and on the day when it ends', () => {
    const ticks = timeTicks(at('2026-10-24T22:00:00Z'), at('2026-10-25T23:00:00Z'), PARIS, 600)
    expect((ticks[1]! - ticks[0]!) / HOUR_MS).toBe(4)
  })

  test('are as many as there is room for', () => {
    expect(labels('2026-01-01T00:00:00Z', '2026-01-08T00:00:00Z', 'UTC', 400)).toEqual([
      '1 Jan',
      '2 Jan',
      '3 Jan',
      '4 Jan',
      '5 Jan',
      '6 Jan',
      '7 Jan',
      '8 Jan',
    ])
    expect(labels('2026-01-01T00:00:00Z', '2026-01-08T00:00:00Z', 'UTC', 200)).toHaveLength(4)
  })

  test('name the year where it changes, and weeks begin on Mondays', () => {
    expect(labels('2025-10-15T00:00:00Z', '2026-03-15T00:00:00Z', 'UTC', 260)).toEqual([
      'Nov\n2025',
      'Dec',
      'Jan\n2026',
      'Feb',
      'Mar',
    ])
    expect(labels('2025-12-20T00:00:00Z', '2026-01-17T00:00:00Z', 'UTC', 200)).toEqual([
      '22 Dec',
      '29 Dec',
      '5 Jan\n2026',
      '12 Jan',
    ])
  })
})
