// @ts-check
import { ApiError, getRows } from '../api-client.js'
import { createChart } from '../charts/chart.js'
import { el, fill, throttled } from '../dom.js'
import { followViews } from '../live-stream.js'
import { errorMessage } from '../messages.js'
import { newestOf, resolveRange } from '../range.js'
import { createRowStore } from '../row-store.js'
import { spanText } from '../zone-time.js'
import { createSectionTable } from './section-table.js'

/** @typedef {import('../types.js').Entry} Entry */
/** @typedef {import('./section-spec.js').SectionSpec} SectionSpec */

const REDRAW_MS = 250
const CONTEXT_HOURS = 7 * 24

/** @param {import('../types.js').View} view @returns {'instant' | 'day' | 'month'} */
function windowOf({ columns, time_column }) {
  const type = columns.find(({ name }) => name === time_column)?.type
  return type === 'day' || type === 'month' ? type : 'instant'
}

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
 * @param {Map<string, import('../types.js').View>} options.views
 * @param {(view: string, row: import('../types.js').Row) => void} options.onPick
 * @param {() => void} options.onReady It has something to show, be it an error.
 * @param {(live: boolean) => void} options.onLive
 */
export function createSeriesSession({ spec, step, station, state, views, onPick, onReady, onLive }) {
  const plots = step.plots.flatMap((plot) => {
    const view = views.get(plot.view)
    return view === undefined
      ? []
      : [
          {
            ...plot,
            view,
            store: createRowStore(view, station),
            window: windowOf(view),
            wholeDays: windowOf(view) !== 'instant',
          },
        ]
  })
  const main = /** @type {(typeof plots)[number]} */ (plots.find(({ view }) => view.name === step.view))
  const reading = new AbortController()
  /** @type {[number, number] | null} */
  let zoom = null
  let loaded = false
  /** @type {{ view: string, changes: import('../live-stream.js').Change[] }[]} */
  let early = []

  const tiles = el('dl', { class: 'tiles' })
  const unzoom = el(
    'button',
    { type: 'button', class: 'button', hidden: true, on: { click: () => setZoom(null) } },
    'Show the whole range',
  )
  const problem = el('div')
  const charts = plots.map((plot) => ({
    plot,
    charts: plot.charts.map((chart) =>
      createChart(chart, {
        zone: station.time_zone,
        window: plot.window,
        sync: spec.kind,
        onZoom: (range) => setZoom(range),
        onPick: ({ row }) => onPick(plot.view.name, row),
      }),
    ),
  }))
  const table = createSectionTable({ view: main.view, station, onPick: (row) => onPick(main.view.name, row) })
  const grid = el(
    'div',
    { class: 'charts' },
    charts.flatMap((group) => group.charts.map((chart) => chart.element)),
  )
  const element = el('div', { class: 'session' }, problem, tiles, el('div', { class: 'zoomed' }, unzoom), grid, table.element)

  const newest = () =>
    Math.max(
      newestOf(station),
      ...plots.filter(({ wholeDays }) => !wholeDays).map(({ store }) => store.since(0).at(-1)?.end ?? 0),
    )
  // Days below hours are context: there are some of them, however short the range.
  const rangeOf = (/** @type {(typeof plots)[number]} */ { wholeDays }) =>
    resolveRange(state, station, newest(), { wholeDays, leastHours: wholeDays && !main.wholeDays ? CONTEXT_HOURS : 0 })
  const inZoom = (/** @type {Entry} */ { start, end }) => zoom === null || (start < zoom[1] && end > zoom[0])

  function setZoom(/** @type {[number, number] | null} */ range) {
    zoom = range
    unzoom.hidden = range === null
    draw()
  }
  function draw() {
    for (const { plot, charts: drawn } of charts) {
      const { from, to } = rangeOf(plot)
      const entries = plot.store.since(from).filter(({ start }) => to === null || start < to)
      const end = to ?? Math.max(plot.wholeDays ? 0 : newest(), entries.at(-1)?.end ?? newest())
      for (const chart of drawn) chart.update(entries, zoom ?? [from, end])
    }
    const { from, to } = rangeOf(main)
    const entries = main.store.since(from).filter((entry) => (to === null || entry.start < to) && inZoom(entry))
    const last = entries.at(-1)
    tiles.hidden = last === undefined
    if (last !== undefined) {
      const lastTime = `${spanText(last.start, last.end, station.time_zone)}${last.row.complete === false ? ', so far' : ''}`
      const rows = entries.map(({ row }) => row)
      fill(tiles, tileElements(spec.tiles(step.id, rows, lastTime)))
    }
    table.update(entries)
  }
  const redraw = throttled(draw, REDRAW_MS)

  async function read() {
    loaded = false
    try {
      await Promise.all(
        plots.map(async (plot) => {
          const { from, to } = rangeOf(plot)
          const bounds = { from: new Date(from).toISOString(), to: to === null ? null : new Date(to).toISOString() }
          const { rows } = await getRows(plot.view.name, { station: station.station_id, ...bounds, limit: 'all' }, reading.signal)
          plot.store.replace(rows)
        }),
      )
      loaded = true
      for (const { view, changes } of early) apply(view, changes)
      fill(problem)
      draw()
    } catch (error) {
      if (reading.signal.aborted) return
      fill(
        problem,
        errorMessage(error instanceof ApiError ? error : String(error), () => void read()),
      )
    }
    early = []
    onReady()
  }
  function apply(/** @type {string} */ view, /** @type {import('../live-stream.js').Change[]} */ changes) {
    plots.find((plot) => plot.view.name === view)?.store.apply(changes)
  }

  const endStream = followViews({
    views: plots.map(({ view }) => view.name),
    station: station.station_id,
    onRead: () => void read(),
    onRows: (view, changes) => {
      if (!loaded) early.push({ view, changes })
      else {
        apply(view, changes)
        redraw.ask()
      }
    },
    onState: (live) => onLive(live === 'live'),
  })
  return {
    element,
    destroy() {
      reading.abort()
      endStream()
      redraw.cancel()
      for (const group of charts) for (const chart of group.charts) chart.destroy()
      element.remove()
    },
  }
}
