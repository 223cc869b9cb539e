import { IANAZone } from 'luxon'
import { DAY_MS, firstDayOfMonth, HOUR_MS, monthNumberOfDay } from './calendar.ts'
import { WindrowError } from './errors.ts'

/** A stretch of time, start inclusive, end exclusive, milliseconds since the epoch. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A change of a zone's offset. */
interface Transition {
  readonly at: number
}

const NO_TRANSITION: Transition = { at: Number.NaN }

/**
 * The calendar of one IANA time zone. Offsets come from the platform's time zone data through luxon and are remembered a UTC day
 * at a time, so that asking again costs nothing.
 *
 * A local day d is [start(d), start(d + 1)) where start(d) is the first instant whose local date is d or later. So days never
 * overlap, have 23, 24 or 25 hours where clocks change, none where a zone skipped a date, and every instant has exactly one.
 */
export class TimeZone {
  readonly name: string
  private readonly zone: IANAZone
  private readonly transitions = new Map<number, Transition>()
  private readonly offsets = new Map<number, number>()
  private lastDay = Number.NaN
  private lastDayStart = Number.NaN
  private lastDayEnd = Number.NaN
  private readonly dayStarts = new Map<number, number>()

  constructor(name: string) {
    this.name = name
    this.zone = IANAZone.create(name)
    if (!this.zone.isValid) {
      throw new WindrowError('WR_TIME_ZONE', {
        message: `There is no time zone called ${JSON.stringify(name)}.`,
        remedy: 'Use a name of the IANA time zone database, for instance Europe/Paris or UTC.',
        kind: 'usage',
        facts: { timeZone: name },
      })
    }
  }

  /** Milliseconds to add to UTC to get local time at that instant. */
  offsetAt(instant: number): number {
    const day = Math.floor(instant / DAY_MS)
    const transition = this.transitionIn(day)
    const atDayStart = this.offsets.get(day) as number
    if (transition === NO_TRANSITION || instant < transition.at) return atDayStart
    return this.zone.offset(instant) * 60_000
  }

  /** The number of the local day (1970-01-01 is 0) that the instant belongs to. */
  dayOf(instant: number): number {
    if (instant >= this.lastDayStart && instant < this.lastDayEnd) return this.lastDay
    let day = Math.floor((instant + this.offsetAt(instant)) / DAY_MS)
    // Where clocks go back over midnight the local date is named twice; the day that began first keeps the instant.
    if (instant >= this.dayStart(day + 1)) day += 1
    this.lastDay = day
    this.lastDayStart = this.dayStart(day)
    this.lastDayEnd = this.dayStart(day + 1)
    return day
  }

  /** The first instant of a local day. */
  dayStart(day: number): number {
    let start = this.dayStarts.get(day)
    if (start === undefined) {
      start = this.findDayStart(day)
      this.dayStarts.set(day, start)
    }
    return start
  }

  daySpan(day: number): Span {
    return { start: this.dayStart(day), end: this.dayStart(day + 1) }
  }

  monthOf(instant: number): number {
    return monthNumberOfDay(this.dayOf(instant))
  }

  monthSpan(month: number): Span {
    return { start: this.dayStart(firstDayOfMonth(month)), end: this.dayStart(firstDayOfMonth(month + 1)) }
  }

  /** The local clock hour around the instant: shorter than 60 minutes only where an offset changes by a part of an hour. */
  hourSpan(instant: number): Span {
    const offset = this.offsetAt(instant)
    const start = instant - mod(instant + offset, HOUR_MS)
    return {
      start: this.lastTransitionIn(start, instant) ?? start,
      end: this.firstTransitionAfter(instant, start + HOUR_MS) ?? start + HOUR_MS,
    }
  }

  private findDayStart(day: number): number {
    const nominal = day * DAY_MS
    // Offsets lie within 26 hours of each other, so whatever decides is in this range.
    let from = nominal - DAY_MS - 2 * HOUR_MS
    const until = nominal + DAY_MS + 2 * HOUR_MS
    while (from < until) {
      const next = this.firstTransitionAfter(from, until) ?? until
      const candidate = Math.max(from, nominal - this.offsetAt(from))
      if (candidate < next) return candidate
      from = next
    }
    return until
  }

  private firstTransitionAfter(instant: number, before: number): number | undefined {
    for (let day = Math.floor(instant / DAY_MS); day * DAY_MS < before; day++) {
      const { at } = this.transitionIn(day)
      if (at > instant && at < before) return at
    }
    return undefined
  }

  private lastTransitionIn(after: number, instant: number): number | undefined {
    for (let day = Math.floor(instant / DAY_MS); (day + 1) * DAY_MS > after; day--) {
      const { at } = this.transitionIn(day)
      if (at > after && at <= instant) return at
    }
    return undefined
  }

  /** The offset change in (start of the UTC day, start of the next], by bisection; zones change at most once in a day. */
  private transitionIn(day: number): Transition {
    const known = this.transitions.get(day)
    if (known !== undefined) return known
    let low = day * DAY_MS
    let high = low + DAY_MS
    const before = this.zone.offset(low)
    let found = NO_TRANSITION
    if (this.zone.offset(high) !== before) {
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2)
        if (this.zone.offset(middle) === before) low = middle
        else high = middle
      }
      found = { at: high }
    }
    this.offsets.set(day, before * 60_000)
    this.transitions.set(day, found)
    return found
  }
}

function mod(value: number, divisor: number): number {
  const rest = value % divisor
  return rest < 0 ? rest + divisor : rest
}

const zones = new Map<string, TimeZone>()

/** The calendar of a zone, one a name in the process. Throws WR_TIME_ZONE for an unknown name. */
export function timeZone(name: string): TimeZone {
  let zone = zones.get(name)
  if (zone === undefined) {
    zone = new TimeZone(name)
    zones.set(name, zone)
  }
  return zone
}
