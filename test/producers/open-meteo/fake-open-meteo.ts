import { DAY_MS, HOUR_MS } from '../../../src/core/calendar.ts'

export interface Row {
  readonly temp: number | null
  /** Of the hour before. */
  readonly sum: number | null
  readonly code: number | null
}

const units = {
  time: 'unixtime',
  temperature_2m: '°C',
  relative_humidity_2m: '%',
  pressure_msl: 'hPa',
  precipitation: 'mm',
  wind_speed_10m: 'm/s',
  wind_direction_10m: '°',
  weather_code: 'wmo code',
}

/** What Open-Meteo answers to a question, of rows that `row` makes of their time. */
export function openMeteoAnswer(
  query: Readonly<Record<string, string>>,
  now: number,
  row: (at: number) => Row,
): Readonly<Record<string, unknown>> {
  const today = Math.floor(now / DAY_MS) * DAY_MS
  const [first, end] =
    query.start_date === undefined
      ? [today - Number(query.past_days) * DAY_MS, today + Number(query.forecast_days) * DAY_MS]
      : [Date.parse(query.start_date), Date.parse(query.end_date ?? '') + DAY_MS]
  const times = Array.from({ length: (end - first) / HOUR_MS }, (_, i) => first + i * HOUR_MS)
  const rows = times.map(row)
  const constant = (value: number) => rows.map(({ temp }) => (temp === null ? null : value))
  const hourly = {
    time: times.map((at) => at / 1000),
    temperature_2m: rows.map(({ temp }) => temp),
    relative_humidity_2m: constant(60),
    pressure_msl: constant(1013),
    precipitation: rows.map(({ sum }) => sum),
    wind_speed_10m: constant(3),
    wind_direction_10m: constant(310),
    weather_code: rows.map(({ code }) => code),
  }
  return { latitude: 48.86, longitude: 2.36, utc_offset_seconds: 0, timezone: 'GMT', hourly_units: units, hourly }
}
