import { BadReading } from '../bad-reading.ts'

/** A value of a CSV cell (text), of JSON or of Parquet; undefined where the column is missing. */
export type RawCell = unknown

const NOT_FINITE = /^\s*[+-]?(?:nan|inf|infinity)\s*$/i
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** A finite number, null where there is none (missing, null, empty). NaN, infinities and texts that are no decimal number are refused. */
export function numberCell(cell: RawCell, column: string): number | null {
  if (cell === undefined || cell === null || cell === '') return null
  if (typeof cell === 'number' && Number.isFinite(cell)) return cell
  if (typeof cell === 'bigint' && Number.isSafeInteger(Number(cell))) return Number(cell)
  if (typeof cell === 'string') {
    const text = cell.trim()
    if (text === '') return null
    const value = DECIMAL.test(text) ? Number(text) : Number.NaN
    if (Number.isFinite(value)) return value
  }
  if (NOT_FINITE.test(String(cell))) throw new BadReading('WR_READING_NOT_FINITE', `${column}: ${shown(cell)} is no measurement`)
  throw new BadReading('WR_READING_FIELD', `${column}: ${shown(cell)} is not a number`)
}

/** true, false or null; also 1 and 0, as numbers or text, as older pipelines wrote them. */
export function flagCell(cell: RawCell, column: string): boolean | null {
  if (cell === undefined || cell === null || cell === '') return null
  if (typeof cell === 'boolean') return cell
  const text = String(cell).trim().toLowerCase()
  if (text === '') return null
  if (text === '1' || text === 'true') return true
  if (text === '0' || text === 'false') return false
  throw new BadReading('WR_READING_FIELD', `${column}: ${shown(cell)} is neither true nor false`)
}

/** A text, null where there is none. A number becomes its decimal text. */
export function textCell(cell: RawCell, column: string): string | null {
  if (cell === undefined || cell === null) return null
  if (typeof cell === 'string') return cell === '' ? null : cell
  if (typeof cell === 'number' || typeof cell === 'bigint') return String(cell)
  throw new BadReading('WR_READING_FIELD', `${column}: ${shown(cell)} is not a text`)
}

const COMPASS = ['N', 'NNE', 'NE', 'ENE', 'E', 'ESE', 'SE', 'SSE', 'S', 'SSW', 'SW', 'WSW', 'W', 'WNW', 'NW', 'NNW']

/** Degrees clockwise from north: a number, or one of the 16 points of the compass (`NNW` is 337.5). */
export function directionCell(cell: RawCell, column: string): number | null {
  if (typeof cell === 'string') {
    const point = COMPASS.indexOf(cell.trim().toUpperCase())
    if (point >= 0) return point * 22.5
  }
  return numberCell(cell, column)
}

/** What a cell holds, short enough for a message. */
export function shown(cell: RawCell): string {
  const text = typeof cell === 'string' ? JSON.stringify(cell) : typeof cell === 'object' ? JSON.stringify(cell) : String(cell)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
