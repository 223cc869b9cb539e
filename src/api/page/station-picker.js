// @ts-check
import { el, fill, setText } from './dom.js'
import { stationLabel } from './filter-bar.js'

/** @typedef {import('./types.js').Station} Station */

/** With more stations than this there is a field to search in them. */
const SEARCH_FROM = 12

/**
 * A list of stations that opens, to choose some of them: at least one, and no more than `most`.
 * @param {number} most
 * @param {(stations: string[]) => void} onChange In the order in which they were chosen.
 */
export function createStationPicker(most, onChange) {
  /** @type {string[]} */
  let chosen = []
  /** @type {{ station: Station, input: HTMLInputElement, line: HTMLElement }[]} */
  let drawn = []
  let shown = ''
  const count = el('span', {})
  const summary = el('summary', { class: 'button' }, count)
  const search = el('input', {
    type: 'search',
    placeholder: 'Search',
    'aria-label': 'Search the stations',
    on: { input: () => filter() },
  })
  const list = el('ul', { class: 'picker-list' })
  const hint = el('p', { class: 'muted' }, `Up to ${most}: more lines cannot be told apart.`)
  const panel = el('div', { class: 'picker-panel', role: 'group', 'aria-label': 'Stations' }, search, list, hint)
  const details = el('details', { class: 'picker' }, summary, panel)
  const element = el('div', { class: 'field' }, el('span', { 'aria-hidden': 'true' }, 'Stations'), details)

  const closeOutside = (/** @type {Event} */ event) => {
    if (event.target instanceof Node && !details.contains(event.target)) details.open = false
  }
  details.addEventListener('toggle', () => {
    if (details.open) document.addEventListener('pointerdown', closeOutside)
    else document.removeEventListener('pointerdown', closeOutside)
  })
  details.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !details.open) return
    event.stopPropagation()
    details.open = false
    summary.focus()
  })
  function filter() {
    const text = search.value.trim().toLowerCase()
    for (const { station, line } of drawn) line.hidden = !stationLabel(station).toLowerCase().includes(text)
  }
  function toggle(/** @type {string} */ id, /** @type {boolean} */ isOn) {
    onChange(isOn ? [...chosen, id] : chosen.filter((each) => each !== id))
  }
  function drawList(/** @type {Station[]} */ all) {
    drawn = all.map((station) => {
      const input = el('input', { type: 'checkbox', on: { change: () => toggle(station.station_id, input.checked) } })
      return { station, input, line: el('li', {}, el('label', { class: 'check' }, input, stationLabel(station))) }
    })
    fill(
      list,
      drawn.map(({ line }) => line),
    )
    search.hidden = all.length < SEARCH_FROM
    filter()
  }
  return {
    element,
    /**
     * @param {Station[]} all
     * @param {Station[]} stations Those that are chosen.
     */
    update(all, stations) {
      const labels = JSON.stringify(all.map(stationLabel))
      if (labels !== shown) drawList(all)
      shown = labels
      chosen = stations.map(({ station_id }) => station_id)
      for (const { station, input } of drawn) {
        input.checked = chosen.includes(station.station_id)
        input.disabled = input.checked ? chosen.length === 1 : chosen.length >= most
      }
      setText(count, `${chosen.length} of ${all.length}`)
      summary.setAttribute('aria-label', `Stations: ${count.textContent} are compared`)
    },
    destroy: () => document.removeEventListener('pointerdown', closeOutside),
  }
}
