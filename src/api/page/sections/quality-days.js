// @ts-check
import { numberOf } from '../charts/row-values.js'
import { countText } from '../number-format.js'
import { shareText } from '../quantities.js'
import { simpleTable } from '../simple-table.js'

/** @typedef {import('../types.js').Row} Row */
/**
 * What a score is called.
 * @typedef {object} Grade
 * @property {string} id
 * @property {number} from
 * @property {string} word
 * @property {string} label
 */

/** Below 80 the alert WindrowQualityLow speaks. @type {readonly Grade[]} */
export const GRADES = [
  { id: 'good', from: 95, word: 'good', label: 'Good: 95 and more' },
  { id: 'fair', from: 80, word: 'fair', label: 'Fair: 80 to 95' },
  { id: 'poor', from: Number.NEGATIVE_INFINITY, word: 'poor', label: 'Poor: below 80' },
]

const MOST_LINES = 200

/** @param {Row} row @returns {Grade} */
export function gradeOf(row) {
  const score = numberOf('score')(row) ?? 0
  return /** @type {Grade} */ (GRADES.find(({ from }) => score >= from))
}

/** Rounded down: 94.9 is not good, and 99.9 is not all. @param {Row} row */
export const scoreText = (row) => String(Math.floor(numberOf('score')(row) ?? 0))

/**
 * Why days are not good although nothing is missing; empty where there is no such day.
 * @param {Row[]} rows
 */
export function lateNote(rows) {
  if (!rows.some((row) => numberOf('timeliness')(row) === 0)) return ''
  return ' A day of which nothing came in time scores 85 at best: so does the week before a station’s first start, which comes all at once.'
}

/**
 * The last finished day of each series, the lowest score first.
 * @param {Row[]} rows Newest first.
 * @returns {Row[]}
 */
export function lastFinishedDays(rows) {
  /** @type {Map<string, Row>} */
  const last = new Map()
  for (const row of rows) {
    const line = JSON.stringify([row.kind, row.station_id, row.series])
    if (row.complete === true && !last.has(line)) last.set(line, row)
  }
  return [...last.values()].sort((left, right) => Number(left.score) - Number(right.score)).slice(0, MOST_LINES)
}

/**
 * @param {Row[]} rows
 * @param {(row: Row) => HTMLElement} link
 * @param {(row: Row) => string} labelOf
 */
export function lastFinishedTable(rows, link, labelOf) {
  const share = (/** @type {string} */ column) => (/** @type {Row} */ row) => {
    const value = numberOf(column)(row)
    return value === null ? '–' : shareText(value)
  }
  const count = (/** @type {string} */ column) => (/** @type {Row} */ row) => countText(Number(row[column]))
  return simpleTable(
    'Last finished day of every series',
    [
      { title: 'Station', cell: labelOf },
      { title: 'Day', cell: link },
      { title: 'Score', cell: (row) => `${scoreText(row)} ${gradeOf(row).word}`, number: true },
      { title: 'Complete', cell: share('completeness'), number: true, doc: 'Share of the day that readings cover.' },
      {
        title: 'Valid',
        cell: share('validity'),
        number: true,
        doc: 'Values that are there and plausible, of those of measured quantities.',
      },
      {
        title: 'In time',
        cell: share('timeliness'),
        number: true,
        doc: 'Readings that first came within two hours after their end, or their own interval; what came after seven days is not judged.',
      },
      { title: 'Regular', cell: share('regularity'), number: true, doc: 'Judged values that are no outliers.' },
      { title: 'Readings', cell: (row) => `${countText(Number(row.n))} of ${countText(Number(row.expected))}`, number: true },
      {
        title: 'Missing',
        cell: count('missing_n'),
        number: true,
        doc: 'Values that readings lack of quantities that others have.',
      },
      { title: 'Implausible', cell: count('implausible_n'), number: true, doc: 'Values that cannot be true.' },
      { title: 'Outliers', cell: count('outlier_n'), number: true, doc: 'Values that stand out from those before and after.' },
      { title: 'Duplicates', cell: count('duplicate_n'), number: true, doc: 'Records that repeat what a reading says already.' },
    ],
    rows,
  )
}
