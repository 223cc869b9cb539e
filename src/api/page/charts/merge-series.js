// @ts-check

/** @typedef {import('../types.js').Entry} Entry */
/** @typedef {import('../types.js').Row} Row */
/**
 * One of several lines of a chart, each with windows of its own.
 * @typedef {object} Line
 * @property {Entry[]} entries In the order of time.
 * @property {(row: Row) => number | null} value
 * @property {(row: Row) => boolean} unsure
 */

/** @param {Entry} entry */
const middleOf = ({ start, end }) => (start + end) / 2

/**
 * The instants at which some line has a value or a gap.
 * @param {Line[]} lines
 */
function pointsOf(lines) {
  /** @type {Set<number>} */
  const points = new Set()
  for (const { entries } of lines) {
    let before = Number.NaN
    for (const entry of entries) {
      if (entry.start > before) points.add((before + entry.start) / 2)
      points.add(middleOf(entry))
      before = entry.end
    }
  }
  return [...points].sort((left, right) => left - right)
}

/** @param {Entry} entry @param {Entry | null} other @param {number} at */
function isNarrower(entry, other, at) {
  if (other === null) return true
  const [length, otherLength] = [entry.end - entry.start, other.end - other.start]
  return length < otherLength || (length === otherLength && middleOf(entry) === at)
}

/**
 * The lines over one axis. The row of a point holds, by the number of the line: `v0` what is drawn there (null in a gap, undefined where
 * only another line has a point), `c0` the value of the window that the point lies in, `u0` whether that is unsure.
 * @param {Line[]} lines
 * @returns {import('./chart-data.js').Grid}
 */
export function mergeSeries(lines) {
  const points = pointsOf(lines)
  const next = lines.map(() => 0)
  const entries = points.map((at) => {
    /** @type {Record<string, import('../types.js').Cell | undefined>} */
    const row = { complete: true }
    /** @type {Entry | null} */
    let window = null
    lines.forEach(({ entries: own, value, unsure }, i) => {
      let index = /** @type {number} */ (next[i])
      while (index < own.length && /** @type {Entry} */ (own[index]).end <= at) index++
      next[i] = index
      const entry = own[index]
      const found = entry !== undefined && entry.start <= at ? entry : null
      const current = found === null ? null : value(found.row)
      row[`c${i}`] = current
      row[`v${i}`] = found !== null && middleOf(found) !== at ? undefined : current
      row[`u${i}`] = found !== null && unsure(found.row)
      if (found === null) return
      if (found.row.complete === false) row.complete = false
      if (isNarrower(found, window, at)) window = found
    })
    const within = /** @type {Entry | null} */ (window)
    return within === null ? null : { key: String(at), row: /** @type {Row} */ (row), start: within.start, end: within.end }
  })
  return { x: points.map((at) => at / 1000), entries }
}
