// @ts-check
import { numberText, quantityText, unitText } from './number-format.js'

/**
 * Where a view keeps a quantity: its value in a window and, where there are such columns, the least and greatest, how many readings have it,
 * and how much of the window they cover.
 * @typedef {object} Source
 * @property {string} view
 * @property {string} column
 * @property {string} [low]
 * @property {string} [high]
 * @property {string} [count]
 * @property {string} [readings] How many readings there are at all: stands for the count where that is not known.
 * @property {string | [part: string, whole: string]} [coverage] A share, or two counts.
 * @property {string} [valid] False where that is too little for its value to stand for the window.
 */
/**
 * Something measured, wherever it is kept.
 * @typedef {object} Quantity
 * @property {string} id
 * @property {string} label
 * @property {'mean' | 'sum' | 'whole'} kind A mean of readings; a sum, which grows with its window; what only a whole window has.
 * @property {string} unit As it is written.
 * @property {number} [displayScale] What values are multiplied by to be in that unit.
 * @property {(value: number) => string} text With its unit.
 * @property {boolean} [fromZero]
 * @property {boolean} [ground]
 * @property {number} leastSpan
 * @property {{ value: number, label: string }} [guideline] For means over a day.
 * @property {Record<string, Source>} steps By step; those that it has.
 */

/** WHO global air quality guidelines 2021: means over 24 hours. */
export const GUIDELINES = {
  pm25: { value: 15, label: 'WHO guideline 15 µg/m³' },
  co: { value: 4, label: 'WHO guideline 4 mg/m³' },
}

/** @param {string} unit As in the schemas. */
const inUnit = (unit) => ({ unit: unitText(unit), text: (/** @type {number} */ value) => quantityText(value, unit) })
const inGwh = { unit: 'GWh', displayScale: 0.001, text: (/** @type {number} */ value) => quantityText(value / 1000, 'GWh', 1) }
const inPercent = { unit: '%', displayScale: 100, text: (/** @type {number} */ value) => quantityText(value, '1') }

const WEATHER_VIEWS = { hours: 'weather_hourly', days: 'weather_daily', months: 'weather_monthly' }
const COUNTED = { count: 'n', coverage: 'coverage' }

/**
 * @param {Partial<Source> & { column: string }} source
 * @param {(keyof typeof WEATHER_VIEWS)[]} [steps]
 * @returns {Record<string, Source>}
 */
function ofWeather(source, steps = ['hours', 'days', 'months']) {
  return Object.fromEntries(steps.map((step) => [step, { view: WEATHER_VIEWS[step], ...COUNTED, ...source }]))
}

/** @param {string} name */
const countedAs = (name) => ({ count: `${name}_n`, readings: 'n' })

/** @type {Quantity[]} */
const weather = [
  {
    ...{ id: 'temperature', label: 'Temperature', kind: 'mean', ...inUnit('Cel'), leastSpan: 4 },
    steps: ofWeather({
      ...countedAs('temperature'),
      column: 'temperature_mean',
      low: 'temperature_min',
      high: 'temperature_max',
    }),
  },
  {
    ...{ id: 'precipitation', label: 'Precipitation', kind: 'sum', ...inUnit('mm'), fromZero: true, leastSpan: 2 },
    steps: ofWeather({ column: 'precipitation_sum' }),
  },
  {
    ...{ id: 'wind', label: 'Wind speed', kind: 'mean', ...inUnit('m/s'), fromZero: true, leastSpan: 5 },
    steps: ofWeather({ ...countedAs('wind_speed'), column: 'wind_speed_mean' }),
  },
  {
    ...{ id: 'humidity', label: 'Humidity', kind: 'mean', ...inUnit('%'), leastSpan: 20 },
    steps: ofWeather({ ...countedAs('humidity'), column: 'humidity_mean' }),
  },
  {
    ...{ id: 'pressure', label: 'Pressure', kind: 'mean', ...inUnit('hPa'), leastSpan: 10 },
    steps: ofWeather({ ...countedAs('pressure'), column: 'pressure_mean' }),
  },
  {
    ...{ id: 'amplitude', label: 'Temperature amplitude', kind: 'whole', ...inUnit('Cel'), fromZero: true, leastSpan: 4 },
    steps: ofWeather({ column: 'temperature_amplitude' }, ['days', 'months']),
  },
  {
    ...{ id: 'trend', label: 'Temperature trend', kind: 'whole', ...inUnit('Cel') },
    ...{ fromZero: true, ground: true, leastSpan: 2 },
    steps: ofWeather({ column: 'temperature_trend' }, ['months']),
  },
  {
    ...{ id: 'rain-hours', label: 'Hours with rain', kind: 'sum', ...inUnit('h'), fromZero: true, leastSpan: 4 },
    steps: ofWeather({ column: 'rain_hours' }, ['days', 'months']),
  },
  {
    ...{ id: 'storm-hours', label: 'Hours with thunderstorm', kind: 'sum', ...inUnit('h'), fromZero: true, leastSpan: 4 },
    steps: ofWeather({ column: 'storm_hours' }, ['days', 'months']),
  },
]

const ENERGY_DAYS = { view: 'daily_energy_summary', ...COUNTED }
/** The view's own coverage is that of consumption. @type {Pick<Source, 'view' | 'coverage'>} */
const PV_DAYS = { view: 'daily_energy_summary', coverage: ['pv_n', 'expected'] }

/** @type {Quantity[]} */
const energy = [
  {
    ...{ id: 'consumption', label: 'Consumption', kind: 'mean', ...inUnit('MW'), fromZero: true, leastSpan: 1 },
    steps: {
      intervals: { view: 'energies', column: 'consommations' },
      days: { ...ENERGY_DAYS, column: 'consumption_mean', low: 'consumption_min', high: 'consumption_max' },
    },
  },
  {
    ...{ id: 'pv', label: 'PV production', kind: 'mean', ...inUnit('MW'), fromZero: true, leastSpan: 1 },
    steps: { intervals: { view: 'energies', column: 'production_pv' } },
  },
  {
    ...{ id: 'energy', label: 'Consumed energy', kind: 'sum', ...inGwh, fromZero: true, leastSpan: 1 },
    steps: { days: { ...ENERGY_DAYS, column: 'consumption_energy_mwh' } },
  },
  {
    ...{ id: 'pv-energy', label: 'PV energy', kind: 'sum', ...inGwh, fromZero: true, leastSpan: 1 },
    steps: { days: { ...PV_DAYS, column: 'pv_energy_mwh' } },
  },
  {
    ...{ id: 'pv-share', label: 'PV share of consumption', kind: 'whole', ...inPercent, fromZero: true, leastSpan: 0.05 },
    steps: { days: { ...PV_DAYS, column: 'pv_share' } },
  },
  {
    ...{ id: 'load-factor', label: 'Load factor', kind: 'whole', ...inPercent, leastSpan: 0.1 },
    steps: { days: { ...ENERGY_DAYS, column: 'load_factor' } },
  },
]

/** @param {string} name @returns {Record<string, Source>} */
function ofAir(name) {
  const source = { column: `${name}_mean`, count: `${name}_n`, coverage: `${name}_coverage`, valid: `${name}_valid` }
  return { hours: { view: 'air_hourly', ...source }, days: { view: 'daily_sensor_means', ...source } }
}

/** @param {string} id @param {string} label @param {string} unit @returns {Quantity} */
function pollutant(id, label, unit) {
  return { id, label, kind: 'mean', ...inUnit(unit), fromZero: true, leastSpan: unit === 'mg/m3' ? 0.2 : 5, steps: ofAir(id) }
}

/** @type {Quantity[]} */
const air = [
  { ...pollutant('pm25', 'PM2.5', 'ug/m3'), guideline: GUIDELINES.pm25 },
  { ...pollutant('co', 'CO', 'mg/m3'), guideline: GUIDELINES.co },
  pollutant('pm10', 'PM10', 'ug/m3'),
  pollutant('no2', 'NO₂', 'ug/m3'),
  pollutant('o3', 'O₃', 'ug/m3'),
]

/** What can be compared and counted, by kind of station. @type {Record<string, Quantity[]>} */
export const QUANTITIES = { weather, energy, air }

/**
 * The quantities of a kind that a view keeps.
 * @param {string} kind
 * @param {string} step
 * @returns {{ quantity: Quantity, source: Source }[]}
 */
export function quantitiesOf(kind, step) {
  return (QUANTITIES[kind] ?? []).flatMap((quantity) => {
    const source = quantity.steps[step]
    return source === undefined ? [] : [{ quantity, source }]
  })
}

/**
 * `98 %`, `99.9 %`; never more than there is.
 * @param {number} share
 */
export function shareText(share) {
  const digits = share >= 0.99 && share < 1 ? 1 : 0
  const scale = 10 ** digits
  return `${numberText(Math.floor(share * 100 * scale + 1e-9) / scale, null, digits)} %`
}
