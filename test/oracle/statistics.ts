import type { Reading } from '../../src/events/reading.ts'
import { exactSum } from './exact-sum.ts'
import type { Bounds } from './local-calendar.ts'

/** The values that are not null. */
export function known<T>(values: readonly (T | null)[]): T[] {
  return values.filter((value): value is T => value !== null)
}

export function countOf(values: readonly (number | null)[]): number {
  return known(values).length
}

/** The exact sum; null without values. */
export function sumOf(values: readonly (number | null)[]): number | null {
  const present = known(values)
  return present.length === 0 ? null : exactSum(present)
}

export function meanOf(values: readonly (number | null)[]): number | null {
  const sum = sumOf(values)
  return sum === null ? null : sum / known(values).length
}

/** a / b; null where either is missing, or where the quotient is no number within the range of a double. */
export function quotientOf(a: number | null, b: number | null): number | null {
  if (a === null || b === null || b === 0) return null
  return Number.isFinite(a / b) ? a / b : null
}

export function leastOf(values: readonly (number | null)[]): number | null {
  const present = known(values)
  return present.length === 0 ? null : Math.min(...present)
}

export function greatestOf(values: readonly (number | null)[]): number | null {
  const present = known(values)
  return present.length === 0 ? null : Math.max(...present)
}

/** What covers time: a reading, or a joined row. */
type Covering = Pick<Reading, 'timestamp' | 'intervalMinutes'>

/**
 * The share of the window that readings (in time order) cover, at most 1. Each covers its interval, but no further than the start of the
 * next one in the window; the last counts whole, also where it reaches over the window's end.
 */
export function coverageOf(readings: readonly Covering[], bounds: Bounds): number {
  let minutes = 0
  readings.forEach((reading, i) => {
    const next = readings[i + 1]
    const untilNext = next === undefined ? Number.POSITIVE_INFINITY : (next.timestamp - reading.timestamp) / 60_000
    minutes += Math.min(reading.intervalMinutes, untilNext)
  })
  return Math.min(1, minutes / minutesOf(bounds))
}

/** How many readings of the newest one's cadence fill the window. */
export function expectedIn(bounds: Bounds, newest: Covering): number {
  return Math.max(1, Math.round(minutesOf(bounds) / newest.intervalMinutes))
}

/** The sum of the intervals, in hours, of the readings where the flag is true; null where no reading says. */
export function hoursOf<R extends Reading>(readings: readonly R[], flag: (reading: R) => boolean | null): number | null {
  return sumOf(
    readings.map((reading) => {
      const says = flag(reading)
      return says === null ? null : says ? reading.intervalMinutes / 60 : 0
    }),
  )
}

export function minutesOf({ start, end }: Bounds): number {
  return (end - start) / 60_000
}
