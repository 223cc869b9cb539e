import { formatInstant } from '../views/instant.ts'
import type { Cell, ViewColumn } from '../views/view.ts'
import { parameterError } from './api-error.ts'

export const optionalInstantText = (instant: number | null): string | null => (instant === null ? null : formatInstant(instant))

/** A cell as it is in JSON: an instant is text, the rest is itself. */
export function jsonCell(column: ViewColumn, cell: Cell): Cell {
  return column.type === 'instant' && typeof cell === 'number' ? formatInstant(cell) : cell
}

/** A cell as it is in CSV: null is empty, a double has the fewest digits that read back as the same double. */
export function csvCell(column: ViewColumn, cell: Cell): string | null {
  const value = jsonCell(column, cell)
  return value === null ? null : String(value)
}

export type RowWriter = (cells: readonly Cell[]) => string

/** Writes rows of a view as the text of JSON objects, with the names as in every store. */
export function objectWriter(columns: readonly ViewColumn[]): RowWriter {
  const names = columns.map((column, index) => `${index === 0 ? '{' : ','}${JSON.stringify(column.column)}:`)
  return (cells) => {
    let text = ''
    for (let i = 0; i < columns.length; i++) text += names[i]! + JSON.stringify(jsonCell(columns[i]!, cells[i] ?? null))
    return `${text}}`
  }
}

/** Writes rows of a view as the text of JSON arrays. */
export function arrayWriter(columns: readonly ViewColumn[]): RowWriter {
  return (cells) => JSON.stringify(columns.map((column, index) => jsonCell(column, cells[index] ?? null)))
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:?\d{2})$/
const DAY = /^\d{4}-\d{2}-\d{2}$/
const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/

/** Milliseconds since the epoch of what people write: any ISO 8601 instant with an offset; null for any other text. */
export function parseInstantLoosely(given: string): number | null {
  // A plus sign that was not escaped arrives as a space.
  const text = given.replace(/ (\d{2}:?\d{2})$/, '+$1')
  if (!INSTANT.test(text)) return null
  const instant = Date.parse(text)
  return Number.isNaN(instant) ? null : instant
}

/** Whether it is a day of the calendar, `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  if (!DAY.test(text)) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

export const isMonth = (text: string): boolean => MONTH.test(text)

const expected: Readonly<Record<ViewColumn['type'], string>> = {
  text: 'a text',
  instant: 'an instant in ISO 8601 with an offset, for instance 2025-01-01T00:00:00Z',
  day: 'a day, for instance 2025-01-01',
  month: 'a month, for instance 2025-01',
  double: 'a number',
  count: 'a whole number',
  flag: 'true or false',
}

function tryParse(column: ViewColumn, text: string): Cell {
  switch (column.type) {
    case 'text':
      return text
    case 'instant':
      return parseInstantLoosely(text)
    case 'day':
      return isDay(text) ? text : null
    case 'month':
      return isMonth(text) ? text : null
    case 'double':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : null
    case 'count':
      return /^\d{1,15}$/.test(text) ? Number(text) : null
    case 'flag':
      return text === 'true' ? true : text === 'false' ? false : null
  }
}

/** The cell of a column from text as JSON and CSV have it. Throws WR_API_PARAMETER naming the column. */
export function parseCell(column: ViewColumn, text: string): Cell {
  const cell = tryParse(column, text)
  if (cell !== null) return cell
  throw parameterError(
    `${column.column}=${JSON.stringify(text)} is not ${expected[column.type]}.`,
    `Give ${column.column} as ${expected[column.type]}.`,
  )
}
