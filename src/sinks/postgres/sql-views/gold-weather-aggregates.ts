import type { SqlView } from './sql-view.ts'

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
