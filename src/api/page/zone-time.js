// @ts-check

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map()
/** @type {Map<string, number>} */
const offsets = new Map()

/** @param {string} zone */
function formatOf(zone) {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    })
    formats.set(zone, format)
  }
  return format
}

/**
 * Milliseconds to add to UTC to get the zone's clock. Offsets change at quarters of an hour, so one answer serves fifteen minutes.
 * @param {number} instant
 * @param {string} zone
 */
export function offsetAt(instant, zone) {
  if (zone === 'UTC') return 0
  const quarter = Math.floor(instant / (15 * MINUTE_MS)) * 15 * MINUTE_MS
  const known = offsets.get(`${zone}${quarter}`)
  if (known !== undefined) return known
  /** @type {Record<string, number>} */
  const parts = {}
  for (const { type, value } of formatOf(zone).formatToParts(quarter)) parts[type] = Number(value)
  const local = Date.UTC(parts.year ?? 0, (parts.month ?? 1) - 1, parts.day, parts.hour, parts.minute)
  offsets.set(`${zone}${quarter}`, local - quarter)
  return local - quarter
}

/**
 * The zone's clock at the instant, as a Date whose UTC fields show it.
 * @param {number} instant
 * @param {string} zone
 */
export function localDate(instant, zone) {
  return new Date(instant + offsetAt(instant, zone))
}

/**
 * The first instant at which the zone's clock shows the local time or, where it was skipped, a later one.
 * @param {number} local The local time as if it were UTC.
 * @param {string} zone
 */
export function instantOfLocal(local, zone) {
  const before = local - offsetAt(local - DAY_MS, zone)
  const after = local - offsetAt(local + DAY_MS, zone)
  const fits = [Math.min(before, after), Math.max(before, after)].find((instant) => instant + offsetAt(instant, zone) === local)
  return fits ?? Math.max(before, after)
}

/**
 * The first instant of a local day (`YYYY-MM-DD`) or month (`YYYY-MM`).
 * @param {string} label
 * @param {string} zone
 */
export function startOfLocal(label, zone) {
  return instantOfLocal(Date.parse(`${label.length === 7 ? `${label}-01` : label}T00:00:00Z`), zone)
}

/** @param {string} label A day or month. */
export function nextLabel(label) {
  const date = new Date(`${label.length === 7 ? `${label}-01` : label}T00:00:00Z`)
  if (label.length === 7) date.setUTCMonth(date.getUTCMonth() + 1)
  else date.setUTCDate(date.getUTCDate() + 1)
  return date.toISOString().slice(0, label.length)
}

/**
 * The local day (`YYYY-MM-DD`) of an instant.
 * @param {number} instant
 * @param {string} zone
 */
export function dayOf(instant, zone) {
  return localDate(instant, zone).toISOString().slice(0, 10)
}

const two = (/** @type {number} */ number) => String(number).padStart(2, '0')
const clock = (/** @type {Date} */ date) => `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`
const shortDay = (/** @type {Date} */ date) => `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`
const longDay = (/** @type {Date} */ date) => `${WEEKDAYS[date.getUTCDay()]} ${shortDay(date)} ${date.getUTCFullYear()}`

/** @param {string} label `2025-03-30` or `2025-03` @returns {string} `Sun 30 Mar 2025` or `Mar 2025` */
export function labelText(label) {
  const date = new Date(`${label.length === 7 ? `${label}-01` : label}T00:00:00Z`)
  return label.length === 7 ? `${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}` : longDay(date)
}

/**
 * `+02:00`
 * @param {number} instant
 * @param {string} zone
 */
export function offsetText(instant, zone) {
  const minutes = offsetAt(instant, zone) / MINUTE_MS
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

/**
 * Whether the zone's clock shows this time twice, for instance 02:30 on the day when summer time ends.
 * @param {number} instant
 * @param {string} zone
 */
function isAmbiguous(instant, zone) {
  const local = instant + offsetAt(instant, zone)
  return [HOUR_MS, -HOUR_MS].some((shift) => instant + shift + offsetAt(instant + shift, zone) === local)
}

/**
 * `Sun 30 Mar 2025 03:15`, with the offset where the clock shows that time twice.
 * @param {number} instant
 * @param {string} zone
 */
export function timeText(instant, zone) {
  const date = localDate(instant, zone)
  return `${longDay(date)} ${clock(date)}${isAmbiguous(instant, zone) ? ` (${offsetText(instant, zone)})` : ''}`
}

/**
 * `2025-03-30 03:15`, with the offset where the clock shows that time twice: for tables.
 * @param {number} instant
 * @param {string} zone
 */
export function plainTimeText(instant, zone) {
  const text = localDate(instant, zone).toISOString()
  const seconds = text.slice(17, 19) === '00' ? '' : text.slice(16, 19)
  return `${text.slice(0, 10)} ${text.slice(11, 16)}${seconds}${isAmbiguous(instant, zone) ? ` ${offsetText(instant, zone)}` : ''}`
}

/**
 * A text of `spanText` without the year, for where it is plain.
 * @param {string} text
 */
export function withoutYear(text) {
  return text.replaceAll(/(\d [A-Z][a-z]{2}) \d{4}/g, '$1')
}

/**
 * `Sun 30 Mar 2025 03:00–04:00`, `Sun 30 Mar 2025` or `Mar 2025`: a stretch of time in words.
 * @param {number} start
 * @param {number} end
 * @param {string} zone
 */
export function spanText(start, end, zone) {
  const [from, to] = [localDate(start, zone), localDate(end, zone)]
  const midnights = clock(from) === '00:00' && clock(to) === '00:00'
  if (midnights && end - start <= 26 * HOUR_MS) return longDay(from)
  if (midnights && from.getUTCDate() === 1 && to.getUTCDate() === 1 && end - start < 32 * DAY_MS)
    return labelText(dayOf(start, zone).slice(0, 7))
  return `${timeText(start, zone)}–${dayOf(start, zone) === dayOf(end, zone) || clock(to) === '00:00' ? clock(to) : timeText(end, zone)}`
}

/**
 * As `spanText`, without the year where all the spans lie in one.
 * @param {{ start: number, end: number }[]} spans In the order of time.
 * @returns {(span: { start: number, end: number }, zone: string) => string}
 */
export function spanTexts(spans) {
  const year = (/** @type {number | undefined} */ at) => new Date(at ?? 0).getUTCFullYear()
  const isOne = year(spans[0]?.start) === year((spans.at(-1)?.end ?? 1) - 1)
  return ({ start, end }, zone) => (isOne ? withoutYear(spanText(start, end, zone)) : spanText(start, end, zone))
}

/**
 * `just now`, `42 s`, `5 min`, `3 h`, `12 days`
 * @param {number} milliseconds
 */
export function ageText(milliseconds) {
  if (milliseconds < 2000) return 'just now'
  // Rounded before the unit is chosen: else "120 s" stands beside "2 min".
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 90) return `${seconds} s ago`
  const minutes = Math.round(milliseconds / MINUTE_MS)
  if (minutes < 120) return `${minutes} min ago`
  if (milliseconds < 2 * DAY_MS) return `${Math.round(milliseconds / HOUR_MS)} h ago`
  return `${Math.round(milliseconds / DAY_MS)} days ago`
}
