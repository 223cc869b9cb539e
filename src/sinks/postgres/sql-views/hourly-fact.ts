import type { View } from '../../../views/view.ts'
import { quoteName } from '../quote.ts'
import { accepted, notNull, references, sameCount, unique } from './checks.ts'
import type { SqlView, SqlViewColumn } from './sql-view.ts'
import { dateKey, dateKeyColumn, hourKey, hourKeyColumn, stationKey, stationKeyColumn } from './star-keys.ts'

export interface HourlyFact {
  readonly name: string
  readonly doc: string
  readonly kind: 'weather' | 'air'
  readonly hourly: View
  /** Has a row for each day that has one of `hourly`. */
  readonly daily: View
}

/** What a fact has from its station, by the key. */
const ofTheStation = new Set(['city', 'country', 'window_start'])

/**
 * Facts by station and hour. The day of an hour is a join with the day's row: with conditions on days the planner begins there, and
 * reads of each station the hours about that day by its primary key; without, it reads all and hashes. The bounds are there for that, and
 * wide: the date alone decides.
 */
export function hourlyFact({ name, doc, kind, hourly, daily }: HourlyFact): SqlView {
  const measures = hourly.values.filter(({ column }) => !ofTheStation.has(column))
  const sums = sumsOf(hourly)
  return {
    name,
    doc,
    needs: [hourly.name, daily.name, 'stations'],
    columns: [
      stationKeyColumn,
      dateKeyColumn,
      hourKeyColumn,
      { column: 'station_id', unit: null, doc: 'Identity of the station.' },
      { column: 'hour', unit: null, doc: 'Instant at which the hour begins.' },
      { column: 'day', unit: null, doc: 'The local day.' },
      { column: 'local_hour', unit: null, doc: 'Hour of the local clock, 0 to 23.' },
      ...measures.map(({ column, unit, doc }) => ({ column, unit, doc })),
      ...sums.map(({ column }) => column),
    ],
    checks: [
      unique(name, 'station_key', 'hour_key'),
      notNull(name, 'station_key', 'date_key', 'hour_key', 'station_id', 'hour', 'day', 'local_hour'),
      references(name, 'station_key', 'dim_station'),
      references(name, 'date_key', 'dim_date'),
      references(name, 'hour_key', 'dim_hour'),
      sameCount(name, hourly.name),
      accepted(name, 'coverage is 0 to 1', 'coverage BETWEEN 0 AND 1'),
      accepted(name, 'there are readings', 'n > 0'),
      {
        name: 'days as dim_hour has them',
        reads: ['dim_hour'],
        failures: (table) => `SELECT 1 FROM ${table(name)} AS f JOIN ${table('dim_hour')} AS h USING (hour_key)
          WHERE f.date_key <> h.date_key OR f.local_hour <> h.local_hour`,
      },
    ],
    query: (
      table,
    ) => `SELECT ${stationKey('s')} AS station_key, ${dateKey('d.day')} AS date_key, ${hourKey('s.time_zone', 'w.hour')} AS hour_key,
        w.station_id, w.hour, d.day, date_part('hour', w.hour AT TIME ZONE s.time_zone)::int AS local_hour,
        ${[...measures.map(({ column }) => `w.${quoteName(column)}`), ...sums.map(({ expression }) => expression)].join(', ')}
      FROM ${table(hourly.name)} AS w
      JOIN ${table('stations')} AS s ON s.kind = '${kind}' AND s.station_id = w.station_id
      JOIN ${table(daily.name)} AS d ON d.station_id = w.station_id AND d.day = (w.hour AT TIME ZONE s.time_zone)::date
        AND w.hour >= d.window_start - interval '24 hours' AND w.hour < d.window_start + interval '48 hours'`,
  }
}

/** A sum for each mean whose count the view has: means of many hours are sums over counts. */
function sumsOf(view: View): Array<{ column: SqlViewColumn; expression: string }> {
  const names = new Set(view.values.map(({ column }) => column))
  return view.values.flatMap(({ column, unit, doc }) => {
    const quantity = /^(.+)_mean$/.exec(column)?.[1]
    // A sum of angles means nothing.
    if (quantity === undefined || !names.has(`${quantity}_n`) || unit === 'deg') return []
    const sum = `${quantity}_sum`
    return [
      {
        column: { column: sum, unit, doc: `Sum of the values of the readings: ${doc.replace(/\.$/, '')}, times ${quantity}_n.` },
        expression: `w.${quoteName(column)} * w.${quoteName(`${quantity}_n`)} AS ${quoteName(sum)}`,
      },
    ]
  })
}
