// @ts-check
import { getRows } from '../api-client.js'
import { followViews } from '../live-stream.js'
import { createRowStore } from '../row-store.js'
import { createSettling } from '../settling.js'

/** @typedef {import('../live-stream.js').Change} Change */
/** @typedef {import('../range.js').Range} Range */
/**
 * The rows of one view of a session.
 * @typedef {object} PlotRows
 * @property {import('../types.js').View} view
 * @property {import('../row-store.js').RowStore} store
 * @property {Map<string, Change>} recent Changes that may be newer than what is read next.
 */

/**
 * The rows of some views of one station: read once, then kept up to date by the stream until it is ended.
 * @param {object} options
 * @param {import('../types.js').View[]} options.views
 * @param {import('../types.js').Station} options.station
 * @param {() => import('../types.js').Health | null} options.health
 * @param {(view: import('../types.js').View) => Range} options.rangeOf
 * @param {() => void} options.onRead All rows were read.
 * @param {() => void} options.onChange Some rows changed.
 * @param {(error: unknown) => void} options.onFault
 * @param {(live: boolean) => void} options.onLive
 */
export function createPlotRows({ views, station, health, rangeOf, onRead, onChange, onFault, onLive }) {
  /** @type {PlotRows[]} */
  const plots = views.map((view) => ({ view, store: createRowStore(view, station), recent: new Map() }))
  const settling = createSettling(
    health,
    views.map(({ name }) => name),
  )
  const ended = new AbortController()
  let loaded = false

  const readOne = async (/** @type {PlotRows} */ { view, store, recent }) => {
    const { from, to } = rangeOf(view)
    const bounds = { from: new Date(from).toISOString(), to: to === null ? null : new Date(to).toISOString() }
    const { rows } = await getRows(view.name, { station: station.station_id, ...bounds, limit: 'all' }, ended.signal)
    store.replace(rows)
    store.apply([...recent.values()])
  }
  const forget = () => {
    for (const { recent } of plots) recent.clear()
  }
  const read = async () => {
    const last = settling.isSettled
    try {
      await Promise.all(plots.map(readOne))
      if (last && settling.isSettled) forget()
      loaded = true
      onRead()
    } catch (error) {
      if (!ended.signal.aborted) onFault(error)
    }
  }
  const endStream = followViews({
    views: views.map(({ name }) => name),
    station: station.station_id,
    onRead: () => {
      settling.opened()
      forget()
      void read()
    },
    onRows: (name, changes) => {
      const plot = plots.find(({ view }) => view.name === name)
      if (plot === undefined) return
      plot.store.apply(changes)
      if (!loaded || !settling.isSettled) for (const change of changes) plot.recent.set(JSON.stringify(change.key), change)
      if (loaded) onChange()
    },
    onState: (state) => onLive(state === 'live'),
  })
  return {
    plots,
    read,
    /** The health was asked for: perhaps there is more to read. */
    poll() {
      if (loaded && settling.needsReading()) void read()
    },
    end() {
      ended.abort()
      endStream()
    },
  }
}
