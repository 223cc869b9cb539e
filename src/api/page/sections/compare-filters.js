// @ts-check
import { createDays, createSegments, createSelect } from '../controls.js'
import { el } from '../dom.js'
import { RANGE_CHOICES } from '../filter-bar.js'
import { newestOf, rangeHours } from '../range.js'
import { createStationPicker } from '../station-picker.js'
import { dayOf, HOUR_MS } from '../zone-time.js'
import { MOST_STATIONS, spanOfStations } from './comparison.js'

/** @typedef {import('../app-state.js').AppState} AppState */

/** @type {Record<string, string>} */
const KINDS = { weather: 'Weather', energy: 'Energy', air: 'Air quality' }

/**
 * What is compared: kind, quantity, stations, range and step.
 * @param {(changes: Partial<AppState>) => void} change
 */
export function createCompareFilters(change) {
  /** @type {{ from: string, to: string }} */
  let days = { from: '', to: '' }
  const kind = createSegments('Kind', (value) => change({ kind: value, quantity: null, stations: null, step: null }))
  const quantity = createSelect('Quantity', (value) => change({ quantity: value }))
  const stations = createStationPicker(MOST_STATIONS, (ids) => change({ stations: ids }))
  const range = createSegments('Range', (value) =>
    change(value === 'custom' ? { range: value, ...days, step: null } : { range: value, step: null }),
  )
  const custom = createDays((from, to) => change({ range: 'custom', from, to }))
  const step = createSegments('Step', (value) => change({ step: value }))
  const element = el('form', {
    class: 'filters',
    'aria-label': 'What is compared',
    on: { submit: (/** @type {Event} */ event) => event.preventDefault() },
  })
  element.append(kind.element, quantity.element, stations.element, range.element, custom.element, step.element)
  return {
    element,
    /**
     * @param {AppState} state
     * @param {import('./comparison.js').Comparison} comparison
     */
    update(state, comparison) {
      kind.element.hidden = comparison.kinds.length < 2
      kind.update(
        comparison.kinds.map((value) => ({ value, label: KINDS[value] ?? value })),
        comparison.kind,
      )
      quantity.update(
        comparison.quantities.map(({ id, label }) => ({ value: id, label })),
        comparison.quantity.id,
      )
      stations.update(comparison.all, comparison.stations)
      range.update(RANGE_CHOICES, state.range)
      step.update(
        comparison.steps.map(({ id, label }) => ({ value: id, label })),
        comparison.step.id,
      )
      const span = spanOfStations(comparison.stations)
      const last = newestOf(span) - 1
      const first = last - (rangeHours(state, span) - 24) * HOUR_MS
      days = { from: state.from ?? dayOf(first, span.time_zone), to: state.to ?? dayOf(last, span.time_zone) }
      custom.update(state.range === 'custom', days.from, days.to)
    },
    destroy: stations.destroy,
  }
}
