import type { OperatorFunction } from 'rxjs'
import { batchOperator } from '../plan.ts'
import type { Keyed } from '../row-source.ts'
import { dayWindows, hourWindows, monthWindows } from '../windows/calendar-windows.ts'
import { fixedWindows, minutesToMs } from '../windows/fixed-windows.ts'
import type { AnyWindows } from '../windows/windower.ts'

/** Changes with the windows that their rows are to be grouped in. */
export interface Windowed<Columns, Key> extends Keyed<Columns, Key> {
  readonly windows: AnyWindows
}

type WindowOperator<Columns, Key, Label> = OperatorFunction<Keyed<Columns, Key>, Windowed<Columns, Key & Label>>

function windowed<Columns, Key, Label>(windows: AnyWindows): WindowOperator<Columns, Key, Label> {
  return batchOperator(windows.step, () => (keyed, emit) => emit({ ...(keyed as Keyed<Columns, Key & Label>), windows }))
}

/** Windows of so many minutes, one after another, aligned to the epoch (UTC). Adds the key column `windowStart`. */
export function tumbling<Columns, Key>(sizeMinutes: number): WindowOperator<Columns, Key, { readonly windowStart: number }> {
  const size = minutesToMs('tumbling', 'the size', sizeMinutes)
  return windowed(fixedWindows('tumbling', size, size))
}

/** Windows of `sizeMinutes`, one beginning every `advanceMinutes` (at most the size), aligned to the epoch. Adds `windowStart`. */
export function hopping<Columns, Key>(
  sizeMinutes: number,
  advanceMinutes: number,
): WindowOperator<Columns, Key, { readonly windowStart: number }> {
  const size = minutesToMs('hopping', 'the size', sizeMinutes)
  return windowed(fixedWindows('hopping', size, Math.min(size, minutesToMs('hopping', 'the advance', advanceMinutes))))
}

/**
 * Sessions: readings at most `gapMinutes` apart (start to start). A session crosses no multiple of `boundMinutes` counted from
 * the epoch (default a UTC day), so that one late reading never needs more than that to be read. Keyed by its start (`windowStart`):
 * when a late reading merges two, the row of the swallowed one goes.
 */
export function sessions<Columns, Key>(
  gapMinutes: number,
  boundMinutes = 1440,
): WindowOperator<Columns, Key, { readonly windowStart: number }> {
  const gapMs = minutesToMs('sessions', 'the gap', gapMinutes)
  const boundMs = minutesToMs('sessions', 'the bound', boundMinutes)
  return windowed({ kind: 'sessions', step: { operator: 'sessions', gapMs, boundMs }, labelName: 'windowStart', gapMs, boundMs })
}

/** Clock hours of the reading's own zone. Adds `hour`, the instant at which it begins. */
export function calendarHours<Columns, Key>(): WindowOperator<Columns, Key, { readonly hour: number }> {
  return windowed(hourWindows)
}

/** Days of the reading's own zone: 23, 24 or 25 hours. Adds `day` (`YYYY-MM-DD`). */
export function calendarDays<Columns, Key>(): WindowOperator<Columns, Key, { readonly day: string }> {
  return windowed(dayWindows)
}

/** Months of the reading's own zone. Adds `month` (`YYYY-MM`). */
export function calendarMonths<Columns, Key>(): WindowOperator<Columns, Key, { readonly month: string }> {
  return windowed(monthWindows)
}
