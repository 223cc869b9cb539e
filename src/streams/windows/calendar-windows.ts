import { dayText, monthText } from '../../core/calendar.ts'
import type { Span, TimeZone } from '../../core/time-zone.ts'
import type { Window, Windower } from './windower.ts'

/** Remembers the last window of each zone: readings come nearly in time order. */
function recent(find: (instant: number, zone: TimeZone) => Window): (instant: number, zone: TimeZone) => Window {
  const last = new Map<TimeZone, Window>()
  return (instant, zone) => {
    let window = last.get(zone)
    if (window === undefined || instant < window.start || instant >= window.end) {
      window = find(instant, zone)
      last.set(zone, window)
    }
    return window
  }
}

const withId = (id: number, span: Span): Window => ({ id, start: span.start, end: span.end })

function calendar(
  operator: string,
  labelName: string,
  label: (window: Window) => string | number,
  at: (instant: number, zone: TimeZone) => Window,
  window: (id: number, zone: TimeZone) => Window,
  zoned: boolean,
): Omit<Windower, 'parts'> {
  const find = recent(at)
  return {
    step: { operator },
    labelName,
    label,
    overlapping: false,
    zoned,
    forEachWindow: (instant, zone, visit) => visit(find(instant, zone)),
    window,
    next: (current, zone) => at(current.end, zone),
    previous: (current, zone) => at(current.start - 1, zone),
  }
}

/** Clock hours of the reading's own zone; the id is the instant at which the hour begins. */
export const hourWindows: Windower = calendar(
  'calendarHours',
  'hour',
  (window) => window.start,
  (instant, zone) => {
    const span = zone.hourSpan(instant)
    return withId(span.start, span)
  },
  (id, zone) => withId(id, zone.hourSpan(id)),
  // Where offsets differ by half an hour, the hours of one zone overlap those of another.
  true,
)

/** Days of the reading's own zone; the id is the day number. */
export const dayWindows: Windower = calendar(
  'calendarDays',
  'day',
  (window) => dayText(window.id),
  (instant, zone) => {
    const day = zone.dayOf(instant)
    return withId(day, zone.daySpan(day))
  },
  (id, zone) => withId(id, zone.daySpan(id)),
  true,
)

/** Months of the reading's own zone; the id is the month number. */
export const monthWindows: Windower = {
  ...calendar(
    'calendarMonths',
    'month',
    (window) => monthText(window.id),
    (instant, zone) => {
      const month = zone.monthOf(instant)
      return withId(month, zone.monthSpan(month))
    },
    (id, zone) => withId(id, zone.monthSpan(id)),
    true,
  ),
  parts: dayWindows,
}
