// @ts-check
import uPlot from '/assets/uplot/uPlot.esm.js'
import { themeColor } from '../theme.js'
import { barPath } from './bar-path.js'
import { axesOf } from './chart-axes.js'
import { splitOpen, valuesOf } from './chart-data.js'
import { drawGuideline } from './guideline.js'
import { yRange } from './y-axis.js'

/** @typedef {import('../types.js').Row} Row */
/** @typedef {import('./chart-data.js').Mark} Mark */
/** @typedef {import('./chart-data.js').Grid} Grid */
/**
 * A chart of one quantity.
 * @typedef {object} ChartSpec
 * @property {string} id
 * @property {string} title
 * @property {string} unit As it is written.
 * @property {number} [displayScale] What values are multiplied by to be in that unit.
 * @property {Mark[]} marks
 * @property {{ low: (row: Row) => number | null, high: (row: Row) => number | null, color: string }} [band]
 * @property {{ value: number, label: string }} [guideline]
 * @property {boolean} [fromZero]
 * @property {number} [leastSpan] The y axis spans no less, so that noise does not look like a storm.
 * @property {boolean} [wide] As wide as the page.
 * @property {LegendItem[]} legend
 */
/**
 * @typedef {object} LegendItem
 * @property {string} label
 * @property {string} color
 * @property {'line' | 'area' | 'bar' | 'hollow' | 'dashed'} look
 * @property {(row: Row) => string | null} [text] Its value in a row, null where the item does not apply to it.
 */
/**
 * @typedef {object} ChartContext
 * @property {string} zone
 * @property {() => Grid} grid
 * @property {() => [number, number]} xRange In seconds.
 * @property {'instant' | 'day' | 'month'} window What a row is about: a name under the middle of each day or month, else times of the clock.
 */

/** A guideline is part of the scale when what is drawn comes as near to it as this. */
const GUIDELINE_NEAR = 0.4

const faint = (/** @type {string} */ color, /** @type {number} */ percent) => () =>
  `color-mix(in srgb, ${themeColor(color)} ${percent}%, transparent)`

/**
 * Draws only the points that no line reaches, between two gaps.
 * @type {(u: uPlot, series: number) => number[]}
 */
function lonelyPoints(u, series) {
  const values = /** @type {(number | null)[]} */ (u.data[series] ?? [])
  return values.flatMap((value, i) =>
    value !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null ? [i] : [],
  )
}

/**
 * @param {Mark} mark
 * @param {boolean} open
 * @param {ChartContext} context
 * @returns {uPlot.Series}
 */
function seriesOf(mark, open, { grid }) {
  const stroke = () => themeColor(mark.color)
  if (mark.draw === 'bar') {
    const hollow = mark.look === 'hollow'
    return {
      paths: barPath(grid),
      ...(hollow || open ? { stroke } : {}),
      ...(open ? { dash: [4, 3] } : {}),
      width: hollow || open ? 1 : 0,
      fill: faint(mark.color, hollow ? 8 : open ? 30 : 82),
      points: { show: false },
    }
  }
  return {
    stroke,
    width: 1.75,
    alpha: open ? 0.75 : 1,
    ...(open ? { dash: [4, 4] } : mark.dashed ? { dash: [6, 4] } : {}),
    ...(mark.draw === 'area' ? { fill: faint(mark.color, open ? 10 : 24) } : {}),
    points: { show: false, filter: lonelyPoints, size: 4, fill: stroke },
  }
}

/** @param {(row: Row) => number | null} value @returns {Mark} */
const edge = (value) => ({ draw: 'line', value, color: '--muted' })

/**
 * The columns that uPlot draws, in the order of the series of `chartOptions`.
 * @param {ChartSpec} spec
 * @param {Grid} grid
 * @returns {uPlot.AlignedData}
 */
export function chartData(spec, grid) {
  const band = spec.band ? [valuesOf(grid, edge(spec.band.high)), valuesOf(grid, edge(spec.band.low))] : []
  const marks = spec.marks.flatMap((mark) => {
    const values = valuesOf(grid, mark)
    const { final, open } = splitOpen(grid, values)
    // Bars do not touch, so an open one has nothing to share with its neighbour.
    return mark.draw === 'bar' ? [final, values.map((value, i) => (final[i] === null ? value : null))] : [final, open]
  })
  return [grid.x, ...band, ...marks]
}

/**
 * @param {ChartSpec} spec
 * @param {ChartContext} context
 * @param {{ width: number, height: number, sync: string, onCursor: (u: uPlot) => void, onZoom: (from: number, to: number) => void }} options
 * @returns {uPlot.Options}
 */
export function chartOptions(spec, context, { width, height, sync, onCursor, onZoom }) {
  const { band, guideline } = spec
  /** @type {uPlot.Series} */
  const edgeSeries = { stroke: 'transparent', width: 0, points: { show: false } }
  const isLine = (/** @type {number} */ series) =>
    series > (band ? 2 : 0) && spec.marks[Math.floor((series - (band ? 3 : 1)) / 2)]?.draw !== 'bar'
  return {
    width,
    height,
    padding: [8, 20, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: false, range: () => context.xRange() },
      y: {
        range: (_u, low, high) => {
          const { fromZero = false, leastSpan = 0 } = spec
          const near = guideline !== undefined && high !== null && high >= guideline.value * GUIDELINE_NEAR
          return yRange(Number.isFinite(low) ? low : null, Number.isFinite(high) ? high : null, {
            fromZero,
            leastSpan,
            include: near ? guideline.value : null,
          })
        },
      },
    },
    axes: axesOf(context, spec.displayScale ?? 1),
    series: [
      {},
      ...(band ? [edgeSeries, edgeSeries] : []),
      ...spec.marks.flatMap((mark) => [seriesOf(mark, false, context), seriesOf(mark, true, context)]),
    ],
    bands: band ? [{ series: [1, 2], fill: faint(band.color, 18) }] : [],
    cursor: {
      y: false,
      sync: { key: sync, scales: ['x', null] },
      points: { size: (_u, series) => (isLine(series) ? 7 : 0), width: 1.5 },
      drag: { x: true, y: false, setScale: false },
    },
    hooks: {
      setCursor: [onCursor],
      setSelect: [
        (u) => {
          if (u.select.width < 6) return
          const from = u.posToVal(u.select.left, 'x')
          const to = u.posToVal(u.select.left + u.select.width, 'x')
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          onZoom(from * 1000, to * 1000)
        },
      ],
      draw: guideline === undefined ? [] : [(u) => drawGuideline(guideline, u)],
    },
  }
}

export { uPlot }
