// @ts-check
import { maximumOf, minimumOf, numberOf, numbersIn, only, sumOf, textOf } from '../charts/row-values.js'
import { compassPoint, quantityText } from '../number-format.js'

/** @typedef {import('../charts/chart-options.js').ChartSpec} ChartSpec */
/** @typedef {import('../types.js').Row} Row */

/** @type {ChartSpec} */
const temperature = {
  id: 'temperature',
  title: 'Temperature',
  unit: '°C',
  leastSpan: 4,
  marks: [{ draw: 'line', value: numberOf('temperature_mean'), color: '--vermillion' }],
  band: { low: numberOf('temperature_min'), high: numberOf('temperature_max'), color: '--vermillion' },
  legend: [
    { label: 'Mean', color: '--vermillion', look: 'line', text: textOf('temperature_mean', 'Cel') },
    { label: 'Lowest to highest', color: '--vermillion', look: 'area', text: lowToHigh },
  ],
}

/** @param {Row} row */
function lowToHigh(row) {
  const [low, high] = [numberOf('temperature_min')(row), numberOf('temperature_max')(row)]
  return low === null || high === null ? null : `${quantityText(low, 'Cel')} to ${quantityText(high, 'Cel')}`
}

/** @type {ChartSpec} */
const precipitation = {
  id: 'precipitation',
  title: 'Precipitation',
  unit: 'mm',
  fromZero: true,
  leastSpan: 2,
  marks: [{ draw: 'bar', value: numberOf('precipitation_sum'), color: '--blue' }],
  legend: [{ label: 'Sum', color: '--blue', look: 'bar', text: textOf('precipitation_sum', 'mm') }],
}

/** @type {ChartSpec} */
const pressure = {
  id: 'pressure',
  title: 'Pressure',
  unit: 'hPa',
  leastSpan: 10,
  marks: [{ draw: 'line', value: numberOf('pressure_mean'), color: '--purple' }],
  legend: [{ label: 'Mean', color: '--purple', look: 'line', text: textOf('pressure_mean', 'hPa') }],
}

/** @param {Row} row */
function windText(row) {
  const [speed, direction] = [numberOf('wind_speed_mean')(row), numberOf('wind_direction_mean')(row)]
  if (speed === null) return null
  return direction === null ? quantityText(speed, 'm/s') : `${quantityText(speed, 'm/s')} from ${compassPoint(direction)}`
}

/** @type {ChartSpec} */
const wind = {
  id: 'wind',
  title: 'Wind speed',
  unit: 'm/s',
  fromZero: true,
  leastSpan: 5,
  marks: [{ draw: 'line', value: numberOf('wind_speed_mean'), color: '--green' }],
  legend: [{ label: 'Mean', color: '--green', look: 'line', text: windText }],
}

/** @param {Row} row */
function directionText(row) {
  const direction = numberOf('wind_direction_mean')(row)
  return direction === null ? null : `${compassPoint(direction)}, ${quantityText(direction, 'deg')}`
}

/** Points: a line from 359° to 1° would cross the whole compass. @type {ChartSpec} */
const windDirection = {
  id: 'wind-direction',
  title: 'Wind direction',
  unit: 'where it comes from',
  ticks: ['N', 'E', 'S', 'W', 'N'].map((label, quarter) => ({ at: 90 * quarter, label })),
  marks: [{ draw: 'points', value: numberOf('wind_direction_mean'), color: '--green' }],
  legend: [{ label: 'Mean', color: '--green', look: 'point', text: directionText }],
}

/** @type {ChartSpec} */
const humidity = {
  id: 'humidity',
  title: 'Humidity',
  unit: '%',
  leastSpan: 20,
  marks: [{ draw: 'line', value: numberOf('humidity_mean'), color: '--blue' }],
  legend: [{ label: 'Mean', color: '--blue', look: 'line', text: textOf('humidity_mean', '%') }],
}

/** Hours with a thunderstorm are mostly among those with rain: the one bar stands within the other. @type {ChartSpec} */
const wetHours = {
  id: 'wet-hours',
  title: 'Hours with rain and storm',
  unit: 'h',
  fromZero: true,
  leastSpan: 4,
  marks: [
    { draw: 'bar', value: numberOf('rain_hours'), color: '--blue' },
    { draw: 'bar', value: numberOf('storm_hours'), color: '--orange', slot: [0.25, 0.75] },
  ],
  legend: [
    { label: 'Rain', color: '--blue', look: 'bar', text: textOf('rain_hours', 'h') },
    { label: 'Thunderstorm', color: '--orange', look: 'bar', text: textOf('storm_hours', 'h') },
  ],
}

/** @type {ChartSpec} */
const amplitude = {
  id: 'amplitude',
  title: 'Temperature amplitude',
  unit: '°C',
  fromZero: true,
  leastSpan: 4,
  marks: [{ draw: 'bar', value: numberOf('temperature_amplitude'), color: '--vermillion' }],
  legend: [{ label: 'Highest minus lowest', color: '--vermillion', look: 'bar', text: textOf('temperature_amplitude', 'Cel') }],
}

/** @param {Row} row */
const isWarmer = (row) => (numberOf('temperature_trend')(row) ?? 0) >= 0
/** @param {Row} row */
const isColder = (row) => !isWarmer(row)
const trendText = textOf('temperature_trend', 'Cel')

/** @type {ChartSpec} */
const trend = {
  id: 'trend',
  title: 'Temperature against the month before',
  unit: '°C',
  fromZero: true,
  ground: true,
  leastSpan: 2,
  marks: [
    { draw: 'bar', value: numberOf('temperature_trend'), when: isWarmer, color: '--vermillion' },
    { draw: 'bar', value: numberOf('temperature_trend'), when: isColder, color: '--blue' },
  ],
  legend: [
    { label: 'Warmer', color: '--vermillion', look: 'bar', text: only(isWarmer, trendText) },
    { label: 'Colder', color: '--blue', look: 'bar', text: only(isColder, trendText) },
  ],
}

const hours = [temperature, precipitation, wind, windDirection, humidity, pressure]
const days = [temperature, precipitation, amplitude, wetHours, wind, windDirection, humidity, pressure]
const months = [
  { ...temperature, wide: true },
  trend,
  amplitude,
  ...days.filter((chart) => chart !== temperature && chart !== amplitude),
]

/**
 * @param {string} _step
 * @param {Row[]} rows
 * @param {string} lastTime
 */
function tiles(_step, rows, lastTime) {
  const last = /** @type {Row} */ (rows.at(-1))
  const low = minimumOf(numbersIn(rows, 'temperature_min'))
  const high = maximumOf(numbersIn(rows, 'temperature_max'))
  const rain = sumOf(numbersIn(rows, 'precipitation_sum'))
  return [
    { label: 'Temperature', value: textOf('temperature_mean', 'Cel')(last) ?? '–', note: lastTime },
    {
      label: 'Lowest and highest',
      value:
        low === null || high === null ? '–' : `${quantityText(low, 'Cel').replace(' °C', '')} / ${quantityText(high, 'Cel')}`,
      note: 'in this range',
    },
    { label: 'Precipitation', value: rain === null ? '–' : quantityText(rain, 'mm'), note: 'in this range' },
    { label: 'Wind', value: windText(last)?.replace(' from', '') ?? '–', note: lastTime },
    { label: 'Humidity', value: textOf('humidity_mean', '%')(last) ?? '–', note: lastTime },
    { label: 'Pressure', value: textOf('pressure_mean', 'hPa')(last) ?? '–', note: lastTime },
  ]
}

/** @type {import('./section-spec.js').SectionSpec} */
export const weather = {
  kind: 'weather',
  title: 'Weather',
  what: 'weather',
  steps: [
    { id: 'hours', label: 'Hours', view: 'weather_hourly', plots: [{ view: 'weather_hourly', charts: hours }] },
    { id: 'days', label: 'Days', view: 'weather_daily', plots: [{ view: 'weather_daily', charts: days }] },
    { id: 'months', label: 'Months', view: 'weather_monthly', plots: [{ view: 'weather_monthly', charts: months }] },
  ],
  stepFor: (hours) => (hours <= 24 * 8 ? 'hours' : hours <= 24 * 1000 ? 'days' : 'months'),
  tiles,
}
