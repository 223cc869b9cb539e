// @ts-check
import { DAY_MS, dayOf, HOUR_MS, MINUTE_MS, nextLabel, startOfLocal } from './zone-time.js'

/** @typedef {import('./types.js').Station} Station */
/** @typedef {import('./app-state.js').AppState} AppState */
/**
 * A stretch of time that the page shows. `to` null: up to the newest, and on.
 * @typedef {{ from: number, to: number | null }} Range
 */

/** What a row is about. @typedef {'instant' | 'day' | 'month'} Window */

/**
 * @param {import('./types.js').View} view
 * @returns {Window}
 */
export function windowOf({ columns, time_column }) {
  const type = columns.find(({ name }) => name === time_column)?.type
  return type === 'day' || type === 'month' ? type : 'instant'
}

/** @type {Record<string, number>} */
const HOURS = { '24h': 24, '7d': 7 * 24, '30d': 30 * 24, '90d': 90 * 24 }

/**
 * The end of the newest reading: where ranges like "24 h" end, so that an old recording is seen as well as a live one.
 * @param {Station} station
 */
export function newestOf(station) {
  return Date.parse(station.last_reading) + station.interval_minutes * MINUTE_MS
}

/**
 * How many hours the range is long.
 * @param {AppState} state
 * @param {Station} station
 */
export function rangeHours(state, station) {
  if (state.range === 'custom' && state.from !== null && state.to !== null) {
    return (Date.parse(state.to) - Date.parse(state.from)) / HOUR_MS + 24
  }
  return HOURS[state.range] ?? (newestOf(station) - Date.parse(station.first_reading)) / HOUR_MS
}

/**
 * @param {AppState} state
 * @param {Station} station
 * @param {number} newest Where the range ends that has no end of its own.
 * @param {{ window: Window, leastHours?: number }} options What a row is about: days begin with a whole local day (the last one counts as
 * one), months with the whole month that the range begins in.
 * @returns {Range}
 */
export function resolveRange(state, station, newest, { window, leastHours = 0 }) {
  const range = rangeOfDays(state, station, newest, window !== 'instant', leastHours)
  if (window !== 'month') return range
  return { ...range, from: startOfLocal(dayOf(range.from, station.time_zone).slice(0, 7), station.time_zone) }
}

/**
 * @param {AppState} state
 * @param {Station} station
 * @param {number} newest
 * @param {boolean} wholeDays
 * @param {number} leastHours
 * @returns {Range}
 */
function rangeOfDays(state, station, newest, wholeDays, leastHours) {
  const zone = station.time_zone
  if (state.range === 'custom' && state.from !== null && state.to !== null) {
    return { from: startOfLocal(state.from, zone), to: startOfLocal(nextLabel(state.to), zone) }
  }
  const hours = Math.max(HOURS[state.range] ?? Number.POSITIVE_INFINITY, leastHours)
  if (hours === Number.POSITIVE_INFINITY)
    return { from: startOfLocal(dayOf(Date.parse(station.first_reading), zone), zone), to: null }
  if (!wholeDays) return { from: newest - hours * HOUR_MS, to: null }
  const lastDay = Date.parse(dayOf(newest - 1, zone))
  return { from: startOfLocal(new Date(lastDay - (hours / 24 - 1) * DAY_MS).toISOString().slice(0, 10), zone), to: null }
}
