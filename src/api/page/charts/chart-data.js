// @ts-check

/** @typedef {import('../types.js').Entry} Entry */
/** @typedef {import('../types.js').Row} Row */
/**
 * What is drawn of a column. `line` and `area` join the middles of windows, `bar` covers a window from side to side.
 * @typedef {object} Mark
 * @property {'line' | 'area' | 'bar'} draw
 * @property {(row: Row) => number | null} value
 * @property {(row: Row) => boolean} [when] Only of these rows.
 * @property {string} color A custom property.
 * @property {'solid' | 'hollow'} [look]
 * @property {boolean} [dashed]
 */

/**
 * What a chart library wants: x in seconds at the middle of each window, and between windows that do not touch a point without values, so
 * that a gap is drawn as a gap.
 * @typedef {object} Grid
 * @property {number[]} x
 * @property {(Entry | null)[]} entries Null at the points in gaps.
 */

/**
 * @param {Entry[]} entries In the order of time.
 * @returns {Grid}
 */
export function gridOf(entries) {
  /** @type {Grid} */
  const grid = { x: [], entries: [] }
  let before = Number.NaN
  for (const entry of entries) {
    if (entry.start > before) {
      grid.x.push((before + entry.start) / 2000)
      grid.entries.push(null)
    }
    grid.x.push((entry.start + entry.end) / 2000)
    grid.entries.push(entry)
    before = entry.end
  }
  return grid
}

/** @param {Entry | null | undefined} entry */
const isOpen = (entry) => entry?.row.complete === false

/**
 * The values of a mark at every point of the grid.
 * @param {Grid} grid
 * @param {Mark} mark
 * @returns {(number | null)[]}
 */
export function valuesOf({ entries }, { value, when }) {
  return entries.map((entry) => (entry === null || (when !== undefined && !when(entry.row)) ? null : value(entry.row)))
}

/**
 * A line cut in two: what is final, and what leads to and from windows that are still open (drawn dashed). The two share the points where they meet.
 * @param {Grid} grid
 * @param {(number | null)[]} values
 */
export function splitOpen({ entries }, values) {
  const final = values.map((value, i) => (isOpen(entries[i]) ? null : value))
  const open = values.map((value, i) => (isOpen(entries[i]) || isOpen(entries[i - 1]) || isOpen(entries[i + 1]) ? value : null))
  return { final, open }
}

/**
 * The first point of the window that the instant lies in, else the nearest that is no gap; null where there is none.
 * @param {Grid} grid
 * @param {number} index
 */
export function entryNear({ entries }, index) {
  return entries[index] ?? entries[index - 1] ?? entries[index + 1] ?? null
}
