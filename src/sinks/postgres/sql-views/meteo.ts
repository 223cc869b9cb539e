import type { SqlView } from './sql-view.ts'

/** Degrees, WGS 84. */
export interface Place {
  readonly latitude: number
  readonly longitude: number
}

/**
 * The station is looked up once a query and compared with a constant, so that the index by station and time serves ranges, orders and
 * limits of the view.
 */
export function meteo(place: Place): SqlView {
  const nearest = (column: string, stations: string): string =>
    `(SELECT ${column} FROM (SELECT station_id, ${distanceKm(place)} AS distance_km FROM ${stations}
      WHERE kind = 'weather' AND latitude IS NOT NULL AND longitude IS NOT NULL) AS s ORDER BY distance_km, station_id LIMIT 1)`
  return {
    name: 'meteo',
    doc: 'Temperatures of the weather station nearest to LAT and LON (great circle; the first by identity of several), as stations has them now. Empty while no weather station has coordinates.',
    needs: ['weather_data', 'stations'],
    columns: [
      { column: 'timestamp', unit: null, doc: 'Start of the interval.' },
      { column: 'temperature', unit: 'Cel', doc: 'Air temperature.' },
      { column: 'station_id', unit: null, doc: 'The station.' },
      { column: 'distance_km', unit: 'km', doc: 'From LAT and LON to the station.' },
    ],
    query: (
      table,
    ) => `SELECT w."timestamp", w.temperature, w.station_id, ${nearest('distance_km', table('stations'))} AS distance_km
      FROM ${table('weather_data')} AS w WHERE w.station_id = ${nearest('station_id', table('stations'))}`,
  }
}

/** Haversine on a sphere of the earth's mean radius; the root may pass 1 by rounding. */
function distanceKm({ latitude, longitude }: Place): string {
  const [lat, lon] = [latitude, longitude].map((degrees) => `(${degrees})::double precision`)
  const square = `sin(radians(latitude - ${lat}) / 2) ^ 2
    + cos(radians(latitude)) * cos(radians(${lat})) * sin(radians(longitude - ${lon}) / 2) ^ 2`
  return `2 * 6371.0088 * asin(least(1, sqrt(${square})))`
}
