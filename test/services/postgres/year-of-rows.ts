import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import { columnType } from '../../../src/sinks/postgres/table-sql.ts'
import { airHourlyView, dailySensorMeansView } from '../../../src/views/air.ts'
import { dailyEnergySummaryView, energiesView } from '../../../src/views/energy.ts'
import { stationsView } from '../../../src/views/stations.ts'
import type { View } from '../../../src/views/view.ts'
import { weatherDailyView, weatherDataView, weatherHourlyView } from '../../../src/views/weather.ts'

export interface YearOfRows {
  /** Of weather, and as many of air. A reading an hour. */
  readonly stations: number
  /** Of energy. A reading a quarter of an hour. */
  readonly zones: number
  readonly days: number
}

/** Views that `fillYear` fills. */
export const yearViews: readonly View[] = [
  weatherDataView,
  weatherHourlyView,
  weatherDailyView,
  airHourlyView,
  dailySensorMeansView,
  energiesView,
  dailyEnergySummaryView,
  stationsView,
]

const ZONES = `ARRAY['Europe/Paris', 'Europe/London', 'America/New_York', 'Asia/Kolkata']`
const zoneOf = (id: string): string => `(${ZONES})[1 + ${id} % 4]`
const END = `date_trunc('hour', now())`

/**
 * Rows up to this hour in the order in which they come: by time, and of each time all stations. Days and hours are those of the stations'
 * time zones, so that facts find theirs. Ends with ANALYZE and VACUUM, as a server does by itself in a while.
 */
export async function fillYear(client: SqlClient, { stations, zones, days }: YearOfRows): Promise<void> {
  const every = (interval: string, count: number): string =>
    `(SELECT at, id FROM generate_series(${END} - interval '${days} days', ${END}, interval '${interval}') AS at,
      generate_series(1, ${count}) AS id ORDER BY at) AS t`
  const hours = every('1 hour', stations)
  const ofDays = (count: number) =>
    `(SELECT id, day::date, day AT TIME ZONE ${zoneOf('id')} AS at FROM generate_series((${END} AT TIME ZONE 'UTC')::date - ${days + 1}, (${END} AT TIME ZONE 'UTC')::date + 1, interval '1 day') AS day,
      generate_series(1, ${count}) AS id) AS t`
  const insert = async (view: View, from: string, given: Readonly<Record<string, string>>): Promise<void> => {
    const columns = view.columns.map(({ column }) => `"${column}"`).join(', ')
    const values = view.columns.map(({ column, type }) => `(${given[column] ?? plain(column, type)})::${columnType(type)}`)
    await client.query(`INSERT INTO ${view.name} (${columns}) SELECT ${values.join(', ')} FROM ${from}`)
  }
  const station = { station_id: `'s' || id`, city: `'City ' || id % 10` }
  await insert(weatherDataView, hours, { ...station, timestamp: 'at', interval_minutes: '60' })
  for (const view of [weatherHourlyView, airHourlyView]) await insert(view, hours, { ...station, hour: 'at', window_start: 'at' })
  await insert(energiesView, every('15 minutes', zones), { zone_id: `'z' || id`, timestamp: 'at', interval_minutes: '15' })
  for (const view of [weatherDailyView, dailySensorMeansView]) {
    await insert(view, ofDays(stations), { ...station, day: 'day', window_start: 'at' })
  }
  await insert(dailyEnergySummaryView, ofDays(zones), { zone_id: `'z' || id`, day: 'day', window_start: 'at' })
  for (const [kind, prefix, count] of [
    ['weather', 's', stations],
    ['air', 's', stations],
    ['energy', 'z', zones],
  ] as const) {
    await insert(stationsView, `generate_series(1, ${count}) AS id`, {
      kind: `'${kind}'`,
      station_id: `'${prefix}' || id`,
      time_zone: zoneOf('id'),
      interval_minutes: kind === 'energy' ? '15' : '60',
      first_reading: `${END} - interval '${days} days'`,
      last_reading: END,
      latitude: 'id',
      longitude: 'id',
    })
  }
  for (const view of yearViews) await client.query(`VACUUM ANALYZE ${view.name}`)
}

/** A value of no meaning, another in each row where it is a number. */
function plain(column: string, type: View['columns'][number]['type']): string {
  if (column === 'coverage' || column.endsWith('_coverage')) return '1'
  switch (type) {
    case 'double':
      return `(hashint8(extract(epoch FROM at)::bigint + id) % 1000) / 10.0`.replace(
        'at)',
        column === 'latitude' ? 'now())' : 'at)',
      )
    case 'count':
      return '1'
    case 'flag':
      return 'true'
    case 'instant':
      return 'at'
    default:
      return 'NULL'
  }
}
