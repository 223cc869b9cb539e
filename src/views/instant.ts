const DAY_MS = 86_400_000
/** 0000-01-01 and 10000-01-01: between them a year has four digits. */
const FOUR_DIGITS_FROM = -62_167_219_200_000
const FOUR_DIGITS_TO = 253_402_300_800_000
const MAX_INSTANT = 8_640_000_000_000_000

const TWO_DIGITS = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'))

// Rows come in runs of one day, and the day is the dear part.
let lastDay = Number.NaN
let lastDayText = ''

/**
 * ISO 8601 in UTC, `2025-01-01T00:00:00Z`, with `.sss` only when the milliseconds are not zero. Before year 0 and after 9999 with
 * a sign and six digits. Throws RangeError for what is no whole number of milliseconds or beyond what a Date holds.
 */
export function formatInstant(ms: number): string {
  if (!Number.isInteger(ms) || ms > MAX_INSTANT || ms < -MAX_INSTANT) throw new RangeError(`${ms} is no instant in milliseconds`)
  if (ms < FOUR_DIGITS_FROM || ms >= FOUR_DIGITS_TO) return new Date(ms).toISOString().replace('.000Z', 'Z')
  const day = Math.floor(ms / DAY_MS)
  if (day !== lastDay) {
    lastDayText = new Date(day * DAY_MS).toISOString().slice(0, 11)
    lastDay = day
  }
  const inDay = ms - day * DAY_MS
  const seconds = (inDay / 1000) | 0
  const millis = inDay - seconds * 1000
  const text = `${lastDayText}${TWO_DIGITS[(seconds / 3600) | 0]}:${TWO_DIGITS[((seconds / 60) | 0) % 60]}:${TWO_DIGITS[seconds % 60]}`
  return millis === 0 ? `${text}Z` : `${text}.${String(millis).padStart(3, '0')}Z`
}

const INSTANT = /^(?:\d{4}|[+-]\d{6})-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/

/** The milliseconds of a text that `formatInstant` could have written, NaN for any other. */
export function parseInstant(text: string): number {
  if (!INSTANT.test(text)) return Number.NaN
  const ms = Date.parse(text)
  // Date.parse takes the 30th of February for the 2nd of March.
  return Number.isNaN(ms) || formatInstant(ms) !== text ? Number.NaN : ms
}
