import type { Columns, StoreName, View } from '../../src/views/view.ts'
import { influxdb } from './data-sources.ts'
import type { Query } from './query.ts'
import { type Column, columnsOf, type FlagField, type InInflux, type NumberField } from './view-columns.ts'

type AnyView = View<Columns, Columns, readonly StoreName[]>

/** A tag by which series are told apart. */
export type Tag = 'station_id' | 'zone_id' | 'city'

interface SeriesOf<Field extends string> {
  readonly field: Field
  /** What becomes of the points of a window. A mean of directions means nothing: take the last one. */
  readonly fn: 'mean' | 'min' | 'max' | 'sum' | 'last'
  /** Series that have these in common are put together first. All there are, if left out. */
  readonly by?: readonly Tag[]
}

const columnNamed = (view: AnyView, name: string): Column => (columnsOf(view) as Readonly<Record<string, Column>>)[name] as Column

/** The tag that is the key of a view, beside the time. */
const keyTag = (view: AnyView): string => view.key.find(({ type }) => type === 'text')?.column as string

/** `${bucket}` of the dashboard, in its range, of the stations that are chosen. */
const pointsOf = (view: AnyView, field: string): string[] => [
  'from(bucket: "${bucket}")',
  '|> range(start: v.timeRangeStart, stop: v.timeRangeStop)',
  `|> filter(fn: (r) => r._measurement == "${view.name}" and r._field == "${columnNamed(view, field).column}")`,
  `|> filter(fn: (r) => r.${keyTag(view)} =~ /^(?:\${station:regex})$/)`,
]

const fluxQuery = (lines: readonly string[]): Query => ({
  datasource: influxdb,
  model: { query: lines.map((line) => (line.startsWith('|>') ? `  ${line}` : line)).join('\n') },
})

/** Empty windows are told too: a line is interrupted there. */
const windows = (fn: string, empty = true): string =>
  `|> aggregateWindow(every: v.windowPeriod, fn: ${fn}, createEmpty: ${empty}, timeSrc: "_start")`

const grouped = (by: readonly Tag[]): string[] => [
  // Points of a station without a city have no such tag.
  ...by.map((tag) => `|> filter(fn: (r) => exists r.${tag})`),
  `|> group(columns: [${['_measurement', '_field', ...by].map((tag) => `"${tag}"`).join(', ')}])`,
]

/** A number of a view's points over time, one value a window. The bucket decides whether Telegraf's points or the sink's are read. */
export function fluxSeries<V extends AnyView>(view: V & InInflux<V>, { field, fn, by }: SeriesOf<NumberField<V>>): Query {
  return fluxQuery([...pointsOf(view, field), ...(by === undefined ? [] : grouped(by)), windows(fn)])
}

/** The greatest sum of any station over the whole range. */
export function fluxGreatestSum<V extends AnyView>(view: V & InInflux<V>, field: NumberField<V>): Query {
  return fluxQuery([...pointsOf(view, field), '|> sum()', '|> group()', '|> max()', '|> keep(columns: ["_value"])'])
}

/** 1 where a flag was true in any reading of a window, else 0. */
export function fluxFlag<V extends AnyView>(view: V & InInflux<V>, field: FlagField<V>): Query {
  return fluxQuery([...pointsOf(view, field), '|> toInt()', windows('max', false)])
}

/** The newest point of each station with how long ago its interval ended: in seconds (`silent_for`) and in intervals (`overdue`). */
const newest = (view: AnyView, intervalMinutes: string): string[] => [
  ...pointsOf(view, intervalMinutes),
  '|> last()',
  '|> group()',
  '|> map(fn: (r) => ({r with last_reading: r._time, interval: float(v: r._value) * 60.0, silent_for: float(v: int(v: v.timeRangeStop) - int(v: r._time)) / 1000000000.0 - float(v: r._value) * 60.0}))',
  '|> map(fn: (r) => ({r with overdue: r.silent_for / r.interval}))',
]

/** A row a station, the most silent one first. */
export function fluxNewest<V extends AnyView>(view: V & InInflux<V>, intervalMinutes: NumberField<V>): Query {
  const columns = [keyTag(view), 'city', 'last_reading', 'silent_for', 'interval', 'overdue']
  return fluxQuery([
    ...newest(view, intervalMinutes),
    `|> keep(columns: [${columns.map((column) => `"${column}"`).join(', ')}])`,
    '|> sort(columns: ["overdue"], desc: true)',
  ])
}

/** How many stations were heard of in the range and are so many intervals late; 0 where none is. */
export function fluxLate<V extends AnyView>(
  view: V & InInflux<V>,
  intervalMinutes: NumberField<V>,
  intervals: number | null,
): Query {
  const isLate = intervals === null ? 'true' : `r.overdue >= ${intervals}.0`
  return fluxQuery([
    ...newest(view, intervalMinutes),
    `|> reduce(identity: {_value: 0}, fn: (r, accumulator) => ({_value: accumulator._value + (if ${isLate} then 1 else 0)}))`,
  ])
}

/** Milliseconds since the epoch of the newest point of all. */
export function fluxNewestTime<V extends AnyView>(view: V & InInflux<V>, field: NumberField<V>): Query {
  return fluxQuery([
    ...pointsOf(view, field),
    '|> last()',
    '|> group()',
    '|> max(column: "_time")',
    '|> map(fn: (r) => ({_value: int(v: r._time) / 1000000}))',
  ])
}

/** The values of a tag that points of the range have; of those whose `chosen` tag matches the variable of that name. */
export function tagsOf<V extends AnyView>(view: V & InInflux<V>, tag: Tag, chosen?: Tag): string {
  const also = chosen === undefined ? '' : ` and r.${chosen} =~ /^(?:\${${chosen}:regex})$/`
  return [
    'import "influxdata/influxdb/schema"',
    'schema.tagValues(',
    '  bucket: "${bucket}",',
    `  tag: "${tag}",`,
    `  predicate: (r) => r._measurement == "${view.name}"${also},`,
    '  start: v.timeRangeStart,',
    '  stop: v.timeRangeStop,',
    ')',
  ].join('\n')
}
