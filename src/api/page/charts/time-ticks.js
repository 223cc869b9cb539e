// @ts-check
import { DAY_MS, HOUR_MS, instantOfLocal, localDate, MINUTE_MS } from '../zone-time.js'

/**
 * How far ticks may lie apart: minutes of the local clock, then local days, then local months.
 * @type {{ unit: 'minute' | 'day' | 'month', count: number, ms: number }[]}
 */
const STEPS = [
  ...[15, 30, 60, 120, 180, 360, 720].map((count) => ({ unit: /** @type {const} */ ('minute'), count, ms: count * MINUTE_MS })),
  ...[1, 2, 7, 14].map((count) => ({ unit: /** @type {const} */ ('day'), count, ms: count * DAY_MS })),
  ...[1, 2, 3, 6, 12, 24, 60, 120].map((count) => ({ unit: /** @type {const} */ ('month'), count, ms: count * 30.44 * DAY_MS })),
]
/** Pixels that a label needs: a time with its day below it, a day, a month. */
const LABEL_WIDTH = { minute: 58, day: 46, month: 42 }
/** Monday 5 January 1970, so that weekly ticks are Mondays. */
const A_MONDAY = 4 * DAY_MS

/**
 * @param {number} minimum
 * @param {number} maximum
 * @param {number} width
 * @param {number} leastMs
 */
function stepFor(minimum, maximum, width, leastMs) {
  const fits = (/** @type {(typeof STEPS)[number]} */ { unit, ms }) =>
    (maximum - minimum) / ms <= Math.max(2, width / LABEL_WIDTH[unit])
  return STEPS.find((step) => step.ms >= leastMs && fits(step)) ?? /** @type {(typeof STEPS)[number]} */ (STEPS.at(-1))
}

/**
 * The local times (as if they were UTC) of the ticks, from one before the beginning.
 * @param {number} local
 * @param {number} until
 * @param {(typeof STEPS)[number]} step
 * @returns {number[]}
 */
function localTicks(local, until, { unit, count, ms }) {
  const ticks = []
  if (unit === 'month') {
    const first = new Date(local)
    const month = Math.floor((first.getUTCFullYear() * 12 + first.getUTCMonth()) / count) * count
    for (let i = 0; ; i++) {
      const tick = Date.UTC(0, month + i * count, 1)
      // Date.UTC takes the years 0 to 99 for 1900 to 1999.
      const at = new Date(tick).setUTCFullYear(Math.floor((month + i * count) / 12))
      if (at > until) return ticks
      ticks.push(at)
    }
  }
  const anchor = unit === 'day' && count >= 7 ? A_MONDAY : 0
  for (let at = Math.floor((local - anchor) / ms) * ms + anchor; at <= until; at += ms) ticks.push(at)
  return ticks
}

/**
 * Instants of round local times between the two, as many as there is room for: on days with 23 or 25 hours too the labels are round,
 * and lie as far apart as the time that passed.
 * @param {number} minimum
 * @param {number} maximum
 * @param {string} zone
 * @param {number} width Room for them, in pixels.
 * @param {number} [leastMs] They lie no nearer to each other.
 * @returns {number[]}
 */
export function timeTicks(minimum, maximum, zone, width, leastMs = 0) {
  const step = stepFor(minimum, maximum, width, leastMs)
  const local = localDate(minimum, zone).getTime()
  const ticks = localTicks(local - HOUR_MS, localDate(maximum, zone).getTime() + HOUR_MS, step).map((tick) =>
    instantOfLocal(tick, zone),
  )
  return [...new Set(ticks)].filter((tick) => tick >= minimum && tick <= maximum)
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/**
 * Labels of ticks, the finer part first and the coarser below where it begins: `06:00`, `Sun 30 Mar`, `Apr`, `2025`.
 * @param {number[]} ticks
 * @param {string} zone
 * @returns {string[]}
 */
export function tickLabels(ticks, zone) {
  const dates = ticks.map((tick) => localDate(tick, zone))
  const atMidnight = (/** @type {Date} */ date) => date.getTime() % DAY_MS === 0
  const allDays = dates.every(atMidnight)
  const allMonths = allDays && dates.length > 1 && dates.every((date) => date.getUTCDate() === 1)
  let year = Number.NaN
  return dates.map((date, index) => {
    const newYear = date.getUTCFullYear() !== year
    year = date.getUTCFullYear()
    const month = MONTHS[date.getUTCMonth()]
    if (allMonths) return newYear ? `${month}\n${year}` : `${month}`
    if (allDays) return `${date.getUTCDate()} ${month}${newYear && index > 0 ? `\n${year}` : ''}`
    const time = date.toISOString().slice(11, 16)
    return atMidnight(date) || index === 0 ? `${time}\n${WEEKDAYS[date.getUTCDay()]} ${date.getUTCDate()} ${month}` : time
  })
}
