// @ts-check

/**
 * Draws bars that cover their windows from side to side, so that a day of 23 hours is narrower than one of 25; or a part of them, beside
 * other bars.
 * @param {() => import('./chart-data.js').Grid} grid
 * @param {[number, number]} [slot]
 * @returns {uPlot.Series.PathBuilder}
 */
export function barPath(grid, [first, last] = [0, 1]) {
  return (u, series) => {
    const path = new Path2D()
    const scale = /** @type {string} */ (u.series[series]?.scale)
    const ground = u.valToPos(Math.max(0, u.scales[scale]?.min ?? 0), scale, true)
    const values = /** @type {(number | null | undefined)[]} */ (u.data[series] ?? [])
    const { entries } = grid()
    values.forEach((value, index) => {
      const entry = entries[index]
      if (value == null || !entry) return
      const left = u.valToPos(entry.start / 1000, 'x', true)
      const right = u.valToPos(entry.end / 1000, 'x', true)
      const gap = Math.min(6 * devicePixelRatio, (right - left) * 0.16)
      const width = right - left - gap
      const top = u.valToPos(value, scale, true)
      path.rect(left + gap / 2 + width * first, top, Math.max(1, width * (last - first)), ground - top)
    })
    return { stroke: path, fill: path }
  }
}
