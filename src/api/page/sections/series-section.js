// @ts-check
import { el, fill, setText } from '../dom.js'
import { chooseStation, createFilterBar, stationLabel, stationsOf } from '../filter-bar.js'
import { emptyMessage } from '../messages.js'
import { newestOf, rangeHours } from '../range.js'
import { ageText, timeText } from '../zone-time.js'
import { createSeriesSession } from './series-session.js'

/**
 * What a section is handed by the page.
 * @typedef {object} App
 * @property {Map<string, import('../types.js').View>} views
 * @property {() => import('../types.js').Station[]} stations
 * @property {() => import('../types.js').Health | null} health
 * @property {ReturnType<typeof import('../reading-rates.js').createReadingRates>} rates
 * @property {(changes: Partial<import('../app-state.js').AppState>) => void} change
 * @property {(changes: Partial<import('../app-state.js').AppState>) => string} address Of the page after such a change.
 * @property {(view: string, row: import('../types.js').Row) => void} openWhy
 */
/**
 * @typedef {object} Section
 * @property {HTMLElement} element
 * @property {(state: import('../app-state.js').AppState) => void} update The state, the stations or the health changed.
 * @property {() => void} destroy
 */

/**
 * Charts and rows of one kind of reading.
 * @param {import('./section-spec.js').SectionSpec} spec
 * @param {App} app
 * @returns {Section}
 */
export function createSeriesSection(spec, app) {
  const filters = createFilterBar(app.change)
  const freshness = el('p', { class: 'freshness' })
  const unknown = el('p', { class: 'notice', role: 'status', hidden: true })
  const host = el('div', { class: 'session-host' })
  const element = el('div', {}, el('h1', { class: 'visually-hidden' }, spec.title), filters.element, unknown, freshness, host)
  /** @type {ReturnType<typeof createSeriesSession> | null} */
  let current = null
  /** @type {ReturnType<typeof createSeriesSession> | null} */
  let coming = null
  let signature = ''
  let live = false

  const clear = () => {
    current?.destroy()
    coming?.destroy()
    current = coming = null
    signature = ''
  }
  const show = (/** @type {ReturnType<typeof createSeriesSession>} */ session) => {
    if (coming !== session) return
    current?.destroy()
    fill(host, session.element)
    host.removeAttribute('aria-busy')
    current = session
    coming = null
  }
  const drawFreshness = (/** @type {import('../types.js').Station} */ station) => {
    const newest = newestOf(station)
    const age = Date.now() - newest
    const text = age < 0 ? timeText(newest, station.time_zone) : `${timeText(newest, station.time_zone)}, ${ageText(age)}`
    setText(freshness, `Measured until ${text} · ${station.time_zone} · ${live ? 'updates by itself' : 'connecting…'}`)
    freshness.classList.toggle('is-live', live)
  }

  /** An address may name a station that is not there: another one is shown, but not in silence. */
  const drawUnknown = (
    /** @type {string | null} */ asked,
    /** @type {import('../types.js').Station[]} */ stations,
    /** @type {import('../types.js').Station} */ shown,
  ) => {
    unknown.hidden = asked === null || stations.some(({ station_id }) => station_id === asked)
    setText(unknown, unknown.hidden ? '' : `There is no ${spec.what} station called ${asked}; this is ${stationLabel(shown)}.`)
  }

  return {
    element,
    update(state) {
      const stations = stationsOf(app.stations(), { kind: spec.kind, city: null })
      const station = chooseStation(stationsOf(stations, { kind: null, city: state.city }), state.station)
      const steps = spec.steps.filter(({ view }) => app.views.has(view))
      const wanted = state.step ?? (station === null ? null : spec.stepFor(rangeHours(state, station)))
      const step = steps.find(({ id }) => id === wanted) ?? steps[0]
      filters.element.hidden = freshness.hidden = station === null
      filters.update(state, stations, station, {
        steps: steps.map(({ id, label }) => ({ value: id, label })),
        step: step?.id ?? '',
      })
      if (station === null || step === undefined) {
        clear()
        fill(host, emptyMessage(spec.what, spec.kind, app.health()))
        return
      }
      drawUnknown(state.station, stations, station)
      drawFreshness(station)
      const next = JSON.stringify([station.station_id, step.id, state.range, state.from, state.to])
      if (next === signature) {
        current?.poll()
        return
      }
      signature = next
      coming?.destroy()
      host.setAttribute('aria-busy', 'true')
      /** @type {ReturnType<typeof createSeriesSession>} */
      const session = createSeriesSession({
        spec,
        step,
        station,
        state,
        app,
        onReady: () => show(session),
        onLive: (isLive) => {
          live = isLive
          drawFreshness(station)
        },
      })
      coming = session
    },
    destroy: clear,
  }
}
