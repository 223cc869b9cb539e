// @ts-check
import { getRows } from '../api-client.js'
import { columnUnit } from '../column-text.js'
import { createDays, createSegments, createSelect } from '../controls.js'
import { el, fill, throttled } from '../dom.js'
import { distinct, RANGE_CHOICES, stationLabel, stationsOf } from '../filter-bar.js'
import { followViews } from '../live-stream.js'
import { errorMessage } from '../messages.js'
import { countText } from '../number-format.js'
import { createDownloads, createPager } from '../pager.js'
import { newestOf, resolveRange, windowOf } from '../range.js'
import { createRowTable } from '../row-table.js'
import { createSettling } from '../settling.js'
import { simpleTable } from '../simple-table.js'
import { DAY_MS, dayOf } from '../zone-time.js'

/** @typedef {import('../types.js').View} View */
/** @typedef {import('../types.js').Station} Station */
/** @typedef {import('../app-state.js').AppState} AppState */

const PAGE = 50
const READ_AGAIN_MS = 1500

/**
 * The parameters of the API for what is chosen, without those that the view does not know.
 * @param {View} view
 * @param {AppState} state
 * @param {Station[]} stations
 * @returns {Record<string, string | null>}
 */
function filterOf(view, state, stations) {
  const chosen = stations.filter(({ station_id }) => state.station === null || station_id === state.station)
  const longest = [...chosen].sort((left, right) => newestOf(right) - newestOf(left))[0]
  const range =
    longest === undefined || state.range === 'all'
      ? null
      : resolveRange(state, longest, newestOf(longest), { window: windowOf(view) })
  /** @type {Record<string, string | null>} */
  const filter = {
    kind: state.kind,
    city: state.city,
    station: state.station,
    from: range === null ? null : new Date(range.from).toISOString(),
    to: range === null || range.to === null ? null : new Date(range.to).toISOString(),
  }
  return Object.fromEntries(Object.entries(filter).filter(([name]) => view.filters.includes(name)))
}

/** @param {View} view */
function columnsOf(view) {
  const table = simpleTable(
    `Columns of ${view.name}`,
    [
      { title: 'Column', cell: ({ name, is_key }) => el('code', {}, name, is_key ? ' (key)' : '') },
      { title: 'Type', cell: ({ type, nullable }) => (nullable ? `${type}, may be null` : type) },
      { title: 'Unit', cell: (column) => columnUnit(column) || '–' },
      { title: 'Meaning', cell: ({ doc }) => doc },
    ],
    view.columns,
  )
  return el('details', {}, el('summary', {}, `What the ${view.columns.length} columns mean`), table)
}

/**
 * Any view as a table.
 * @param {import('./series-section.js').App} app
 * @returns {import('./series-section.js').Section}
 */
export function createViewsSection(app) {
  const viewSelect = createSelect('View', (value) => app.change({ view: value }))
  const kind = createSelect('Kind', (value) => app.change({ kind: value || null, city: null, station: null }))
  const city = createSelect('City', (value) => app.change({ city: value || null, station: null }))
  const station = createSelect('Station', (value) => app.change({ station: value || null }))
  const range = createSegments('Range', (value) =>
    app.change(value === 'custom' ? { range: value, ...lastWeek() } : { range: value }),
  )
  const days = createDays((from, to) => app.change({ range: 'custom', from, to }))
  const filters = el('form', {
    class: 'filters',
    'aria-label': 'What is shown',
    on: { submit: (/** @type {Event} */ event) => event.preventDefault() },
  })
  filters.append(viewSelect.element, kind.element, city.element, station.element, range.element, days.element)
  const host = el('div')
  const element = el('div', {}, el('h1', { class: 'visually-hidden' }, 'Views'), filters, host)
  /** @type {ReturnType<typeof createViewTable> | null} */
  let current = null
  let signature = ''

  function lastWeek() {
    const newest = Math.max(0, ...app.stations().map(newestOf)) - 1
    return { from: dayOf(newest - 6 * DAY_MS, 'UTC'), to: dayOf(newest, 'UTC') }
  }
  return {
    element,
    update(state) {
      const views = [...app.views.values()]
      const view = views.find(({ name }) => name === state.view) ?? views[0]
      if (view === undefined) return fill(host, el('p', { class: 'muted' }, 'No view is declared.'))
      const knows = (/** @type {string} */ filter) => view.filters.includes(filter)
      const ofView = stationsOf(app.stations(), { kind: view.kind ?? state.kind, city: null })
      const all = { value: '', label: 'All' }
      viewSelect.update(
        views.map(({ name }) => ({ value: name, label: name })),
        view.name,
      )
      kind.element.hidden = view.kind !== null
      kind.update(
        [all, ...distinct(app.stations().map((each) => each.kind)).map((name) => ({ value: name, label: name }))],
        state.kind ?? '',
      )
      city.element.hidden = !knows('city')
      city.update(
        [all, ...distinct(ofView.map((each) => each.city)).map((name) => ({ value: name, label: name }))],
        state.city ?? '',
      )
      station.element.hidden = !knows('station')
      station.update(
        [
          all,
          ...stationsOf(ofView, { kind: null, city: state.city }).map((each) => ({
            value: each.station_id,
            label: stationLabel(each),
          })),
        ],
        state.station ?? '',
      )
      range.element.hidden = !knows('from')
      range.update(RANGE_CHOICES, state.range)
      days.update(state.range === 'custom' && knows('from'), state.from ?? '', state.to ?? '')
      const next = JSON.stringify([
        view.name,
        state.kind,
        state.city,
        state.station,
        state.range,
        state.from,
        state.to,
        ofView.length > 0,
      ])
      if (next === signature) {
        current?.poll()
        return
      }
      signature = next
      current?.destroy()
      current = createViewTable(view, filterOf(view, state, ofView), state.station, app, host)
    },
    destroy: () => current?.destroy(),
  }
}

/**
 * Pages of one view. The first page is read again when rows change; older pages stand still while somebody reads them.
 * @param {View} view
 * @param {Record<string, string | null>} filter
 * @param {string | null} station
 * @param {import('./series-section.js').App} app
 * @param {HTMLElement} host
 */
function createViewTable(view, filter, station, app, host) {
  /** The `after` of every page up to the one that is shown. @type {(string | null)[]} */
  const pages = [null]
  /** @type {string | null} */
  let next = null
  const reading = new AbortController()
  const zones = new Map(app.stations().map((each) => [each.station_id, each.time_zone]))
  const zoneOf = (/** @type {import('../types.js').Row} */ row) => zones.get(String(row.station_id ?? row.zone_id)) ?? 'UTC'
  const table = createRowTable({
    view,
    caption: `Rows of ${view.name}, newest first`,
    zoneOf,
    onPick: (row) => app.openWhy(view.name, row),
  })
  const problem = el('div')
  const pager = createPager({
    onNewer: () => {
      pages.pop()
      void read()
    },
    onOlder: () => {
      pages.push(next)
      void read()
    },
  })
  const downloads = createDownloads()
  downloads.update(view.name, filter)
  const stores = view.stores.length === 0 ? '' : ` Also in ${view.stores.join(', ')}.`
  const what = el(
    'div',
    {},
    el('h2', {}, view.name),
    el('p', { class: 'muted' }, `${view.doc}${stores} Times are those of each station's zone.`),
  )

  async function read() {
    try {
      const page = await getRows(
        view.name,
        { ...filter, order: 'newest', limit: PAGE, after: pages.at(-1) ?? null },
        reading.signal,
      )
      next = page.next
      fill(problem)
      const first = (pages.length - 1) * PAGE
      table.update(view.columns, page.rows)
      pager.update(
        page.rows.length === 0
          ? app.stations().length === 0
            ? 'No rows yet: they appear with the first reading.'
            : 'No rows: choose a longer range or other filters.'
          : `Rows ${countText(first + 1)}–${countText(first + page.rows.length)}`,
        pages.length > 1,
        next !== null,
      )
    } catch (error) {
      if (!reading.signal.aborted)
        fill(
          problem,
          errorMessage(error, () => void read()),
        )
    }
  }
  const again = throttled(() => void (pages.length === 1 && read()), READ_AGAIN_MS)
  const settling = createSettling(app.health, [view.name])
  const endStream = followViews({
    views: [view.name],
    stations: station === null ? [] : [station],
    onRead: () => {
      settling.opened()
      void read()
    },
    onRows: () => {
      // The change is in the log; the rows are read from where a sink writes it a moment later.
      settling.opened()
      again.ask()
    },
    onState: () => {},
  })
  fill(
    host,
    el(
      'section',
      { class: 'rows' },
      el('header', {}, what, downloads.element),
      problem,
      table.element,
      el('footer', {}, pager.element),
      columnsOf(view),
    ),
  )
  return {
    /** The health was asked for: perhaps there is more to read. */
    poll() {
      if (settling.needsReading()) again.ask()
    },
    destroy() {
      reading.abort()
      again.cancel()
      endStream()
    },
  }
}
