import { csvCell } from '../api/cell-text.ts'
import type { Condition } from '../api/ports.ts'
import { stationColumn, timeColumn } from '../api/view-query.ts'
import { nearest } from '../config/unknown-settings.ts'
import { shownText } from '../core/shown-text.ts'
import type { Log, Topic } from '../log/port.ts'
import type { Cell, View, ViewColumn } from '../views/view.ts'
import { viewRows } from './export/view-rows.ts'

/** How many stations are named to somebody who asked for one that is not there. */
const NAMED = 8

interface TimeRange {
  first: Cell
  last: Cell
}

/** The place of a column, -1 for none. */
export const indexOf = (columns: readonly ViewColumn[], column: ViewColumn | undefined): number =>
  column === undefined ? -1 : columns.indexOf(column)

/** The stations of a view's rows, each with the times of its first and its last row (null where rows have no time). */
async function stationsOf(log: Log, view: View, topic: Topic, signal: AbortSignal): Promise<ReadonlyMap<string, TimeRange>> {
  const station = indexOf(view.columns, stationColumn(view))
  const time = indexOf(view.columns, timeColumn(view))
  const found = new Map<string, TimeRange>()
  for await (const rows of viewRows(log, view, topic, { signal })) {
    for (const cells of rows) {
      const name = String(cells[station] ?? '')
      const at = cells[time] ?? null
      const range = found.get(name)
      if (range === undefined) found.set(name, { first: at, last: at })
      else if (at !== null) {
        if (range.first === null || at < range.first) range.first = at
        if (range.last === null || at > range.last) range.last = at
      }
    }
  }
  return found
}

/** Why nothing of a station (undefined: of any) was found, in one sentence for the person who asked. */
export async function whyNoRow(
  log: Log,
  view: View,
  topic: Topic,
  station: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const stations = await stationsOf(log, view, topic, signal)
  if (stations.size === 0) return `${view.name} has no rows yet.`
  if (station === undefined)
    return `No row of ${view.name} is in this range; ${rangeText(view, wholeRange([...stations.values()]))}.`
  const range = stations.get(station)
  if (range !== undefined) return `No row of ${shownText(station)} is there; ${rangeText(view, range)}.`
  const names = [...stations.keys()].sort()
  const alike = nearest(station, names)
  const hint =
    alike === null
      ? `it has ${names.slice(0, NAMED).map(shownText).join(', ')}${names.length > NAMED ? ` and ${names.length - NAMED} more (windrow stations)` : ''}`
      : `did you mean ${shownText(alike)}?`
  return `${view.name} has no station ${shownText(station)}; ${hint}${alike === null ? '.' : ''}`
}

function wholeRange(ranges: readonly TimeRange[]): TimeRange {
  const whole: TimeRange = { first: null, last: null }
  for (const { first, last } of ranges) {
    if (first !== null && (whole.first === null || first < whole.first)) whole.first = first
    if (last !== null && (whole.last === null || last > whole.last)) whole.last = last
  }
  return whole
}

function rangeText(view: View, { first, last }: TimeRange): string {
  const column = timeColumn(view)
  if (column === undefined || first === null) return 'its rows have no time'
  return `the rows that there are go from ${csvCell(column, first)} to ${csvCell(column, last)}`
}

/** The key of the newest row among those that meet the conditions, null where there is none. The view's key has a time. */
export async function newestKey(
  log: Log,
  view: View,
  topic: Topic,
  conditions: readonly Condition[],
  signal: AbortSignal,
): Promise<readonly Cell[] | null> {
  const time = indexOf(view.columns, timeColumn(view))
  let newest: readonly Cell[] | null = null
  for await (const rows of viewRows(log, view, topic, { conditions, signal })) {
    for (const cells of rows)
      if (newest === null || (cells[time] as string | number) > (newest[time] as string | number)) newest = cells
  }
  return newest?.slice(0, view.key.length) ?? null
}
