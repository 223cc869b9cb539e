import { accepted, notNull, references, sameCount, unique } from './checks.ts'
import type { SqlView } from './sql-view.ts'
import { dateKey, dateKeyColumn, hourKey, hourKeyColumn, stationKey, stationKeyColumn } from './star-keys.ts'

const NAME = 'fact_energy'

/** The instant at which the local clock hour of an instant began: at a full hour, or where the clock changed by a part of one since. */
function hourOf(instant: string, timeZone: string): string {
  const clock = `(${instant} AT TIME ZONE ${timeZone})`
  const full = `(${instant} - (${clock} - date_trunc('hour', ${clock})))`
  const offset = (at: string): string => `${at} AT TIME ZONE ${timeZone} - ${at} AT TIME ZONE 'UTC'`
  return `CASE WHEN ${full} AT TIME ZONE ${timeZone} = date_trunc('hour', ${clock}) THEN ${full}
    ELSE (SELECT min(x) FROM generate_series(${full}, ${instant}, interval '1 second') AS x
      WHERE ${offset('x')} = ${offset(instant)}) END`
}

/** As `hourlyFact`, of intervals: an interval belongs to the day and hour in which it begins. */
export const factEnergy: SqlView = {
  name: NAME,
  doc: 'Facts of the star schema: consumption and solar production by zone and interval, where both are known.',
  needs: ['energies', 'daily_energy_summary', 'stations'],
  columns: [
    stationKeyColumn,
    dateKeyColumn,
    { ...hourKeyColumn, doc: 'The hour in which the interval begins, in the zone’s time zone: joins dim_hour.' },
    { column: 'zone_id', unit: null, doc: 'Identity of the grid zone.' },
    { column: 'timestamp', unit: null, doc: 'Start of the interval.' },
    { column: 'day', unit: null, doc: 'The local day.' },
    { column: 'local_hour', unit: null, doc: 'Hour of the local clock, 0 to 23.' },
    { column: 'interval_minutes', unit: 'min', doc: 'Length of the interval.' },
    { column: 'consommations', unit: 'MW', doc: 'Consumption, mean over the interval, at least 0.' },
    { column: 'production_pv', unit: 'MW', doc: 'Solar production, mean over the interval, at least 0.' },
    { column: 'consumption_energy_mwh', unit: 'MWh', doc: 'Consumed energy of the interval.' },
    { column: 'pv_energy_mwh', unit: 'MWh', doc: 'Solar energy of the interval.' },
    { column: 'clamped', unit: null, doc: 'True where upstream gave a negative value and 0 stands here.' },
    { column: 'revised_at', unit: null, doc: 'The newer revision of the two readings; null when neither was revised.' },
  ],
  checks: [
    unique(NAME, 'station_key', 'timestamp'),
    notNull(NAME, 'station_key', 'date_key', 'hour_key', 'zone_id', 'timestamp', 'consumption_energy_mwh', 'pv_energy_mwh'),
    references(NAME, 'station_key', 'dim_station'),
    references(NAME, 'date_key', 'dim_date'),
    references(NAME, 'hour_key', 'dim_hour'),
    sameCount(NAME, 'energies'),
    accepted(NAME, 'energy is at least 0', 'consumption_energy_mwh >= 0 AND pv_energy_mwh >= 0'),
    {
      name: 'days as dim_hour has them',
      reads: ['dim_hour'],
      failures: (table) => `SELECT 1 FROM ${table(NAME)} AS f JOIN ${table('dim_hour')} AS h USING (hour_key)
        WHERE f.date_key <> h.date_key OR f.local_hour <> h.local_hour`,
    },
    {
      name: 'load factor of the summary is 0 to 1',
      reads: ['daily_energy_summary'],
      failures: (table) => `SELECT 1 FROM ${table('daily_energy_summary')} WHERE NOT load_factor BETWEEN 0 AND 1`,
    },
  ],
  query: (table) => `SELECT ${stationKey('s')} AS station_key, ${dateKey('d.day')} AS date_key,
      ${hourKey('s.time_zone', hourOf('e."timestamp"', 's.time_zone'))} AS hour_key, e.zone_id, e."timestamp", d.day,
      date_part('hour', e."timestamp" AT TIME ZONE s.time_zone)::int AS local_hour, e.interval_minutes, e.consommations, e.production_pv,
      e.consommations * e.interval_minutes / 60 AS consumption_energy_mwh, e.production_pv * e.interval_minutes / 60 AS pv_energy_mwh,
      e.clamped, e.revised_at
    FROM ${table('energies')} AS e
    JOIN ${table('stations')} AS s ON s.kind = 'energy' AND s.station_id = e.zone_id
    JOIN ${table('daily_energy_summary')} AS d ON d.zone_id = e.zone_id AND d.day = (e."timestamp" AT TIME ZONE s.time_zone)::date
      AND e."timestamp" >= d.window_start - interval '24 hours' AND e."timestamp" < d.window_start + interval '48 hours'`,
}
