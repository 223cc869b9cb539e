// @ts-check
import { numberText, unitText } from './number-format.js'
import { plainTimeText } from './zone-time.js'

/** Words of column names that are not written as they are. */
/** @type {Record<string, string>} */
const WORDS = {
  co: 'CO',
  no2: 'NO₂',
  o3: 'O₃',
  pm10: 'PM10',
  pm25: 'PM2.5',
  pv: 'PV',
  who: 'WHO',
  id: '',
  n: 'readings',
  avg: 'mean',
}
/** @type {Record<string, string>} */
const NAMES = {
  n: 'Readings',
  station_id: 'Station',
  zone_id: 'Zone',
  consommations: 'Consumption',
  production_pv: 'PV production',
  timestamp: 'Time',
  complete: 'State',
  hour: 'Hour',
  day: 'Day',
  month: 'Month',
}

/**
 * The name of a column for people: `temperature_mean` is `Temperature mean`.
 * @param {string} name
 */
export function columnLabel(name) {
  const known = NAMES[name]
  if (known !== undefined) return known
  const words = name
    .replace(/_mwh$/, '')
    .split('_')
    .map((word) => WORDS[word] ?? word)
    .filter((word) => word !== '')
  const text = words.join(' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/**
 * The unit that stands in the head of a column; a share is shown in per cent.
 * @param {import('./types.js').Column} column
 */
export function columnUnit(column) {
  return column.unit === null ? '' : unitText(column.unit)
}

/**
 * A cell for people, instants on the clock of the zone. Null is a dash.
 * @param {import('./types.js').Column} column
 * @param {import('./types.js').Cell} cell
 * @param {string} zone
 */
export function cellText(column, cell, zone) {
  if (cell === null) return '–'
  if (column.name === 'complete') return cell === true ? 'complete' : 'open'
  if (column.type === 'flag') return cell === true ? 'yes' : 'no'
  if (column.type === 'instant') return plainTimeText(Date.parse(String(cell)), zone)
  return typeof cell === 'number' ? numberText(cell, column.unit) : String(cell)
}

/** @param {import('./types.js').Column} column */
export function isNumeric(column) {
  return column.type === 'double' || column.type === 'count'
}
