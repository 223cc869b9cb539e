import { WindrowError } from '../core/errors.ts'
import { formatInstant, parseInstant } from './instant.ts'
import type { Cell, ColumnType, View, ViewColumn } from './view.ts'

export { formatInstant, parseInstant } from './instant.ts'

/** Reads and writes the keys of one view's rows. */
export interface RowKeys {
  /** The canonical JSON array of the key cells, which are the first of `cells`; further cells are not looked at. */
  format(cells: readonly Cell[]): string
  /** The key cells of a text that `format` wrote. Throws WR_ROW_KEY for any other. */
  parse(text: string): Cell[]
}

const keysOfViews = new WeakMap<View, RowKeys>()

/** The keys of a view; made once a view. */
export function rowKeys(view: View): RowKeys {
  let keys = keysOfViews.get(view)
  if (keys === undefined) {
    keys = planKeys(view)
    keysOfViews.set(view, keys)
  }
  return keys
}

/**
 * The key of a row as the log has it: a JSON array without spaces, instants as ISO 8601 (`["paris","2025-01-01T00:00:00Z"]`).
 * `cells` starts with the key's cells. Throws WR_ROW_KEY when a cell does not fit its column.
 */
export function canonicalKey(view: View, cells: readonly Cell[]): string {
  return rowKeys(view).format(cells)
}

/** The key cells of a canonical key. Throws WR_ROW_KEY when the text is not the canonical key of a row of this view. */
export function parseKey(view: View, text: string): Cell[] {
  return rowKeys(view).parse(text)
}

function planKeys(view: View): RowKeys {
  const columns = view.key
  const width = columns.length

  function format(cells: readonly Cell[]): string {
    let text = '['
    for (let i = 0; i < width; i++) {
      const column = columns[i] as ViewColumn
      const cell = cells[i] as Cell
      if (!fits(column.type, cell)) throw badCell(view, column, cell)
      if (i > 0) text += ','
      text += cellJson(column.type, cell)
    }
    return `${text}]`
  }

  function parse(text: string): Cell[] {
    const parts = jsonArray(text)
    if (parts === null || parts.length !== width) throw badKey(view, text)
    const cells = parts.map((part, i): Cell => {
      const type = (columns[i] as ViewColumn).type
      const cell = type === 'instant' && typeof part === 'string' ? parseInstant(part) : (part as Cell)
      if (!fits(type, cell)) throw badKey(view, text)
      return cell
    })
    if (format(cells) !== text) throw badKey(view, text)
    return cells
  }

  return { format, parse }
}

// Without these in a text, its JSON is the text in quotes.
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes the control characters
const NEEDS_ESCAPE = /[\u0000-\u001f"\\\ud800-\udfff]/

function cellJson(type: ColumnType, cell: Cell): string {
  if (type === 'instant') return `"${formatInstant(cell as number)}"`
  if (typeof cell !== 'string') return JSON.stringify(cell)
  return NEEDS_ESCAPE.test(cell) ? JSON.stringify(cell) : `"${cell}"`
}

function fits(type: ColumnType, cell: unknown): boolean {
  switch (type) {
    case 'text':
    case 'day':
    case 'month':
      return typeof cell === 'string'
    case 'instant':
      return Number.isSafeInteger(cell) && Math.abs(cell as number) <= 8_640_000_000_000_000
    case 'count':
      return Number.isSafeInteger(cell) && (cell as number) >= 0
    case 'double':
      return Number.isFinite(cell)
    case 'flag':
      return typeof cell === 'boolean'
  }
}

function jsonArray(text: string): unknown[] | null {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : null
  } catch {
    // Not JSON: the caller says which key it was.
    return null
  }
}

function badCell(view: View, column: ViewColumn, cell: Cell): WindrowError {
  return new WindrowError('WR_ROW_KEY', {
    message: `${view.name}.${column.column} is part of the key and cannot be ${JSON.stringify(cell)}: it is a ${column.type}`,
    remedy: 'Let the topology set every key column to a value of its type.',
    facts: { view: view.name, column: column.column, type: column.type, cell },
  })
}

function badKey(view: View, text: string): WindrowError {
  const form = view.key.map((column) => column.column).join(', ')
  return new WindrowError('WR_ROW_KEY', {
    message: `${text} is not the key of a row of ${view.name}`,
    remedy: `Give the key as a JSON array of ${form}, instants as 2025-01-01T00:00:00Z.`,
    facts: { view: view.name, key: text },
    kind: 'usage',
  })
}
