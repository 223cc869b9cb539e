// @ts-check
import { OF_SECTION } from '../app-state.js'
import { el, fill, setText } from '../dom.js'
import { stationLabel } from '../filter-bar.js'
import { emptyMessage } from '../messages.js'
import { windowOf } from '../range.js'
import { createCompareFilters } from './compare-filters.js'
import { createCompareSession, isBarred } from './compare-session.js'
import { chooseComparison, zoneText } from './comparison.js'

/** @typedef {import('../types.js').Station} Station */
/** @typedef {ReturnType<typeof createCompareSession>} CompareSession */

/** @type {Record<string, string>} */
const WHAT = { weather: 'weather', energy: 'energy', air: 'air-quality' }

/**
 * One quantity of several stations in one chart, with their statistics.
 * @param {import('./series-section.js').App} app
 * @returns {import('./series-section.js').Section}
 */
export function createCompareSection(app) {
  const filters = createCompareFilters(app.change)
  const about = el('p', { class: 'freshness' })
  const notice = el('p', { class: 'notice', role: 'status', hidden: true })
  const host = el('div', { class: 'session-host' })
  const title = el('h1', { class: 'visually-hidden' }, 'Compare')
  const element = el('div', {}, title, filters.element, notice, about, host)
  /** @type {CompareSession | null} */
  let current = null
  /** @type {CompareSession | null} */
  let coming = null
  let signature = ''
  let live = false

  const clear = () => {
    current?.destroy()
    coming?.destroy()
    current = coming = null
    signature = ''
  }
  const show = (/** @type {CompareSession} */ session) => {
    if (coming !== session) return
    current?.destroy()
    fill(host, session.element)
    host.removeAttribute('aria-busy')
    current = session
    coming = null
  }
  const drawAbout = (/** @type {import('./comparison.js').Comparison} */ { stations, step, quantity }) => {
    const view = app.views.get(quantity.steps[step.id]?.view ?? '')
    const zone = view === undefined ? '' : zoneText(stations, windowOf(view))
    const valid = quantity.steps[step.id]?.valid === undefined ? '' : ' or under 75 % measured'
    const dashed = isBarred(quantity) ? '' : `short dashes: not final${valid}`
    setText(about, [zone, dashed, live ? 'updates by itself' : 'connecting…'].filter((part) => part !== '').join(' · '))
    about.classList.toggle('is-live', live)
  }
  const drawNotice = (/** @type {import('./comparison.js').Comparison} */ { kind, unknown, stations }) => {
    notice.hidden = unknown.length === 0
    const shown = stations.map(stationLabel).join(', ')
    setText(notice, notice.hidden ? '' : `There is no ${WHAT[kind]} station called ${unknown.join(', ')}; shown: ${shown}.`)
  }
  const changesTo = (/** @type {string} */ kind, /** @type {Station} */ station) =>
    /** @type {Partial<import('../app-state.js').AppState>} */ ({ ...OF_SECTION, tab: kind, station: station.station_id })

  return {
    element,
    update(state) {
      const comparison = chooseComparison(state, app.stations(), app.views)
      filters.element.hidden = about.hidden = comparison === null
      if (comparison === null) {
        clear()
        notice.hidden = true
        fill(host, emptyMessage('weather', 'weather', app.health()))
        return
      }
      filters.update(state, comparison)
      drawAbout(comparison)
      drawNotice(comparison)
      const { kind, quantity, step, stations } = comparison
      const ids = stations.map(({ station_id }) => station_id)
      const next = JSON.stringify([kind, quantity.id, step.id, ids, state.range, state.from, state.to])
      if (next === signature) {
        current?.poll()
        return
      }
      signature = next
      coming?.destroy()
      host.setAttribute('aria-busy', 'true')
      /** @type {CompareSession} */
      const session = createCompareSession({
        comparison,
        state,
        app,
        onReady: () => show(session),
        onLive: (isLive) => {
          live = isLive
          drawAbout(comparison)
        },
        onPick: (station) => app.change(changesTo(kind, station)),
        addressOf: (station) => app.address(changesTo(kind, station)),
      })
      coming = session
    },
    destroy() {
      clear()
      filters.destroy()
    },
  }
}
