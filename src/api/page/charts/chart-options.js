// @ts-check
import uPlot from '/assets/uplot/uPlot.esm.js'
import { themeColor } from '../theme.js'
import { barPath } from './bar-path.js'
import { axesOf } from './chart-axes.js'
import { splitUnsure, valuesOf } from './chart-data.js'
import { drawGround, drawGuideline } from './guideline.js'
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
 * @property {{ at: number, label: string }[]} [ticks] The y axis goes from the first of them to the last.
 * @property {boolean} [ground] Zero is drawn: the values are above and below it.
 * @property {boolean} [wide] As wide as the page.
 * @property {number} [height] CSS pixels.
 * @property {LegendItem[]} legend
 */
/**
 * @typedef {object} LegendItem
 * @property {string} label
 * @property {string} color
 * @property {'line' | 'area' | 'bar' | 'hollow' | 'dashed' | 'dotted' | 'point' | 'none'} look
 * @property {(row: Row) => string | null} [text] Its value in a row, null where the item does not apply to it.
 * @property {number} [mark] The mark that stands out while somebody points at the item.
 */
/**
 * @typedef {object} ChartContext
 * @property {string} zone
 * @property {() => Grid} grid
 * @property {() => [number, number]} xRange In seconds.
 * @property {'instant' | 'day' | 'month'} window What a row is about: a name under the middle of each day or month, else times of the clock.
 * @property {() => number | null} standsOut The mark beside which all others are faint; null: all are alike.
 */

/** A guideline is part of the scale when what is drawn comes as near to it as this. */
const GUIDELINE_NEAR = 0.4

/** What is left of a mark's colour while another one stands out. */
const BEHIND = 0.2

/** @param {string} color @param {() => number} percent */
const faint = (color, percent) => () => `color-mix(in srgb, ${themeColor(color)} ${percent()}%, transparent)`

/**
 * Draws only the points that no line reaches, between two gaps.
 * @type {(u: uPlot, series: number) => number[]}
 */
function lonelyPoints(u, series) {
  const values = /** @type {(number | null | undefined)[]} */ (u.data[series] ?? [])
  const own = values.flatMap((value, i) => (value === undefined ? [] : [i]))
  const isGap = (/** @type {number} */ at) => (values[own[at] ?? -1] ?? null) === null
  return own.filter((_, at) => !isGap(at) && isGap(at - 1) && isGap(at + 1))
}

/** Room at the ends of an axis with ticks of its own, so that no point at an end is cut: a part of the axis. */
const TICKS_AIR = 0.04

/**
 * @param {Mark} mark
 * @param {number} index
 * @param {boolean} open
 * @param {ChartContext} context
 * @returns {uPlot.Series}
 */
function seriesOf(mark, index, open, { grid, standsOut }) {
  const share = () => (standsOut() === null || standsOut() === index ? 1 : BEHIND)
  const tint = (/** @type {number} */ percent) => faint(mark.color, () => percent * share())
  const stroke = tint(100)
  if (mark.draw === 'bar') {
    const hollow = mark.look === 'hollow'
    return {
      paths: barPath(grid, mark.slot),
      ...(hollow || open ? { stroke } : {}),
      ...(open ? { dash: [4, 3] } : {}),
      width: hollow || open ? 1 : 0,
      fill: tint(hollow ? 8 : open ? 30 : 82),
      points: { show: false },
    }
  }
  if (mark.draw === 'points') {
    const fill = open ? () => themeColor('--surface') : stroke
    return { paths: () => null, stroke, points: { show: true, size: 5, width: 1.25, stroke, fill } }
  }
  const dash = open ? [4, 4] : mark.dash
  return {
    stroke,
    width: 1.75,
    alpha: open ? 0.75 : 1,
    ...(dash === undefined ? {} : { dash }),
    ...(mark.draw === 'area' ? { fill: tint(open ? 10 : 24) } : {}),
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
    const { final, open } = splitUnsure(grid, values, mark.unsure)
    // Bars and points do not touch, so an open one has nothing to share with its neighbour.
    const apart = mark.draw === 'bar' || mark.draw === 'points'
    return apart ? [final, values.map((value, i) => (final[i] === null ? value : null))] : [final, open]
  })
  return [grid.x, ...band, ...marks]
}

/** @param {{ at: number }[]} ticks @returns {[number, number]} */
function rangeOfTicks(ticks) {
  const [low, high] = [ticks[0]?.at ?? 0, ticks.at(-1)?.at ?? 1]
  const air = (high - low) * TICKS_AIR
  return [low - air, high + air]
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
          const { fromZero = false, leastSpan = 0, ticks } = spec
          if (ticks !== undefined) return rangeOfTicks(ticks)
          const near = guideline !== undefined && high !== null && high >= guideline.value * GUIDELINE_NEAR
          return yRange(Number.isFinite(low) ? low : null, Number.isFinite(high) ? high : null, {
            fromZero,
            leastSpan,
            include: near ? guideline.value : null,
          })
        },
      },
    },
    axes: axesOf(context, spec),
    series: [
      {},
      ...(band ? [edgeSeries, edgeSeries] : []),
      ...spec.marks.flatMap((mark, i) => [seriesOf(mark, i, false, context), seriesOf(mark, i, true, context)]),
    ],
    bands: band ? [{ series: [1, 2], fill: faint(band.color, () => 18) }] : [],
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
      drawAxes: spec.ground ? [drawGround] : [],
      draw: guideline === undefined ? [] : [(u) => drawGuideline(guideline, u)],
    },
  }
}

export { uPlot }
