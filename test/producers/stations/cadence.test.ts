import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cadenceProblem, cadenceText, nextAfter } from '../../../src/producers/stations/cadence.ts'
import type { Cadence } from '../../../src/producers/stations/station.ts'
import { stationId } from '../../../src/producers/stations/station-id.ts'

const at = (text: string): number => Date.parse(text)
const next = (cadence: Cadence, instant: string): string => new Date(nextAfter(cadence, at(instant))).toISOString()
const daily = (...times: string[]): Cadence => ({ kind: 'daily', times, timeZone: 'Europe/Paris' })

describe('the next poll', () => {
  test('of an interval is a whole number of intervals after the first, and what was missed is left out', () => {
    const cadence: Cadence = { kind: 'interval', seconds: 60 }
    expect(nextAfter(cadence, 1000)).toBe(61_000)
    expect(nextAfter(cadence, 200_500, 1000)).toBe(241_000)
    expect(nextAfter(cadence, 241_000, 1000)).toBe(301_000)
  })

  test('of times of the day is the nearest of them, by the clocks of the zone', () => {
    expect(next(daily('18:00', '06:30'), '2025-01-01T00:00:00Z')).toBe('2025-01-01T05:30:00.000Z')
    expect(next(daily('18:00', '06:30'), '2025-01-01T05:30:00Z')).toBe('2025-01-01T17:00:00.000Z')
    expect(next(daily('06:30'), '2025-07-01T00:00:00Z')).toBe('2025-07-01T04:30:00.000Z')
  })

  test('at a time that clocks skip comes after the gap, and at one that they show twice comes once', () => {
    expect(next(daily('02:30'), '2025-03-29T12:00:00Z')).toBe('2025-03-30T01:00:00.000Z')
    expect(next(daily('02:30'), '2025-10-25T12:00:00Z')).toBe('2025-10-26T00:30:00.000Z')
    expect(next(daily('02:30'), '2025-10-26T00:30:00Z')).toBe('2025-10-27T01:30:00.000Z')
  })

  test('is always later, whatever the schedule and the instant', () => {
    const cadences: Cadence[] = [
      { kind: 'interval', seconds: 7 },
      { kind: 'cron', expression: '*/15 * * * *', timeZone: 'America/New_York' },
      { kind: 'cron', expression: '30 0 6 * * 1-5', timeZone: 'Australia/Lord_Howe' },
      daily('00:00', '02:30', '23:59'),
    ]
    fc.assert(
      fc.property(fc.constantFrom(...cadences), fc.integer({ min: 0, max: at('2040-01-01') }), (cadence, instant) => {
        expect(nextAfter(cadence, instant)).toBeGreaterThan(instant)
      }),
    )
  })
})

test('a schedule that cannot be kept is refused in words', () => {
  expect(cadenceProblem({ kind: 'interval', seconds: 0 })).toMatch('at least 1')
  expect(cadenceProblem(daily('24:00'))).toMatch('"24:00" is no time')
  expect(cadenceProblem(daily())).toMatch('no time')
  expect(cadenceProblem({ kind: 'cron', expression: '* *', timeZone: 'UTC' })).toMatch(/\w/)
  expect(cadenceProblem({ kind: 'cron', expression: '5 * * * *', timeZone: 'UTC' })).toBeNull()
})

test('a schedule reads as a person would say it', () => {
  expect(cadenceText({ kind: 'interval', seconds: 3600 })).toBe('every hour')
  expect(cadenceText({ kind: 'interval', seconds: 600 })).toBe('every 10 minutes')
  expect(cadenceText({ kind: 'interval', seconds: 90 })).toBe('every 90 seconds')
  expect(cadenceText(daily('06:30', '18:00'))).toBe('every day at 06:30 and 18:00 (Europe/Paris)')
})

test.each([
  [{ city: 'Paris', country: 'FR' }, 'station_Paris_FR'],
  [{ city: 'Saint-Étienne', country: 'FR' }, 'station_Saint-Étienne_FR'],
  [{ city: ' São Paulo ', country: null }, 'station_São-Paulo'],
  [{ latitude: -0.001, longitude: -33.858 }, 'station_0.00_-33.86'],
  [{}, null],
])('the id of %j is %s', (place, id) => {
  expect(stationId({ city: null, country: null, latitude: null, longitude: null, ...place })).toBe(id)
})
