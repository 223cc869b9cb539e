import { DateTime, IANAZone } from 'luxon'

/** Start inclusive, end exclusive, milliseconds since the epoch. */
export interface Bounds {
  readonly start: number
  readonly end: number
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** Since 1972 every zone's offset is a whole number of quarters of an hour, and changes at one. */
const QUARTER = 15 * MINUTE

const dayStarts = new Map<string, number>()

/**
 * The first instant whose local date is `day` or later, found by looking at one quarter of an hour after another: so a day
 * has 23, 24 or 25 hours where clocks change, and a date that is named twice belongs to the day that began first.
 */
export function startOfDay(day: string, zone: string): number {
  const name = `${zone} ${day}`
  let found = dayStarts.get(name)
  if (found === undefined) {
    found = DateTime.fromISO(day, { zone: 'utc' }).toMillis() - 15 * HOUR
    while (dateOf(found, zone) < day) found += QUARTER
    dayStarts.set(name, found)
  }
  return found
}

/** The local day (`YYYY-MM-DD`) of an instant. */
export function dayOf(instant: number, zone: string): string {
  const date = dateOf(instant, zone)
  const next = dayAfter(date)
  return startOfDay(next, zone) <= instant ? next : date
}

export function dayBounds(day: string, zone: string): Bounds {
  return { start: startOfDay(day, zone), end: startOfDay(dayAfter(day), zone) }
}

/** The local month (`YYYY-MM`) of an instant. */
export function monthOf(instant: number, zone: string): string {
  return dayOf(instant, zone).slice(0, 7)
}

export function monthBounds(month: string, zone: string): Bounds {
  const next = DateTime.fromISO(`${month}-01`, { zone: 'utc' }).plus({ months: 1 }).toFormat('yyyy-MM')
  return { start: startOfDay(`${month}-01`, zone), end: startOfDay(`${next}-01`, zone) }
}

export function monthBefore(month: string): string {
  return DateTime.fromISO(`${month}-01`, { zone: 'utc' }).minus({ months: 1 }).toFormat('yyyy-MM')
}

/** The clock hour around an instant: as far as the local hour and the offset stay what they are. */
export function hourBounds(instant: number, zone: string): Bounds {
  const hour = clockHour(instant, zone)
  let start = Math.floor(instant / QUARTER) * QUARTER
  while (clockHour(start - QUARTER, zone) === hour) start -= QUARTER
  let end = start + QUARTER
  while (clockHour(end, zone) === hour) end += QUARTER
  return { start, end }
}

function clockHour(instant: number, zone: string): string {
  return localText(instant, zone, 'yyyy-MM-dd HH ZZ')
}

function dateOf(instant: number, zone: string): string {
  return localText(instant, zone, 'yyyy-MM-dd')
}

function dayAfter(day: string): string {
  return DateTime.fromISO(day, { zone: 'utc' }).plus({ days: 1 }).toFormat('yyyy-MM-dd')
}

const texts = new Map<string, string>()

/** Remembered, since luxon asks the platform each time; hour, date and offset are the same in a whole quarter of an hour. */
function localText(instant: number, zone: string, format: string): string {
  const quarter = Math.floor(instant / QUARTER) * QUARTER
  const name = `${format} ${zone} ${quarter}`
  let text = texts.get(name)
  if (text === undefined) {
    text = DateTime.fromMillis(quarter, { zone: IANAZone.create(zone) }).toFormat(format)
    texts.set(name, text)
  }
  return text
}
