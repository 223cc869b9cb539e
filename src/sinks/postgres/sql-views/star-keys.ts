/** Keys of the star schema, as SQL expressions: the same ones in dimensions and facts, so that they join. */

/** `weather:paris`: a station of one kind may have the identity of one of another. */
export function stationKey(stations: string): string {
  return `${stations}.kind || ':' || ${stations}.station_id`
}

/** 20250330, a whole number, of a date. */
export function dateKey(day: string): string {
  // Not extract(): it gives numerics, which take several times as long.
  return `(date_part('year', ${day}) * 10000 + date_part('month', ${day}) * 100 + date_part('day', ${day}))::int`
}

/** `Europe/Paris 2025-03-30T01:00:00Z`, of a zone and the instant at which the hour begins. */
export function hourKey(timeZone: string, hour: string): string {
  return `${timeZone} || to_char(${hour} AT TIME ZONE 'UTC', '" "YYYY-MM-DD"T"HH24:MI:SS"Z"')`
}

export const stationKeyColumn = { column: 'station_key', unit: null, doc: 'The station: joins dim_station.' }
export const dateKeyColumn = { column: 'date_key', unit: null, doc: 'The local day, yyyymmdd: joins dim_date.' }
export const hourKeyColumn = { column: 'hour_key', unit: null, doc: 'The hour in the station’s time zone: joins dim_hour.' }
