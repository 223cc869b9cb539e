// @ts-check
import { themeColor } from '../theme.js'
import { DAY_MS, dayOf, nextLabel, startOfLocal } from '../zone-time.js'
import { tickLabels, timeTicks } from './time-ticks.js'
import { axisLabels } from './y-axis.js'

/** @typedef {import('./chart-options.js').ChartContext} ChartContext */

const FONT = '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'
const Y_AXIS_WIDTH = 54

/**
 * Where the ticks of the time axis are, in seconds.
 * @param {ChartContext} context
 * @param {number} min
 * @param {number} max
 * @param {number} width CSS pixels.
 */
function xSplits({ zone, window }, min, max, width) {
  const [from, to] = [min * 1000, max * 1000]
  if (window === 'instant') return timeTicks(from, to, zone, width).map((tick) => tick / 1000)
  const middles = timeTicks(from, to, zone, width, window === 'day' ? DAY_MS : 28 * DAY_MS).map((tick) => {
    const label = dayOf(tick, zone).slice(0, window === 'day' ? 10 : 7)
    return (startOfLocal(label, zone) + startOfLocal(nextLabel(label), zone)) / 2000
  })
  return middles.filter((middle) => middle <= max)
}

/**
 * @param {ChartContext} context
 * @param {number[]} splits
 * @param {number} max
 */
function xLabels({ zone, window }, splits, max) {
  const label = (/** @type {number} */ tick) => dayOf(tick, zone).slice(0, window === 'month' ? 7 : 10)
  const ticks = splits.map((split) => (window === 'instant' ? split * 1000 : startOfLocal(label(split * 1000), zone)))
  // There is no room below the right end for a day's name.
  return tickLabels(ticks, zone).map((text, i) => (splits[i] === max ? (text.split('\n')[0] ?? '') : text))
}

/**
 * The axis of time, and that of the quantity.
 * @param {ChartContext} context
 * @param {Pick<import('./chart-options.js').ChartSpec, 'displayScale' | 'ticks'>} spec
 * @returns {uPlot.Axis[]}
 */
export function axesOf(context, { displayScale = 1, ticks }) {
  const stroke = () => themeColor('--muted')
  const line = () => themeColor('--grid')
  const shared = { stroke, font: FONT, gap: 6, grid: { stroke: line, width: 1 }, ticks: { show: false } }
  return [
    {
      ...shared,
      size: (_u, values) => (values?.some((value) => value.includes('\n')) ? 38 : 24),
      splits: (u, _axis, min, max) => xSplits(context, min, max, u.bbox.width / devicePixelRatio),
      values: (u, splits) => xLabels(context, splits, u.scales.x?.max ?? Number.NaN),
    },
    {
      ...shared,
      size: Y_AXIS_WIDTH,
      ...(ticks === undefined
        ? { space: 36, values: (_u, splits) => axisLabels(splits, displayScale) }
        : { splits: () => ticks.map(({ at }) => at), values: () => ticks.map(({ label }) => label) }),
    },
  ]
}
