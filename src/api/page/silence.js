// @ts-check
import { newestOf } from './range.js'
import { HOUR_MS, MINUTE_MS } from './zone-time.js'

/** A station may miss so many of its readings, and be silent for two hours in any case. */
const MISSED = 3
const SILENT_MS = 2 * HOUR_MS

/**
 * How long ago the newest reading of all ended, in milliseconds, where that is longer than its station's cadence explains; else null.
 * @param {import('./types.js').Station[]} stations
 * @param {number} now
 */
export function silenceOf(stations, now) {
  const ages = stations.map((station) => ({ age: now - newestOf(station), cadence: station.interval_minutes * MINUTE_MS }))
  if (ages.length === 0 || ages.some(({ age, cadence }) => age <= Math.max(SILENT_MS, MISSED * cadence))) return null
  return Math.min(...ages.map(({ age }) => age))
}
