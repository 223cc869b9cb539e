import { parseKey } from '../views/row-key.ts'
import type { Cell, View, ViewColumn } from '../views/view.ts'
import { parameterError } from './api-error.ts'
import { isDay, isMonth, parseInstantLoosely } from './cell-text.ts'
import type { Condition, ViewQuery } from './ports.ts'

/** The query string of `GET /api/views/<view>`. */
export interface RowsParameters {
  readonly station?: string
  readonly city?: string
  readonly country?: string
  readonly kind?: string
  readonly from?: string
  readonly to?: string
  readonly limit?: string
  readonly after?: string
  readonly order?: 'key' | 'newest'
  readonly format?: 'json' | 'csv'
  readonly shape?: 'objects' | 'arrays'
}

/** How many rows JSON has unless asked otherwise; CSV has all. */
export const DEFAULT_JSON_LIMIT = 1000

const columnNamed = (view: View, name: string): ViewColumn | undefined => view.columns.find(({ column }) => column === name)

/** The column that says which station or zone a row is of. */
export function stationColumn(view: View): ViewColumn | undefined {
  return columnNamed(view, 'station_id') ?? columnNamed(view, 'zone_id')
}

/** The key column that says of what time a row is. */
export function timeColumn(view: View): ViewColumn | undefined {
  return view.key.find(({ type }) => type === 'instant' || type === 'day' || type === 'month')
}

/** The parameters that narrow down this view, with the column that each looks at. */
export function filterColumns(
  view: View,
): ReadonlyArray<{ readonly parameter: 'station' | 'city' | 'country' | 'kind'; readonly column: ViewColumn }> {
  const candidates = [
    { parameter: 'station', column: stationColumn(view) },
    { parameter: 'city', column: columnNamed(view, 'city') },
    { parameter: 'country', column: columnNamed(view, 'country') },
    { parameter: 'kind', column: columnNamed(view, 'kind') },
  ] as const
  return candidates.flatMap(({ parameter, column }) => (column === undefined ? [] : [{ parameter, column }]))
}

/** The first month that starts on the day or after it. */
function monthFrom(day: string): string {
  const month = day.slice(0, 7)
  if (day.endsWith('-01')) return month
  const next = new Date(`${month}-01T00:00:00Z`)
  next.setUTCMonth(next.getUTCMonth() + 1)
  return next.toISOString().slice(0, 7)
}

/** The column and the value with which rows that start at or after the bound can be told from those before. */
function boundOf(
  view: View,
  time: ViewColumn,
  parameter: 'from' | 'to',
  text: string,
): { readonly column: ViewColumn; readonly value: Cell } {
  const day = isMonth(text) ? `${text}-01` : text
  if (isDay(day)) {
    if (time.type === 'instant') return { column: time, value: Date.parse(`${day}T00:00:00Z`) }
    return { column: time, value: time.type === 'month' ? monthFrom(day) : day }
  }
  const instant = parseInstantLoosely(text)
  if (instant === null) {
    throw parameterError(
      `${parameter}=${JSON.stringify(text)} is neither a day, a month nor an instant.`,
      'Give a day (2025-01-01), a month (2025-01) or an instant with its offset (2025-01-01T00:00:00Z, 2025-01-01T00:00:00+01:00).',
    )
  }
  const start = time.type === 'instant' ? time : columnNamed(view, 'window_start')
  if (start === undefined) {
    throw parameterError(`The rows of ${view.name} have a ${time.type} but no instant.`, `Give ${parameter} as a ${time.type}.`)
  }
  return { column: start, value: instant }
}

function timeConditions(view: View, parameters: RowsParameters): Condition[] {
  const time = timeColumn(view)
  const bounds = [
    { parameter: 'from', operator: 'at-least', text: parameters.from },
    { parameter: 'to', operator: 'below', text: parameters.to },
  ] as const
  return bounds.flatMap(({ parameter, operator, text }) => {
    if (text === undefined) return []
    if (time === undefined) throw parameterError(`The rows of ${view.name} have no time.`, `Leave out ${parameter}.`)
    return [{ operator, ...boundOf(view, time, parameter, text) }]
  })
}

/** What the query string asks of the view. `limit` is null for all rows. */
export function parseRowsQuery(view: View, parameters: RowsParameters): ViewQuery {
  const equal = filterColumns(view).flatMap(({ parameter, column }): Condition[] => {
    const value = parameters[parameter]
    return value === undefined ? [] : [{ column, operator: 'equal', value }]
  })
  const newest = parameters.order === 'newest'
  const time = timeColumn(view)
  const order = newest && time !== undefined ? [time, ...view.key.filter((column) => column !== time)] : view.key
  const key = parameters.after === undefined ? null : parseKey(view, parameters.after)
  const defaultLimit = parameters.format === 'csv' ? null : DEFAULT_JSON_LIMIT
  return {
    view,
    conditions: [...equal, ...timeConditions(view, parameters)],
    order,
    descending: newest,
    after: key === null ? null : order.map((column) => key[view.key.indexOf(column)] ?? null),
    limit: parameters.limit === undefined ? defaultLimit : parameters.limit === 'all' ? null : Number(parameters.limit),
  }
}
