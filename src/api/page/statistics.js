// @ts-check
import { numberOf } from './charts/row-values.js'

/** @typedef {import('./types.js').Entry} Entry */
/** @typedef {import('./types.js').Row} Row */
/** @typedef {import('./quantities.js').Source} Source */
/** @typedef {{ value: number, entry: Entry }} Extreme */
/**
 * A quantity over a range. `mean`, `low` and `high` of what a whole window has or sums up are those of windows that are complete.
 * @typedef {object} Statistics
 * @property {number | null} mean Of means: over the readings, each window by how many it has.
 * @property {Extreme | null} low
 * @property {Extreme | null} high
 * @property {number | null} sum Of sums alone.
 * @property {number} covered Minutes measured / minutes of the range.
 */

/** @param {Source} source */
const cellOf = ({ column }) => numberOf(column)

/**
 * @param {Row} row
 * @param {string | [part: string, whole: string]} coverage
 */
function shareOf(row, coverage) {
  if (typeof coverage === 'string') return numberOf(coverage)(row) ?? 0
  const [part, whole] = [numberOf(coverage[0])(row) ?? 0, numberOf(coverage[1])(row) ?? 0]
  return whole === 0 ? 0 : Math.min(1, part / whole)
}

/**
 * How many milliseconds of the range the window's readings cover.
 * @param {Entry} entry
 * @param {Source} source
 * @param {[number, number]} range
 */
function coveredMs({ row, start, end }, { coverage }, [from, to]) {
  const share = coverage === undefined ? 1 : shareOf(row, coverage)
  // What a window that is open has covers its past; of one that begins before the range nobody knows which part.
  return Math.max(0, Math.min(share * (end - start), Math.min(end, to) - Math.max(start, from)))
}

/**
 * @param {Entry[]} entries
 * @param {string} column
 * @param {(value: number, other: number) => boolean} isBeyond
 */
function extremeOf(entries, column, isBeyond) {
  const read = numberOf(column)
  /** @type {Extreme | null} */
  let found = null
  for (const entry of entries) {
    const value = read(entry.row)
    if (value !== null && (found === null || isBeyond(value, found.value))) found = { value, entry }
  }
  return found
}

/**
 * Rows that were written before there was a count, and not built anew since, have 0 beside a value.
 * @param {Source} source
 * @returns {((row: Row) => number) | null}
 */
function weightOf({ count, readings }) {
  if (count === undefined) return null
  const [counted, all] = [numberOf(count), readings === undefined ? () => 0 : numberOf(readings)]
  return (row) => counted(row) || all(row) || 0
}

/**
 * @param {Entry[]} entries
 * @param {Source} source
 * @param {boolean} weighted By the readings, or where they are not counted by time.
 */
function meanOf(entries, source, weighted) {
  const [read, count] = [cellOf(source), weightOf(source)]
  let [sum, weights] = [0, 0]
  for (const { row, start, end } of entries) {
    const value = read(row)
    const weight = !weighted ? 1 : count === null ? end - start : count(row)
    if (value === null || weight === 0) continue
    sum += value * weight
    weights += weight
  }
  return weights === 0 ? null : sum / weights
}

/**
 * @param {Entry[]} entries Windows that lie in the range or touch it.
 * @param {import('./quantities.js').Quantity['kind']} kind
 * @param {Source} source
 * @param {[number, number]} range Up to the end of what could have been measured.
 * @returns {Statistics}
 */
export function statisticsOf(entries, kind, source, range) {
  const read = cellOf(source)
  const present = entries.filter(({ row }) => read(row) !== null)
  const counted = kind === 'mean' ? present : present.filter(({ row }) => row.complete !== false)
  const covered = present.reduce((sum, entry) => sum + coveredMs(entry, source, range), 0)
  return {
    mean: meanOf(counted, source, kind === 'mean'),
    low: extremeOf(counted, source.low ?? source.column, (value, other) => value < other),
    high: extremeOf(counted, source.high ?? source.column, (value, other) => value > other),
    sum: kind !== 'sum' || present.length === 0 ? null : present.reduce((sum, { row }) => sum + (read(row) ?? 0), 0),
    covered: range[1] > range[0] ? Math.min(1, covered / (range[1] - range[0])) : 0,
  }
}
