import type { Cell, View, ViewColumn } from '../../views/view.ts'
import { rowRefused, viewUnfit } from './influx-errors.ts'

/** The time of the points of one view, in milliseconds since the epoch. It follows from the key alone. */
export interface PointTime {
  readonly column: ViewColumn
  /** Of the cells of a row or of its key. Throws WR_ROW_REFUSED for a time that InfluxDB does not have. */
  of(cells: readonly Cell[]): number
  /** The key's cell of a point. */
  cell(at: number): Cell
}

/** Times are 64-bit nanoseconds: from 1677-09-21 to 2262-04-11. What is to be deleted is named by the instant after it, so the last one is missing. */
export const FIRST_TIME_MS = -9_223_372_036_854
export const LAST_TIME_MS = 9_223_372_036_853

const TIME_TYPES = new Set(['instant', 'day', 'month'])

/** A local day is its 00:00Z, a month that of its first day. Throws WR_INFLUX_VIEW where a key has no time, or more than one. */
export function pointTime(view: View): PointTime {
  const times = view.key.filter(({ type }) => TIME_TYPES.has(type))
  const [column] = times
  if (column === undefined || times.length > 1) {
    throw viewUnfit(view.name, `its key has ${times.length} times, and a point has one`)
  }
  if (view.key.at(-1) !== column) throw viewUnfit(view.name, `its key does not end with its time, ${column.column}`)
  const index = view.columns.indexOf(column)
  const { type } = column

  function of(cells: readonly Cell[]): number {
    const cell = cells[index] as Cell
    const at = type === 'instant' ? (cell as number) : Date.parse(`${String(cell)}${type === 'day' ? '' : '-01'}T00:00:00Z`)
    if (Number.isSafeInteger(at) && at >= FIRST_TIME_MS && at <= LAST_TIME_MS) return at
    throw rowRefused(view.name, `${column?.column} is ${String(cell)}, and its times are from 1677-09-22 to 2262-04-11`, {
      column: column?.column,
      value: cell,
    })
  }

  return {
    column,
    of,
    cell: (at) => (type === 'instant' ? at : new Date(at).toISOString().slice(0, type === 'day' ? 10 : 7)),
  }
}
