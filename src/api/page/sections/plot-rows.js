// @ts-check
import { getRows } from '../api-client.js'
import { followViews } from '../live-stream.js'
import { createRowStore } from '../row-store.js'
import { createSettling } from '../settling.js'

/** @typedef {import('../live-stream.js').Change} Change */
/** @typedef {import('../range.js').Range} Range */
/** @typedef {{ view: import('../types.js').View, station: import('../types.js').Station }} RowSource */
/**
 * The rows of one view and station of a session.
 * @typedef {object} PlotRows
 * @property {import('../types.js').View} view
 * @property {import('../types.js').Station} station
 * @property {import('../row-store.js').RowStore} store
 * @property {Map<string, Change>} recent Changes that may be newer than what is read next.
 */

/** @param {PlotRows} plot @param {Change[]} changes Of its view. */
function changesOf({ view, station }, changes) {
  const column = view.key.findIndex((name) => name === 'station_id' || name === 'zone_id')
  return changes.filter(({ key }) => key[column] === station.station_id)
}

/**
 * The rows of some views of some stations: read once, then kept up to date by the stream until it is ended.
 * @param {object} options
 * @param {RowSource[]} options.sources
 * @param {() => import('../types.js').Health | null} options.health
 * @param {(source: RowSource) => Range} options.rangeOf
 * @param {() => void} options.onRead All rows were read.
 * @param {() => void} options.onChange Some rows changed.
 * @param {(error: unknown) => void} options.onFault
 * @param {(live: boolean) => void} options.onLive
 */
export function createPlotRows({ sources, health, rangeOf, onRead, onChange, onFault, onLive }) {
  /** @type {PlotRows[]} */
  const plots = sources.map(({ view, station }) => ({ view, station, store: createRowStore(view, station), recent: new Map() }))
  const views = [...new Set(sources.map(({ view }) => view.name))]
  const stations = [...new Set(sources.map(({ station }) => station.station_id))]
  const settling = createSettling(health, views)
  const ended = new AbortController()
  let loaded = false

  const readOne = async (/** @type {PlotRows} */ plot) => {
    const { view, station, store, recent } = plot
    const { from, to } = rangeOf(plot)
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
    views,
    stations,
    onRead: () => {
      settling.opened()
      forget()
      void read()
    },
    onRows: (name, changes) => {
      let told = false
      for (const plot of plots.filter(({ view }) => view.name === name)) {
        const own = changesOf(plot, changes)
        if (own.length === 0) continue
        told = true
        plot.store.apply(own)
        if (!loaded || !settling.isSettled) for (const change of own) plot.recent.set(JSON.stringify(change.key), change)
      }
      if (loaded && told) onChange()
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
