// @ts-check
import { createChart } from '../charts/chart.js'
import { mergeSeries } from '../charts/merge-series.js'
import { numberOf } from '../charts/row-values.js'
import { el, fill, throttled } from '../dom.js'
import { stationLabel } from '../filter-bar.js'
import { errorMessage } from '../messages.js'
import { newestOf, resolveRange, windowOf } from '../range.js'
import { statisticsOf } from '../statistics.js'
import { instantOfLocal, localDate, nextLabel } from '../zone-time.js'
import { createCompareTable } from './compare-table.js'
import { LINE_LOOKS, spanOfStations } from './comparison.js'
import { createPlotRows } from './plot-rows.js'

/** @typedef {import('../types.js').Entry} Entry */
/** @typedef {import('../types.js').Row} Row */
/** @typedef {import('../types.js').Station} Station */
/** @typedef {import('./comparison.js').Comparison} Comparison */

const REDRAW_MS = 250
const HEIGHT = 340

/** @param {number} index */
const styleOf = (index) => /** @type {(typeof LINE_LOOKS)[number]} */ (LINE_LOOKS[index % LINE_LOOKS.length])

/**
 * Sums stand beside each other as bars, all else is lines.
 * @param {import('../quantities.js').Quantity} quantity
 */
export const isBarred = ({ kind, ground = false }) => kind === 'sum' || ground

/**
 * The chart of a quantity of several stations, over rows as `mergeSeries` makes them.
 * @param {Comparison} comparison
 * @returns {import('../charts/chart-options.js').ChartSpec}
 */
export function compareChart({ quantity, stations, step }) {
  const { label, unit, text, leastSpan, displayScale = 1, fromZero = false, ground = false } = quantity
  const isBar = isBarred(quantity)
  const value = (/** @type {number} */ i) => (/** @type {Row} */ row) =>
    row[`v${i}`] === undefined ? undefined : numberOf(`v${i}`)(row)
  const valueText = (/** @type {number} */ i) => (/** @type {Row} */ row) => {
    const current = numberOf(`c${i}`)(row)
    return current === null ? null : text(current)
  }
  return {
    ...{ id: 'compare', title: label, unit, displayScale, leastSpan, fromZero, ground, wide: true, height: HEIGHT },
    ...(quantity.guideline !== undefined && step.id === 'days' ? { guideline: quantity.guideline } : {}),
    marks: stations.map((_, i) => {
      const { color, look, dash } = styleOf(i)
      return {
        ...{ draw: isBar ? 'bar' : 'line', value: value(i), unsure: (row) => row[`u${i}`] === true, color },
        ...(isBar ? { slot: [i / stations.length, (i + 1) / stations.length] } : {}),
        ...(look === 'line' ? {} : { look: 'hollow' }),
        ...(dash === undefined ? {} : { dash }),
      }
    }),
    legend: stations.map((station, i) => {
      const { color, look } = barLook(styleOf(i), isBar)
      return { label: stationLabel(station), color, look, text: valueText(i), mark: i }
    }),
  }
}

/** @param {(typeof LINE_LOOKS)[number]} style @param {boolean} isBar @returns {import('./compare-table.js').CompareLine['style']} */
function barLook({ color, look }, isBar) {
  return { color, look: !isBar ? look : look === 'line' ? 'bar' : 'hollow' }
}

/**
 * What one comparison shows: read once, then kept up to date. Another choice is another session.
 * @param {object} options
 * @param {Comparison} options.comparison
 * @param {import('../app-state.js').AppState} options.state
 * @param {import('./series-section.js').App} options.app
 * @param {() => void} options.onReady
 * @param {(live: boolean) => void} options.onLive
 * @param {(station: Station) => void} options.onPick
 * @param {(station: Station) => string} options.addressOf
 */
export function createCompareSession({ comparison, state, app, onReady, onLive, onPick, addressOf }) {
  const { quantity, stations, step } = comparison
  const source = /** @type {import('../quantities.js').Source} */ (quantity.steps[step.id])
  const view = /** @type {import('../types.js').View} */ (app.views.get(source.view))
  const window = windowOf(view)
  const span = spanOfStations(stations)
  // Days and months lie over each other by their names, as if all were in one zone.
  const zone = window === 'instant' ? span.time_zone : 'UTC'
  /** @type {[number, number] | null} */
  let zoom = null

  const problem = el('div')
  const zoomed = el('div', { class: 'zoomed', hidden: true })
  zoomed.append(el('button', { type: 'button', class: 'button', on: { click: () => setZoom(null) } }, 'Show the whole range'))
  const spec = compareChart(comparison)
  const chart = createChart(spec, { zone, window, sync: 'compare', onZoom: setZoom, onPick: () => {} })
  const table = createCompareTable({ quantity, step, onPick, addressOf })
  const element = el('div', { class: 'session' }, problem, zoomed, el('div', { class: 'charts' }, chart.element), table.element)
  const redraw = throttled(draw, REDRAW_MS)
  const rows = createPlotRows({
    sources: stations.map((station) => ({ view, station })),
    health: app.health,
    rangeOf: ({ station }) => rangeOf(station),
    onRead: () => {
      fill(problem)
      draw()
      onReady()
    },
    onChange: () => redraw.ask(),
    onFault: (error) => {
      fill(
        problem,
        errorMessage(error, () => void rows.read()),
      )
      onReady()
    },
    onLive,
  })

  function newest() {
    const ends = window === 'instant' ? rows.plots.map(({ store }) => store.since(0).at(-1)?.end ?? 0) : []
    return Math.max(newestOf(span), ...ends)
  }
  function rangeOf(/** @type {Station} */ station) {
    const time_zone = window === 'instant' ? zone : station.time_zone
    return resolveRange(state, { ...span, time_zone }, newest(), { window })
  }
  /** Where an instant of the station lies on the axis, and back. */
  const onAxis = (/** @type {number} */ at, /** @type {Station} */ station) =>
    window === 'instant' ? at : localDate(at, station.time_zone).getTime()
  const ofAxis = (/** @type {number} */ at, /** @type {Station} */ station) =>
    window === 'instant' ? at : instantOfLocal(at, station.time_zone)
  function placed(/** @type {Entry} */ entry) {
    if (window === 'instant') return entry
    const label = String(entry.row[/** @type {string} */ (view.time_column)])
    const startOf = (/** @type {string} */ name) => Date.parse(`${name.length === 7 ? `${name}-01` : name}T00:00:00Z`)
    return { ...entry, start: startOf(label), end: startOf(nextLabel(label)) }
  }
  function setZoom(/** @type {[number, number] | null} */ range) {
    zoom = range
    zoomed.hidden = range === null
    draw()
  }
  function isUnsure(/** @type {Row} */ row) {
    return row.complete === false || (source.valid !== undefined && row[source.valid] === false)
  }
  function draw() {
    const found = rows.plots.map(({ station, store }) => {
      const { from, to } = rangeOf(station)
      return { station, from, to, entries: store.since(from).filter(({ start }) => to === null || start < to) }
    })
    const lines = found.map(({ entries }) => ({
      entries: entries.map(placed),
      value: numberOf(source.column),
      unsure: isUnsure,
    }))
    const ends = lines.map(({ entries }) => entries.at(-1)?.end ?? 0)
    const from = Math.min(...found.map((each) => onAxis(each.from, each.station)))
    const to = Math.max(
      ...found.map((each) => (each.to === null ? Number.NEGATIVE_INFINITY : onAxis(each.to, each.station))),
      ...(found.some((each) => each.to === null) ? [window === 'instant' ? newest() : from + 1, ...ends] : []),
    )
    const grid = mergeSeries(lines)
    const points = grid.entries.filter((entry) => entry !== null)
    chart.update(points, zoom ?? [from, to], grid)
    table.update(
      found.map((each, i) => {
        const [first, last] = zoom ?? [from, to]
        const shown = each.entries.filter((_, at) => {
          const entry = /** @type {Entry} */ (lines[i]?.entries[at])
          return entry.start < last && entry.end > first
        })
        const range = /** @type {[number, number]} */ ([
          Math.max(each.from, ofAxis(first, each.station)),
          Math.min(each.to ?? newest(), newest(), ofAxis(last, each.station)),
        ])
        const style = barLook(styleOf(i), isBarred(quantity))
        const statistics = statisticsOf(shown, quantity.kind, source, range)
        return { station: each.station, style, quantity, source, entries: shown, statistics }
      }),
    )
  }
  return {
    element,
    poll: rows.poll,
    destroy() {
      rows.end()
      redraw.cancel()
      chart.destroy()
      element.remove()
    },
  }
}
