/** Degrees, WGS 84. */
export interface Place {
  readonly latitude: number
  readonly longitude: number
}

export interface SqlViewColumn {
  readonly column: string
  /** UCUM, null where there is none. */
  readonly unit: string | null
  readonly doc: string
}

/** A view in SQL over the tables: other programs expect it, and Postgres computes it when it is asked. */
export interface SqlView {
  readonly name: string
  readonly doc: string
  /** Names of the tables that it reads. */
  readonly needs: readonly string[]
  /** New ones come last, so that a view that is there can be replaced and keeps what was granted on it. */
  readonly columns: readonly SqlViewColumn[]
  /** `table` quotes the name of one of `needs` with its schema. */
  query(table: (name: string) => string): string
}

/** The views that older pipelines' queries expect. `place` is where `meteo` is about; null: there is no `meteo`. */
export function sqlViews(place: Place | null): readonly SqlView[] {
  return place === null ? [goldWeatherAggregates] : [meteo(place), goldWeatherAggregates]
}

/**
 * The station is looked up once a query and compared with a constant, so that the index by station and time serves ranges, orders and
 * limits of the view.
 */
function meteo(place: Place): SqlView {
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

/**
 * Means are over readings, not over means of stations: exact also where stations have other cadences or gaps. A reading is of the day
 * whose row is the station's last one to begin before it, so that no time zone is needed.
 */
export const goldWeatherAggregates = {
  name: 'gold_weather_aggregates',
  doc: 'Weather by city and local day, over all stations of the city; stations without a city are left out. Means are over all readings that have the quantity.',
  needs: ['weather_daily', 'weather_data'],
  columns: [
    { column: 'city', unit: null, doc: 'Name of the city.' },
    { column: 'country', unit: null, doc: 'Its country.' },
    { column: 'day', unit: null, doc: 'Day of the local calendar.' },
    { column: 'avg_temperature', unit: 'Cel', doc: 'Mean temperature.' },
    { column: 'min_temperature', unit: 'Cel', doc: 'Least temperature.' },
    { column: 'max_temperature', unit: 'Cel', doc: 'Greatest temperature.' },
    { column: 'avg_humidity', unit: '%', doc: 'Mean relative humidity.' },
    { column: 'avg_pressure', unit: 'hPa', doc: 'Mean air pressure.' },
    { column: 'avg_wind_speed', unit: 'm/s', doc: 'Scalar mean of the wind speed.' },
    {
      column: 'total_precipitation',
      unit: 'mm',
      doc: 'Precipitation of the day: a depth, so the mean of the sums of the stations.',
    },
    { column: 'n', unit: null, doc: 'Number of readings.' },
    { column: 'stations', unit: null, doc: 'Number of stations.' },
    { column: 'coverage', unit: '1', doc: 'Share of the day that readings cover, mean of the stations.' },
    { column: 'complete', unit: null, doc: 'True once the day is over at all stations.' },
  ],
  query: (table: (name: string) => string) => {
    const mean = (quantity: string): string => `sum(r.${quantity}_sum) / nullif(sum(r.${quantity}_n), 0) AS avg_${quantity}`
    const sums = ['temperature', 'humidity', 'pressure', 'wind_speed'].map(
      (quantity) => `sum(w.${quantity}) AS ${quantity}_sum, count(w.${quantity}) AS ${quantity}_n`,
    )
    return `SELECT d.city, d.country, d.day, ${mean('temperature')}, min(d.temperature_min) AS min_temperature,
        max(d.temperature_max) AS max_temperature, ${mean('humidity')}, ${mean('pressure')}, ${mean('wind_speed')},
        avg(d.precipitation_sum) AS total_precipitation, sum(d.n)::bigint AS n, count(*) AS stations,
        avg(d.coverage) AS coverage, bool_and(d.complete) AS complete
      FROM ${table('weather_daily')} AS d
      CROSS JOIN LATERAL (SELECT coalesce((SELECT e.window_start FROM ${table('weather_daily')} AS e
        WHERE e.station_id = d.station_id AND e.day > d.day ORDER BY e.day LIMIT 1), 'infinity') AS window_end) AS f
      CROSS JOIN LATERAL (SELECT ${sums.join(', ')} FROM ${table('weather_data')} AS w
        WHERE w.station_id = d.station_id AND w."timestamp" >= d.window_start AND w."timestamp" < f.window_end) AS r
      WHERE d.city IS NOT NULL GROUP BY d.city, d.country, d.day`
  },
} as const satisfies SqlView
