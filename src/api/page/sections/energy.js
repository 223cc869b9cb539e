// @ts-check
import { maximumOf, numberOf, numbersIn, only, textOf } from '../charts/row-values.js'
import { quantityText } from '../number-format.js'

/** @typedef {import('../charts/chart-options.js').ChartSpec} ChartSpec */
/** @typedef {import('../types.js').Row} Row */

/** @type {ChartSpec} */
const power = {
  id: 'power',
  wide: true,
  title: 'Consumption and PV production',
  unit: 'MW',
  fromZero: true,
  leastSpan: 1,
  marks: [
    { draw: 'area', value: numberOf('production_pv'), color: '--orange' },
    { draw: 'line', value: numberOf('consommations'), color: '--blue' },
  ],
  legend: [
    { label: 'Consumption', color: '--blue', look: 'line', text: textOf('consommations', 'MW') },
    { label: 'PV production', color: '--orange', look: 'area', text: textOf('production_pv', 'MW') },
  ],
}

/** @type {ChartSpec} */
const dailyPower = {
  id: 'daily-power',
  title: 'Consumption',
  unit: 'MW',
  leastSpan: 1,
  marks: [{ draw: 'line', value: numberOf('consumption_mean'), color: '--blue' }],
  band: { low: numberOf('consumption_min'), high: numberOf('consumption_max'), color: '--blue' },
  legend: [
    { label: 'Mean', color: '--blue', look: 'line', text: textOf('consumption_mean', 'MW') },
    { label: 'Lowest to highest', color: '--blue', look: 'area', text: lowToHigh },
  ],
}

/** @param {Row} row */
function lowToHigh(row) {
  const [low, high] = [numberOf('consumption_min')(row), numberOf('consumption_max')(row)]
  return low === null || high === null ? null : `${quantityText(low, 'MW')} to ${quantityText(high, 'MW')}`
}

/** A sum over a day with gaps is too low: such a day is drawn as what it is. */
const WHOLE_COVERAGE = 0.97

/** @param {Row} row */
function isPartial(row) {
  return row.complete === true && typeof row.coverage === 'number' && row.coverage < WHOLE_COVERAGE
}

/** @param {Row} row */
function isWhole(row) {
  return !isPartial(row)
}

/** @type {ChartSpec} */
const dailyEnergy = {
  id: 'daily-energy',
  title: 'Energy a day',
  unit: 'GWh',
  displayScale: 0.001,
  fromZero: true,
  leastSpan: 1,
  marks: [
    { draw: 'bar', value: numberOf('consumption_energy_mwh'), when: isWhole, color: '--blue', look: 'hollow' },
    { draw: 'bar', value: numberOf('consumption_energy_mwh'), when: isPartial, color: '--muted', look: 'hollow' },
    { draw: 'bar', value: numberOf('pv_energy_mwh'), color: '--orange' },
  ],
  legend: [
    { label: 'Consumed', color: '--blue', look: 'hollow', text: only(isWhole, gwh('consumption_energy_mwh')) },
    { label: 'PV', color: '--orange', look: 'bar', text: gwh('pv_energy_mwh') },
    {
      label: 'Consumed, day partly measured',
      color: '--muted',
      look: 'hollow',
      text: only(isPartial, gwh('consumption_energy_mwh')),
    },
  ],
}

/** @param {string} column @returns {(row: Row) => string | null} */
function gwh(column) {
  return (row) => {
    const value = numberOf(column)(row)
    return value === null ? null : quantityText(value / 1000, 'GWh', 1)
  }
}

/** @type {ChartSpec} */
const share = {
  id: 'pv-share',
  title: 'PV share of consumption',
  unit: '%',
  displayScale: 100,
  fromZero: true,
  leastSpan: 0.05,
  marks: [
    { draw: 'line', value: numberOf('pv_share'), when: isWhole, color: '--orange' },
    { draw: 'line', value: numberOf('pv_share'), when: isPartial, color: '--muted' },
  ],
  legend: [
    { label: 'Share', color: '--orange', look: 'line', text: only(isWhole, textOf('pv_share', '1')) },
    { label: 'Share, day partly measured', color: '--muted', look: 'line', text: only(isPartial, textOf('pv_share', '1')) },
  ],
}

const loadText = textOf('load_factor', '1')

/** @type {ChartSpec} */
const loadFactor = {
  id: 'load-factor',
  title: 'Load factor',
  unit: '%, mean of highest',
  displayScale: 100,
  leastSpan: 0.1,
  marks: [
    { draw: 'line', value: numberOf('load_factor'), when: isWhole, color: '--blue' },
    { draw: 'line', value: numberOf('load_factor'), when: isPartial, color: '--muted' },
  ],
  legend: [
    { label: 'Mean consumption / highest', color: '--blue', look: 'line', text: only(isWhole, loadText) },
    { label: 'Day partly measured', color: '--muted', look: 'line', text: only(isPartial, loadText) },
  ],
}

const daily = { view: 'daily_energy_summary', charts: [dailyEnergy, share] }

/**
 * @param {Row[]} rows
 * @param {string} lastTime
 */
function quarterTiles(rows, lastTime) {
  const last = /** @type {Row} */ (rows.at(-1))
  const [used, solar] = [numberOf('consommations')(last), numberOf('production_pv')(last)]
  const peak = maximumOf(numbersIn(rows, 'consommations'))
  const solarPeak = maximumOf(numbersIn(rows, 'production_pv'))
  return [
    { label: 'Consumption', value: used === null ? '–' : quantityText(used, 'MW'), note: lastTime },
    { label: 'PV production', value: solar === null ? '–' : quantityText(solar, 'MW'), note: lastTime },
    {
      label: 'PV share',
      value: used === null || used === 0 || solar === null ? '–' : quantityText(solar / used, '1'),
      note: lastTime,
    },
    { label: 'Peak consumption', value: peak === null ? '–' : quantityText(peak, 'MW'), note: 'in this range' },
    { label: 'Peak PV', value: solarPeak === null ? '–' : quantityText(solarPeak, 'MW'), note: 'in this range' },
  ]
}

/**
 * @param {Row[]} rows
 * @param {string} lastTime
 */
function dayTiles(rows, lastTime) {
  const last = /** @type {Row} */ (rows.at(-1))
  const peak = maximumOf(numbersIn(rows, 'consumption_max'))
  const bestShare = maximumOf(numbersIn(rows.filter(isWhole), 'pv_share'))
  return [
    { label: 'Energy', value: gwh('consumption_energy_mwh')(last) ?? '–', note: lastTime },
    { label: 'PV energy', value: gwh('pv_energy_mwh')(last) ?? '–', note: lastTime },
    { label: 'PV share', value: textOf('pv_share', '1')(last) ?? '–', note: lastTime },
    { label: 'Highest PV share', value: bestShare === null ? '–' : quantityText(bestShare, '1'), note: 'of a day in this range' },
    { label: 'Peak consumption', value: peak === null ? '–' : quantityText(peak, 'MW'), note: 'in this range' },
    { label: 'Load factor', value: textOf('load_factor', '1')(last) ?? '–', note: lastTime },
  ]
}

/** @type {import('./section-spec.js').SectionSpec} */
export const energy = {
  kind: 'energy',
  title: 'Energy',
  what: 'energy',
  steps: [
    { id: 'intervals', label: 'Quarter-hours', view: 'energies', plots: [{ view: 'energies', charts: [power] }, daily] },
    {
      id: 'days',
      label: 'Days',
      view: 'daily_energy_summary',
      plots: [{ view: 'daily_energy_summary', charts: [dailyPower, loadFactor, dailyEnergy, share] }],
    },
  ],
  stepFor: (hours) => (hours <= 24 * 8 ? 'intervals' : 'days'),
  tiles: (step, rows, lastTime) => (step === 'days' ? dayTiles(rows, lastTime) : quarterTiles(rows, lastTime)),
}
