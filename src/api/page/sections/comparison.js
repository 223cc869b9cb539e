// @ts-check
import { stationsOf } from '../filter-bar.js'
import { QUANTITIES } from '../quantities.js'
import { newestOf, rangeHours } from '../range.js'
import { DAY_MS } from '../zone-time.js'
import { air } from './air.js'
import { energy } from './energy.js'
import { weather } from './weather.js'

/** @typedef {import('../types.js').Station} Station */
/** @typedef {import('../app-state.js').AppState} AppState */
/** @typedef {import('../quantities.js').Quantity} Quantity */
/** @typedef {import('./section-spec.js').Step} Step */
/**
 * What is compared, as far as there is anything.
 * @typedef {object} Comparison
 * @property {string} kind
 * @property {string[]} kinds Those that have stations.
 * @property {Station[]} all The stations of the kind.
 * @property {Station[]} stations
 * @property {string[]} unknown Stations of the address that there are not.
 * @property {Quantity} quantity
 * @property {Quantity[]} quantities
 * @property {Step} step
 * @property {Step[]} steps
 */

/** So many lines can be told apart. */
export const MOST_STATIONS = 8
/** So many stand there where nobody has chosen. */
const FIRST_STATIONS = 4
const SPECS = { weather, energy, air }
/** A sum of hours over a week is a fence, a sum of days a picture. */
const HOURS_OF_SUMS = 48

/**
 * How colours and dashes are given out, in this order. Each four that have the same dashes are told apart by colour-blind people.
 * @type {{ color: string, look: 'line' | 'dashed' | 'dotted', dash?: number[] }[]}
 */
export const LINE_LOOKS = [
  { color: '--blue', look: 'line' },
  { color: '--vermillion', look: 'line' },
  { color: '--text', look: 'line' },
  { color: '--purple', look: 'line' },
  { color: '--green', look: 'dashed', dash: [10, 4] },
  { color: '--orange', look: 'dashed', dash: [10, 4] },
  { color: '--blue', look: 'dotted', dash: [2, 3] },
  { color: '--vermillion', look: 'dotted', dash: [2, 3] },
]

/**
 * One of each city first, those with readings of the last day before others.
 * @param {Station[]} stations
 */
function firstStations(stations) {
  const newest = Math.max(...stations.map(newestOf))
  const isLive = (/** @type {Station} */ station) => newestOf(station) > newest - DAY_MS
  const cities = new Set()
  const ranked = stations
    .filter(isLive)
    .map((station) => {
      const again = station.city !== null && cities.has(station.city)
      cities.add(station.city)
      return { station, rank: again ? 1 : 0 }
    })
    .sort((left, right) => left.rank - right.rank)
  return ranked.slice(0, FIRST_STATIONS).map(({ station }) => station)
}

/**
 * The time that some stations have been measured, as that of one station in the zone of the first.
 * @param {Station[]} stations Not empty.
 * @returns {Station}
 */
export function spanOfStations(stations) {
  const first = /** @type {Station} */ (stations[0])
  const newest = stations.reduce((best, station) => (newestOf(station) > newestOf(best) ? station : best), first)
  const { last_reading, interval_minutes } = newest
  const starts = stations.map((station) => station.first_reading)
  return { ...first, last_reading, interval_minutes, first_reading: starts.sort()[0] ?? first.first_reading }
}

/** @param {AppState} state @param {Comparison['kind']} kind @param {Quantity} quantity @param {Station[]} stations */
function wantedStep(state, kind, quantity, stations) {
  if (state.step !== null || stations.length === 0) return state.step
  const hours = rangeHours(state, spanOfStations(stations))
  if (quantity.kind === 'sum' && hours > HOURS_OF_SUMS && hours <= 24 * 1000) return 'days'
  return SPECS[/** @type {keyof typeof SPECS} */ (kind)].stepFor(hours)
}

/**
 * What the address asks for, completed by what there is. Null while there is no station.
 * @param {AppState} state
 * @param {Station[]} stations
 * @param {{ has(view: string): boolean }} views
 * @returns {Comparison | null}
 */
export function chooseComparison(state, stations, views) {
  const kinds = Object.keys(QUANTITIES).filter((kind) => stations.some((station) => station.kind === kind))
  const kind = kinds.find((each) => each === state.kind) ?? kinds[0]
  if (kind === undefined) return null
  const all = stationsOf(stations, { kind, city: null })
  const asked = state.stations ?? []
  const chosen = asked.flatMap((id) => all.find(({ station_id }) => station_id === id) ?? []).slice(0, MOST_STATIONS)
  const shown = chosen.length > 0 ? chosen : firstStations(all)
  const steps = SPECS[/** @type {keyof typeof SPECS} */ (kind)].steps.filter(({ view }) => views.has(view))
  const quantities = (QUANTITIES[kind] ?? []).filter((each) => steps.some(({ id }) => each.steps[id] !== undefined))
  const quantity = quantities.find(({ id }) => id === state.quantity) ?? quantities[0]
  const own = quantity === undefined ? [] : steps.filter(({ id }) => quantity.steps[id] !== undefined)
  const wanted = quantity === undefined ? null : wantedStep(state, kind, quantity, shown)
  const step = own.find(({ id }) => id === wanted) ?? own[0]
  if (quantity === undefined || step === undefined) return null
  const unknown = asked.filter((id) => !all.some(({ station_id }) => station_id === id))
  return { kind, kinds, all, stations: shown, unknown, quantity, quantities, step, steps: own }
}

/**
 * Whose times the axis has.
 * @param {Station[]} stations
 * @param {'instant' | 'day' | 'month'} window
 */
export function zoneText(stations, window) {
  const zones = [...new Set(stations.map(({ time_zone }) => time_zone))]
  const [zone, ...others] = zones
  const first = stations[0]?.station_id
  if (window !== 'instant') {
    const name = window === 'day' ? 'Days' : 'Months'
    if (others.length === 0) return `${name} of ${zone}`
    return `${name} are those of each station's own calendar, laid over each other (${zones.join(', ')})`
  }
  if (others.length === 0) return `Times of ${zone}`
  return `Times of ${zone}, the zone of ${first}, for all of them; the others are in ${others.join(', ')}`
}
