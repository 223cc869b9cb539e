import { quoteName } from '../../sinks/postgres/quote.ts'
import { stationsView } from '../../views/stations.ts'
import type { ColumnType, View, ViewColumn } from '../../views/view.ts'

/** How far back the groups see that do not see everything. */
export const VISIBLE = { reader: '30 days', analyst: '6 months' } as const

export type LimitedGroup = keyof typeof VISIBLE

/**
 * The column that says from when on a row tells something, null where none does. Of hours the one of the key: it is where the window
 * begins, and has an index.
 */
export function timeColumn(view: View): ViewColumn | null {
  const hour = view.key.find(({ column, type }) => column === 'hour' && type === 'instant')
  if (hour !== undefined) return hour
  const windowStart = view.values.find(({ column, type }) => column === 'window_start' && type === 'instant')
  if (windowStart !== undefined) return windowStart
  for (const type of ['instant', 'day', 'month'] as const satisfies ColumnType[]) {
    const key = view.key.find((column) => column.type === type)
    if (key !== undefined) return key
  }
  if (view.name !== stationsView.name) return null
  return view.values.find(({ column }) => column === 'last_reading') ?? null
}

/**
 * The condition under which a group sees a row: all that the row tells is of the group's time. Local days and months without an instant
 * count as visible when they lie in that time in every time zone. Months are subtracted in UTC, since the time zone of a session is the
 * reader's to set, and one made up may move a bound by two weeks.
 */
export function visibleRows(view: View, group: LimitedGroup): string {
  const column = timeColumn(view)
  if (column === null) return 'false'
  const name = quoteName(column.column)
  const bound = utcBound(group)
  switch (column.type) {
    case 'day':
      return `${name} > (${bound} + ${EARLIEST_START})::date`
    case 'month':
      return `${name} > to_char(${bound} + ${EARLIEST_START}, 'YYYY-MM')`
    default:
      return `${name} >= ${timeBound(group)}`
  }
}

/** The instant at which the time begins that the group sees. */
export function timeBound(group: LimitedGroup): string {
  return `(${utcBound(group)}) AT TIME ZONE 'UTC'`
}

function utcBound(group: LimitedGroup): string {
  return `(now() AT TIME ZONE 'UTC') - interval '${VISIBLE[group]}'`
}

/** A local day begins so long before the same day in UTC at most (UTC+14). */
const EARLIEST_START = `interval '14 hours'`
