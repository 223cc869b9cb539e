import { DAY_MS } from '../core/calendar.ts'
import type { Span, TimeZone } from '../core/time-zone.ts'

/** The local time of an instant with its offset, to the second: `2025-01-01T00:00:00+01:00`. */
export function localIso(instant: number, zone: TimeZone): string {
  const offsetMs = zone.offsetAt(instant)
  const minutes = Math.abs(offsetMs) / 60_000
  const sign = offsetMs < 0 ? '-' : '+'
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  return `${new Date(instant + offsetMs).toISOString().slice(0, 19)}${sign}${two(minutes / 60)}:${two(minutes % 60)}`
}

/** A part of a stretch of time, and how many local days it touches. */
export interface LocalDays extends Span {
  readonly days: number
}

/**
 * The beginning of a stretch: at most so many local days, ending at a local midnight or at the stretch's end. Where more than one day is
 * allowed, what is left over is never shorter than a day.
 */
export function firstLocalDays({ start, end }: Span, maxDays: number, zone: TimeZone): LocalDays {
  const first = zone.dayOf(start)
  const all = zone.dayOf(end - 1) - first + 1
  if (all <= maxDays) return { start, end, days: all }
  const isRestShort = end - zone.dayStart(first + maxDays) < DAY_MS
  const days = isRestShort && maxDays > 1 ? maxDays - 1 : maxDays
  return { start, end: zone.dayStart(first + days), days }
}
