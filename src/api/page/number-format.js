// @ts-check

/** How a unit of the schemas (UCUM) is written for people, and how many digits after the point make sense. */
/** @type {Record<string, { text: string, digits: number }>} */
const UNITS = {
  Cel: { text: '°C', digits: 1 },
  '%': { text: '%', digits: 0 },
  hPa: { text: 'hPa', digits: 1 },
  'm/s': { text: 'm/s', digits: 1 },
  deg: { text: '°', digits: 0 },
  mm: { text: 'mm', digits: 1 },
  h: { text: 'h', digits: 1 },
  min: { text: 'min', digits: 0 },
  s: { text: 's', digits: 0 },
  MW: { text: 'MW', digits: 0 },
  MWh: { text: 'MWh', digits: 0 },
  GWh: { text: 'GWh', digits: 0 },
  'mg/m3': { text: 'mg/m³', digits: 2 },
  'ug/m3': { text: 'µg/m³', digits: 1 },
  1: { text: '%', digits: 1 },
}

/** @type {Map<number, Intl.NumberFormat>} */
const formats = new Map()

/** @param {number} digits */
function formatOf(digits) {
  let format = formats.get(digits)
  if (format === undefined) {
    format = new Intl.NumberFormat('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    formats.set(digits, format)
  }
  return format
}

/** @param {string | null} unit */
export function unitText(unit) {
  if (unit === null) return ''
  return UNITS[unit]?.text ?? unit
}

/** @param {string | null} unit */
export function unitDigits(unit) {
  return unit === null ? 0 : (UNITS[unit]?.digits ?? 2)
}

/**
 * A number with thousands apart and as many digits as its unit deserves, without the unit. A share (unit 1) is written in per cent.
 * @param {number} value
 * @param {string | null} unit
 * @param {number} [digits]
 */
export function numberText(value, unit, digits = unitDigits(unit)) {
  const shown = unit === '1' ? value * 100 : value
  return formatOf(digits)
    .format(shown)
    .replace('-', '−')
    .replace(/^−(0(?:\.0+)?)$/, '$1')
}

/**
 * `13.2 °C`, `64 %`, `298°`
 * @param {number} value
 * @param {string | null} unit
 * @param {number} [digits]
 */
export function quantityText(value, unit, digits) {
  const text = unitText(unit)
  return text === '' || text === '°' ? numberText(value, unit, digits) + text : `${numberText(value, unit, digits)} ${text}`
}

/**
 * A number as it was measured, with no digits added.
 * @param {number} value
 */
export function plainNumberText(value) {
  return value.toLocaleString('en-GB', { maximumFractionDigits: 6 }).replace('-', '−')
}

/** @param {number} value */
export function countText(value) {
  return formatOf(0).format(value)
}

/**
 * `4.2 MB`
 * @param {number} bytes
 */
export function bytesText(bytes) {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1_000_000) return `${numberText(bytes / 1000, null, 0)} kB`
  if (bytes < 1_000_000_000) return `${numberText(bytes / 1_000_000, null, 1)} MB`
  return `${numberText(bytes / 1_000_000_000, null, 2)} GB`
}

const POINTS = ['N', 'NNE', 'NE', 'ENE', 'E', 'ESE', 'SE', 'SSE', 'S', 'SSW', 'SW', 'WSW', 'W', 'WNW', 'NW', 'NNW']

/** @param {number} degrees Where the wind comes from. */
export function compassPoint(degrees) {
  return /** @type {string} */ (POINTS[Math.round((((degrees % 360) + 360) % 360) / 22.5) % 16])
}
