// @ts-check
import { createDays, createSegments, createSelect } from './controls.js'
import { el } from './dom.js'
import { newestOf, rangeHours } from './range.js'
import { dayOf } from './zone-time.js'

/** @typedef {import('./types.js').Station} Station */
/** @typedef {import('./app-state.js').AppState} AppState */

const RANGE_CHOICES = [
  { value: '24h', label: '24 h' },
  { value: '7d', label: '7 d' },
  { value: '30d', label: '30 d' },
  { value: '90d', label: '90 d' },
  { value: 'all', label: 'All' },
  { value: 'custom', label: 'Custom' },
]

/** @param {(string | null)[]} values */
const distinct = (values) =>
  [...new Set(values.filter((value) => value !== null))].sort((left, right) => left.localeCompare(right))

/** @param {Station} station */
function stationLabel({ station_id, city }) {
  return city === null || city.toLowerCase() === station_id.toLowerCase() ? station_id : `${station_id} · ${city}`
}

/**
 * The stations that the filters leave, in the order of the list.
 * @param {Station[]} stations
 * @param {{ kind: string | null, city: string | null }} filter
 */
export function stationsOf(stations, { kind, city }) {
  return stations
    .filter((station) => (kind === null || station.kind === kind) && (city === null || station.city === city))
    .sort((left, right) => stationLabel(left).localeCompare(stationLabel(right)))
}

/**
 * The station to show: the one that was asked for, else the one with the newest reading.
 * @param {Station[]} stations
 * @param {string | null} asked
 * @returns {Station | null}
 */
export function chooseStation(stations, asked) {
  const newest = [...stations].sort((left, right) => Date.parse(right.last_reading) - Date.parse(left.last_reading))
  return stations.find(({ station_id }) => station_id === asked) ?? newest[0] ?? null
}

/**
 * City, station, range and step of a section of charts.
 * @param {(changes: Partial<AppState>) => void} change
 */
export function createFilterBar(change) {
  const city = createSelect('City', (value) => change({ city: value === '' ? null : value, station: null }))
  const station = createSelect('Station', (value) => change({ station: value }))
  /** @type {{ from: string, to: string }} */
  let days = { from: '', to: '' }
  const range = createSegments('Range', (value) =>
    change(value === 'custom' ? { range: value, ...days, step: null } : { range: value, step: null }),
  )
  const step = createSegments('Step', (value) => change({ step: value }))
  const custom = createDays((from, to) => change({ range: 'custom', from, to }))
  const element = el('form', {
    class: 'filters',
    'aria-label': 'What is shown',
    on: { submit: (/** @type {Event} */ event) => event.preventDefault() },
  })
  element.append(city.element, station.element, range.element, custom.element, step.element)
  return {
    element,
    /**
     * @param {AppState} state
     * @param {Station[]} stations All of the section's kind.
     * @param {Station | null} chosen
     * @param {{ steps: import('./controls.js').Choice[], step: string }} steps
     */
    update(state, stations, chosen, steps) {
      city.update(
        [
          { value: '', label: 'All cities' },
          ...distinct(stations.map((each) => each.city)).map((name) => ({ value: name, label: name })),
        ],
        state.city ?? '',
      )
      station.update(
        stationsOf(stations, { kind: null, city: state.city }).map((each) => ({
          value: each.station_id,
          label: stationLabel(each),
        })),
        chosen?.station_id ?? '',
      )
      range.update(RANGE_CHOICES, state.range)
      step.update(steps.steps, steps.step)
      if (chosen === null) return
      const last = newestOf(chosen) - 1
      const first = last - (rangeHours(state, chosen) - 24) * 3_600_000
      days = { from: state.from ?? dayOf(first, chosen.time_zone), to: state.to ?? dayOf(last, chosen.time_zone) }
      custom.update(state.range === 'custom', days.from, days.to)
    },
  }
}

export { distinct, RANGE_CHOICES, stationLabel }
