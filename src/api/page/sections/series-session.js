// @ts-check
import { createChart } from '../charts/chart.js'
import { el, fill, throttled } from '../dom.js'
import { errorMessage } from '../messages.js'
import { newestOf, resolveRange, windowOf } from '../range.js'
import { spanText, withoutYear } from '../zone-time.js'
import { createPlotRows } from './plot-rows.js'
import { createSectionStatistics } from './section-statistics.js'
import { createSectionTable } from './section-table.js'

/** @typedef {import('../types.js').Entry} Entry */
/** @typedef {import('../types.js').View} View */
/** @typedef {import('./section-spec.js').SectionSpec} SectionSpec */

const REDRAW_MS = 250
/** Days below hours are context: there are some of them, however short the range. */
const CONTEXT_HOURS = 7 * 24

/** @param {import('./section-spec.js').Tile[]} tiles */
function tileElements(tiles) {
  return tiles.map(({ label, value, note }) =>
    el('div', { class: 'tile' }, el('dt', {}, label), el('dd', {}, value), el('dd', { class: 'muted' }, note)),
  )
}

/**
 * What one choice of station, range and step shows: read once, then kept up to date. Another choice is another session, so that the one
 * before stands until its successor has something to show.
 * @param {object} options
 * @param {SectionSpec} options.spec
 * @param {import('./section-spec.js').Step} options.step
 * @param {import('../types.js').Station} options.station
 * @param {import('../app-state.js').AppState} options.state
 * @param {import('./series-section.js').App} options.app
 * @param {() => void} options.onReady It has something to show, be it an error.
 * @param {(live: boolean) => void} options.onLive
 */
export function createSeriesSession({ spec, step, station, state, app, onReady, onLive }) {
  const main = /** @type {View} */ (app.views.get(step.view))
  const views = step.plots.flatMap(({ view }) => app.views.get(view) ?? [])
  /** @type {[number, number] | null} */
  let zoom = null

  const rows = createPlotRows({
    sources: views.map((view) => ({ view, station })),
    health: app.health,
    rangeOf: ({ view }) => rangeOf(view),
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
  const problem = el('div')
  const tiles = el('dl', { class: 'tiles' })
  const zoomed = el('div', { class: 'zoomed', hidden: true })
  zoomed.append(el('button', { type: 'button', class: 'button', on: { click: () => setZoom(null) } }, 'Show the whole range'))
  const charts = step.plots.flatMap(({ view: name, charts: specs }) => {
    const view = app.views.get(name)
    if (view === undefined) return []
    const options = { zone: station.time_zone, window: windowOf(view), sync: spec.kind, onZoom: setZoom, onPick: pick(view) }
    return specs.map((chart) => ({ view, chart: createChart(chart, options) }))
  })
  const grid = el(
    'div',
    { class: 'charts' },
    charts.map(({ chart }) => chart.element),
  )
  const statistics = createSectionStatistics({ kind: spec.kind, step, zone: station.time_zone })
  const table = createSectionTable({ view: main, station, onPick: (row) => app.openWhy(main.name, row) })
  const element = el('div', { class: 'session' }, problem, tiles, zoomed, grid, statistics.element, table.element)
  const redraw = throttled(draw, REDRAW_MS)

  function pick(/** @type {View} */ view) {
    return (/** @type {Entry} */ { row }) => app.openWhy(view.name, row)
  }
  /** The end of what was measured: windows of hours may say more than the station did when this began. */
  function newest() {
    const ends = rows.plots.filter(({ view }) => windowOf(view) === 'instant').map(({ store }) => store.since(0).at(-1)?.end ?? 0)
    return Math.max(newestOf(station), ...ends)
  }
  function rangeOf(/** @type {View} */ view) {
    const window = windowOf(view)
    const leastHours = window !== 'instant' && windowOf(main) === 'instant' ? CONTEXT_HOURS : 0
    return resolveRange(state, station, newest(), { window, leastHours })
  }
  function entriesOf(/** @type {View} */ view) {
    const { from, to } = rangeOf(view)
    const store = rows.plots.find((plot) => plot.view === view)?.store
    const entries = store === undefined ? [] : store.since(from).filter(({ start }) => to === null || start < to)
    const last = entries.at(-1)?.end ?? newest()
    return { entries, from, to: to ?? (windowOf(view) === 'instant' ? Math.max(newest(), last) : last) }
  }
  function setZoom(/** @type {[number, number] | null} */ range) {
    zoom = range
    zoomed.hidden = range === null
    draw()
  }
  function draw() {
    for (const view of views) {
      const { entries, from, to } = entriesOf(view)
      for (const each of charts) if (each.view === view) each.chart.update(entries, zoom ?? [from, to])
    }
    const { entries, from, to } = entriesOf(main)
    const shown = entries.filter(({ start, end }) => zoom === null || (start < zoom[1] && end > zoom[0]))
    const last = shown.at(-1)
    tiles.hidden = last === undefined
    if (last !== undefined) {
      const time = withoutYear(spanText(last.start, last.end, station.time_zone))
      const soFar = last.row.complete === false ? ', so far' : ''
      const values = shown.map(({ row }) => row)
      fill(tiles, tileElements(spec.tiles(step.id, values, time + soFar)))
    }
    statistics.update(shown, [Math.max(from, zoom?.[0] ?? from), Math.min(to, newest(), zoom?.[1] ?? to)])
    table.update(shown)
  }
  return {
    element,
    poll: rows.poll,
    destroy() {
      rows.end()
      redraw.cancel()
      for (const { chart } of charts) chart.destroy()
      element.remove()
    },
  }
}
