// @ts-check
import { maximumOf, numberOf, numbersIn, only, textOf } from '../charts/row-values.js'
import { quantityText } from '../number-format.js'
import { GUIDELINES, quantitiesOf, shareText } from '../quantities.js'

/** @typedef {import('../charts/chart-options.js').ChartSpec} ChartSpec */
/** @typedef {import('../types.js').Row} Row */

const UNDER_75 = 'Under 75 % measured'

/** @param {string} name */
const isValid = (name) => (/** @type {Row} */ row) => row[`${name}_valid`] !== false
/** @param {string} name */
const exceeds = (name) => (/** @type {Row} */ row) => row[`${name}_exceeds_who`] === true

/**
 * Days as bars: within the guideline, above it, and hollow where less than 75 % of the day was measured.
 * @param {'pm25' | 'co'} name
 * @param {string} title
 * @param {string} unit
 * @param {string} unitText
 * @returns {ChartSpec}
 */
function guidelineBars(name, title, unit, unitText) {
  const column = `${name}_mean`
  const [valid, above] = [isValid(name), exceeds(name)]
  const within = (/** @type {Row} */ row) => valid(row) && !above(row)
  const invalid = (/** @type {Row} */ row) => !valid(row)
  const over = (/** @type {Row} */ row) => valid(row) && above(row)
  return {
    id: `${name}-days`,
    title,
    unit: unitText,
    fromZero: true,
    guideline: GUIDELINES[name],
    marks: [
      { draw: 'bar', value: numberOf(column), when: within, color: '--blue' },
      { draw: 'bar', value: numberOf(column), when: over, color: '--vermillion' },
      { draw: 'bar', value: numberOf(column), when: invalid, color: '--muted', look: 'hollow' },
    ],
    legend: [
      { label: 'Within the guideline', color: '--blue', look: 'bar', text: only(within, textOf(column, unit)) },
      { label: 'Above it', color: '--vermillion', look: 'bar', text: only(over, textOf(column, unit)) },
      { label: UNDER_75, color: '--muted', look: 'hollow', text: only(invalid, textOf(column, unit)) },
    ],
  }
}

/**
 * A line stands on a whole window or it is dashed: the window is open, or too little of it was measured.
 * @param {string} name
 */
const isUnsure = (name) => (/** @type {Row} */ row) => row.complete === false || !isValid(name)(row)

/**
 * @param {string} id
 * @param {string} title
 * @param {string} unit
 * @param {string} unitText
 * @param {{ name: string, label: string, color: string }[]} lines
 * @returns {ChartSpec}
 */
function lineChart(id, title, unit, unitText, lines) {
  return {
    id,
    title,
    unit: unitText,
    fromZero: true,
    marks: lines.map(({ name, color }) => ({ draw: 'line', value: numberOf(`${name}_mean`), unsure: isUnsure(name), color })),
    legend: [
      ...lines.map(
        ({ name, label, color }) => /** @type {const} */ ({ label, color, look: 'line', text: textOf(`${name}_mean`, unit) }),
      ),
      { label: `Open, or ${UNDER_75.toLowerCase()}`, color: '--muted', look: 'dashed' },
    ],
  }
}

/** What air-quality reporting asks for, so that a mean may stand for its day. */
const ENOUGH = 0.75
/** @param {Row} row */
const isEnough = (row) => (numberOf('coverage')(row) ?? 0) >= ENOUGH
/** @param {Row} row */
const isTooLittle = (row) => !isEnough(row)

/** @param {string} column @returns {(row: Row) => string | null} */
function shareOf(column) {
  return (row) => {
    const share = numberOf(column)(row)
    return share === null ? null : shareText(share)
  }
}

/** @type {ChartSpec} */
const measured = {
  id: 'measured',
  wide: true,
  height: 150,
  title: 'Measured share of the day',
  unit: '%',
  displayScale: 100,
  ticks: [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, label: String(at * 100) })),
  guideline: { value: ENOUGH, label: '75 %: enough for a mean' },
  marks: [
    { draw: 'bar', value: numberOf('coverage'), when: isEnough, color: '--blue' },
    { draw: 'bar', value: numberOf('coverage'), when: isTooLittle, color: '--muted', look: 'hollow' },
  ],
  legend: [
    { label: 'Enough', color: '--blue', look: 'bar', text: only(isEnough, shareOf('coverage')) },
    { label: 'Too little', color: '--muted', look: 'hollow', text: only(isTooLittle, shareOf('coverage')) },
    ...quantitiesOf('air', 'days').map(
      ({ quantity: { id, label } }) =>
        /** @type {const} */ ({ label, color: '--muted', look: 'none', text: shareOf(`${id}_coverage`) }),
    ),
  ],
}

const pm25Days = guidelineBars('pm25', 'PM2.5, daily mean', 'ug/m3', 'µg/m³')
const coDays = guidelineBars('co', 'CO, daily mean', 'mg/m3', 'mg/m³')
const particles = lineChart('particles', 'Particles', 'ug/m3', 'µg/m³', [
  { name: 'pm25', label: 'PM2.5', color: '--blue' },
  { name: 'pm10', label: 'PM10', color: '--purple' },
])
const gases = lineChart('gases', 'Nitrogen dioxide and ozone', 'ug/m3', 'µg/m³', [
  { name: 'no2', label: 'NO₂', color: '--orange' },
  { name: 'o3', label: 'O₃', color: '--green' },
])
const carbonMonoxide = lineChart('co', 'Carbon monoxide', 'mg/m3', 'mg/m³', [{ name: 'co', label: 'CO', color: '--vermillion' }])

/**
 * @param {Row[]} rows
 * @param {string} name
 */
function daysAbove(rows, name) {
  const valid = rows.filter((row) => row.complete !== false && row[`${name}_mean`] !== null && isValid(name)(row))
  return `${valid.filter(exceeds(name)).length} of ${valid.length}`
}

/**
 * @param {string} step
 * @param {Row[]} rows
 * @param {string} lastTime
 */
function tiles(step, rows, lastTime) {
  const last = /** @type {Row} */ (rows.at(-1))
  const worst = maximumOf(numbersIn(rows, 'pm25_mean'))
  const worstCo = maximumOf(numbersIn(rows, 'co_mean'))
  const days = step === 'days'
  return [
    { label: 'PM2.5', value: textOf('pm25_mean', 'ug/m3')(last) ?? '–', note: lastTime },
    { label: 'CO', value: textOf('co_mean', 'mg/m3')(last) ?? '–', note: lastTime },
    days
      ? { label: 'Days above WHO, PM2.5', value: daysAbove(rows, 'pm25'), note: 'days 75 % measured' }
      : { label: 'NO₂', value: textOf('no2_mean', 'ug/m3')(last) ?? '–', note: lastTime },
    days
      ? { label: 'Days above WHO, CO', value: daysAbove(rows, 'co'), note: 'days 75 % measured' }
      : { label: 'Highest CO', value: worstCo === null ? '–' : quantityText(worstCo, 'mg/m3'), note: 'in this range' },
    { label: 'Highest PM2.5', value: worst === null ? '–' : quantityText(worst, 'ug/m3'), note: 'in this range' },
  ]
}

/** @type {import('./section-spec.js').SectionSpec} */
export const air = {
  kind: 'air',
  title: 'Air quality',
  what: 'air-quality',
  steps: [
    {
      id: 'hours',
      label: 'Hours',
      view: 'air_hourly',
      plots: [
        { view: 'air_hourly', charts: [{ ...particles, wide: true }, carbonMonoxide, gases] },
        { view: 'daily_sensor_means', charts: [pm25Days, coDays, measured] },
      ],
    },
    {
      id: 'days',
      label: 'Days',
      view: 'daily_sensor_means',
      plots: [{ view: 'daily_sensor_means', charts: [pm25Days, coDays, particles, gases, measured] }],
    },
  ],
  stepFor: (hours) => (hours <= 24 ? 'hours' : 'days'),
  tiles,
}
