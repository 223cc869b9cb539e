import { MINUTE_MS } from '../../core/calendar.ts'
import { WindrowError } from '../../core/errors.ts'
import type { TimeZone } from '../../core/time-zone.ts'
import type { Window, Windower } from './windower.ts'

/** Windows of `sizeMs`, one beginning every `advanceMs`, aligned to the epoch. */
export function fixedWindows(operator: string, sizeMs: number, advanceMs: number): Windower {
  const at = (start: number): Window => ({ id: start, start, end: start + sizeMs })
  return {
    step: { operator, sizeMs, advanceMs },
    labelName: 'windowStart',
    overlapping: advanceMs < sizeMs,
    zoned: false,
    label: (window) => window.start,
    forEachWindow(instant: number, _zone: TimeZone, visit: (window: Window) => void) {
      const latest = Math.floor(instant / advanceMs) * advanceMs
      const count = Math.ceil((sizeMs - (instant - latest)) / advanceMs)
      for (let i = count - 1; i >= 0; i--) visit(at(latest - i * advanceMs))
    },
    window: (id) => at(id),
    next: (window) => at(window.start + advanceMs),
    previous: (window) => at(window.start - advanceMs),
  }
}

/** Checks a length given in minutes. */
export function minutesToMs(operator: string, name: string, minutes: number): number {
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > 366 * 1440) {
    throw new WindrowError('WR_WINDOW_LENGTH', {
      message: `${operator}: ${name} is ${minutes}; it has to be a whole number of minutes from 1 to ${366 * 1440}.`,
      remedy: 'Give a length in whole minutes; for days, months and local hours use the calendar windows.',
      kind: 'usage',
    })
  }
  return minutes * MINUTE_MS
}
