import type { TimeZone } from '../core/time-zone.ts'
import { BadReading } from './bad-reading.ts'

const TIMESTAMP =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?(?: ?(Z|UTC|[+-]\d{2}(?::?\d{2})?))?$/

/** No local clock is further from UTC than this. */
const FARTHEST_OFFSET_MS = 15 * 3_600_000

/** Whole numbers from here on are milliseconds (this one is in 1973), smaller ones seconds since the epoch. */
const FIRST_MILLIS = 100_000_000_000

/**
 * The instant that a timestamp names, in milliseconds since the epoch; parts of a millisecond are dropped. Texts are ISO 8601 with
 * `T` or a space; one without an offset is a local time of `zone`. Numbers (and texts of digits alone) are seconds since the epoch
 * below 1e11, milliseconds from there on. A local time that comes twice (clocks go back) is the earlier of the two.
 * Throws BadReading for a date or time that does not exist, among them local times that clocks skip.
 */
export function instantOf(value: unknown, zone: TimeZone, column = 'timestamp'): number {
  if (value instanceof Date) return epochMillis(value.getTime(), column)
  if (typeof value === 'number' || typeof value === 'bigint') return epochInstant(Number(value), column)
  if (typeof value !== 'string' || value.trim() === '') {
    throw new BadReading('WR_READING_TIMESTAMP', `${column}: there is none`)
  }
  const text = value.trim()
  if (/^-?\d{6,}$/.test(text)) return epochInstant(Number(text), column)
  const refuse = (why: string): never => {
    throw new BadReading('WR_READING_TIMESTAMP', `${column}: ${JSON.stringify(text.slice(0, 60))} ${why}`)
  }
  const parts = TIMESTAMP.exec(text)
  if (parts === null) return refuse('is no time as 2025-01-31T02:30:00Z or 2025-01-31 02:30')
  const local = utcOf(parts)
  if (Number.isNaN(local)) return refuse('is a day or a time that does not exist')
  const offset = parts[8]
  const instant = offset === undefined ? fromLocal(local, zone) : local - offsetMs(offset)
  if (!Number.isNaN(instant)) return instant
  return refuse(
    offset === undefined ? `is skipped by the clocks of ${zone.name}, which go forward then` : 'has an offset that no clock has',
  )
}

/** The instant at which clocks of the zone first show a local time, given as if it were UTC; NaN where they skip it. */
function fromLocal(local: number, zone: TimeZone): number {
  if (Number.isNaN(local) || zone.name === 'UTC') return local
  const before = zone.offsetAt(local - FARTHEST_OFFSET_MS)
  const after = zone.offsetAt(local + FARTHEST_OFFSET_MS)
  if (before === after) return local - before
  const early = local - Math.max(before, after)
  if (zone.offsetAt(early) === Math.max(before, after)) return early
  const late = local - Math.min(before, after)
  return zone.offsetAt(late) === Math.min(before, after) ? late : Number.NaN
}

function epochInstant(value: number, column: string): number {
  return epochMillis(Math.abs(value) < FIRST_MILLIS ? value * 1000 : value, column)
}

function epochMillis(millis: number, column: string): number {
  if (!Number.isSafeInteger(Math.trunc(millis)))
    throw new BadReading('WR_READING_TIMESTAMP', `${column}: ${millis} is no point in time`)
  return Math.floor(millis)
}

function utcOf(parts: RegExpExecArray): number {
  const part = (i: number): number => Number(parts[i] ?? 0)
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)]
  // JavaScript takes the years 0 to 99 for 1900 to 1999.
  if (year < 1000 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return Number.NaN
  const midnight = Date.UTC(year, month - 1, day)
  // A day past the month's end would roll over into the next.
  if (new Date(midnight).getUTCDate() !== day) return Number.NaN
  return midnight + hour * 3_600_000 + minute * 60_000 + second * 1000 + Number((parts[7] ?? '').slice(0, 3).padEnd(3, '0'))
}

function offsetMs(text: string): number {
  if (text === 'Z' || text === 'UTC') return 0
  const digits = text.slice(1).replace(':', '')
  const hours = Number(digits.slice(0, 2))
  const minutes = Number(digits.slice(2, 4) || '0')
  if (hours > 15 || minutes > 59) return Number.NaN
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
