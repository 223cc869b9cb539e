// @ts-check
import { HOUR_MS, MINUTE_MS, nextLabel, startOfLocal } from './zone-time.js'

/** @typedef {import('./types.js').Entry} Entry */

/**
 * The stretch of time that a row is about.
 * @param {import('./types.js').View} view
 * @param {import('./types.js').Row} row
 * @param {import('./types.js').Station} station
 */
export function spanOf(view, row, station) {
  const time = /** @type {string} */ (view.time_column)
  const cell = String(row[time])
  const type = view.columns.find(({ name }) => name === time)?.type
  if (type !== 'instant') {
    const start = row.window_start ? Date.parse(String(row.window_start)) : startOfLocal(cell, station.time_zone)
    return { start, end: startOfLocal(nextLabel(cell), station.time_zone) }
  }
  const start = Date.parse(cell)
  const minutes = typeof row.interval_minutes === 'number' ? row.interval_minutes : station.interval_minutes
  return { start, end: start + (time === 'hour' ? HOUR_MS : minutes * MINUTE_MS) }
}

/**
 * Rows of one view and station, kept up to date in the order of time.
 * @param {import('./types.js').View} view
 * @param {import('./types.js').Station} station
 */
export function createRowStore(view, station) {
  /** @type {Map<string, Entry>} */
  const byKey = new Map()
  /** @type {Entry[] | null} */
  let sorted = null

  const put = (/** @type {string} */ key, /** @type {import('./types.js').Row} */ row) => {
    byKey.set(key, { key, row, ...spanOf(view, row, station) })
    sorted = null
  }
  return {
    view,
    /** @param {import('./types.js').Row[]} rows */
    replace(rows) {
      byKey.clear()
      sorted = null
      for (const row of rows) put(JSON.stringify(view.key.map((column) => row[column])), row)
    },
    /** @param {import('./live-stream.js').Change[]} changes */
    apply(changes) {
      for (const { key, row } of changes) {
        if (row !== null) put(JSON.stringify(key), row)
        else if (byKey.delete(JSON.stringify(key))) sorted = null
      }
    },
    /** All rows that end after the instant, oldest first. @param {number} from */
    since(from) {
      sorted ??= [...byKey.values()].sort((left, right) => left.start - right.start)
      return sorted.filter(({ end }) => end > from)
    },
  }
}

/** @typedef {ReturnType<typeof createRowStore>} RowStore */
