// @ts-check

/** @typedef {import('../types.js').Entry} Entry */
/** @typedef {import('../types.js').Row} Row */
/**
 * What is drawn of a column. `line` and `area` join the middles of windows, `points` stand there alone, `bar` covers a window from side
 * to side.
 * @typedef {object} Mark
 * @property {'line' | 'area' | 'bar' | 'points'} draw
 * @property {(row: Row) => number | null | undefined} value Null is a gap; undefined: a point of others, across which a line goes on.
 * @property {(row: Row) => boolean} [when] Only of these rows.
 * @property {(row: Row) => boolean} [unsure] Drawn dashed, as what may still change or stands on too little; without it windows that are open.
 * @property {string} color A custom property.
 * @property {'solid' | 'hollow'} [look]
 * @property {number[]} [dash] Lengths of its dashes and of what is between them, in pixels.
 * @property {[number, number]} [slot] Of a bar: which part of its window it covers, from 0 to 1.
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

/** @param {Row} row */
const isOpen = (row) => row.complete === false

/**
 * The values of a mark at every point of the grid.
 * @param {Grid} grid
 * @param {Mark} mark
 * @returns {(number | null | undefined)[]}
 */
export function valuesOf({ entries }, { value, when }) {
  return entries.map((entry) => (entry === null || (when !== undefined && !when(entry.row)) ? null : value(entry.row)))
}

/**
 * A line cut in two: what is final, and what leads to and from windows that are unsure (drawn dashed). The two share the points where they
 * meet.
 * @param {Grid} grid
 * @param {(number | null | undefined)[]} values
 * @param {(row: Row) => boolean} [unsure]
 */
export function splitUnsure({ entries }, values, unsure = isOpen) {
  const own = values.flatMap((value, i) => (value === undefined ? [] : [i]))
  const isUnsure = own.map((i) => entries[i] != null && unsure(/** @type {Entry} */ (entries[i]).row))
  /** @type {(number | null | undefined)[]} */
  const final = values.map(() => undefined)
  const open = [...final]
  own.forEach((i, at) => {
    final[i] = isUnsure[at] ? null : values[i]
    open[i] = isUnsure[at] || isUnsure[at - 1] || isUnsure[at + 1] ? values[i] : null
  })
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
