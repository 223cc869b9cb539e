import { HOUR_MS } from '../../src/core/calendar.ts'
import { snakeCase } from '../../src/core/naming.ts'
import { airHourlyView, dailySensorMeansView } from '../../src/views/air.ts'
import { dailyEnergySummaryView, energiesView } from '../../src/views/energy.ts'
import { dataQualityView } from '../../src/views/quality.ts'
import { stationsView } from '../../src/views/stations.ts'
import type { View } from '../../src/views/view.ts'
import { weatherDailyView, weatherDataView, weatherHourlyView, weatherMonthlyView } from '../../src/views/weather.ts'
import {
  airAt,
  type Calendar,
  energyAt,
  type Place,
  places,
  placesOf,
  type Row,
  stationInfo,
  type Window,
  weatherAt,
  windowsOf,
} from './fake-data.ts'

type Sample = { readonly at: number; readonly values: Readonly<Record<string, number>> }

function samples(place: Place, window: Window, from: number, to: number): Sample[] {
  const step = place.intervalMinutes * 60_000
  const found: Sample[] = []
  for (let at = Math.max(window.start, Math.ceil(from / step) * step); at < window.end && at + step <= to; at += step) {
    const values =
      place.kind === 'weather' ? weatherAt(place, at) : place.kind === 'air' ? airAt(place, at) : { ...energyAt(place, at) }
    if (values !== null) found.push({ at, values })
  }
  return found
}

const column = (found: readonly Sample[], name: string): number[] => found.map(({ values }) => values[name]!)
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const mean = (values: readonly number[]): number | null => (values.length === 0 ? null : sum(values) / values.length)

function trust(place: Place, window: Window, found: readonly Sample[], to: number): Row {
  const expected = Math.round((window.end - window.start) / (place.intervalMinutes * 60_000))
  return {
    city: place.city,
    country: place.country,
    window_start: window.start,
    n: found.length,
    expected,
    coverage: found.length / expected,
    complete: to >= window.end,
    revised_at: null,
    updated_at: found.at(-1)!.at,
  }
}

function weatherValues(found: readonly Sample[]): Row {
  const temperatures = column(found, 'temperature')
  return {
    temperature_mean: mean(temperatures),
    temperature_min: Math.min(...temperatures),
    temperature_max: Math.max(...temperatures),
    temperature_amplitude: Math.max(...temperatures) - Math.min(...temperatures),
    temperature_trend: null,
    humidity_mean: mean(column(found, 'humidity')),
    pressure_mean: mean(column(found, 'pressure')),
    wind_speed_mean: mean(column(found, 'windSpeed')),
    wind_direction_mean: mean(column(found, 'windDirection')),
    precipitation_sum: sum(column(found, 'precipitation')),
    rain_hours: column(found, 'precipitation').filter((value) => value > 0).length,
    storm_hours: 0,
    temperature_n: found.length,
    humidity_n: found.length,
    pressure_n: found.length,
    wind_speed_n: found.length,
    wind_direction_n: found.length,
    precipitation_n: found.length,
  }
}

function energyValues(found: readonly Sample[]): Row {
  const consumption = column(found, 'consumption')
  const energy = sum(consumption) / 4
  const solar = sum(column(found, 'solar')) / 4
  return {
    consumption_mean: mean(consumption),
    consumption_min: Math.min(...consumption),
    consumption_max: Math.max(...consumption),
    consumption_energy_mwh: energy,
    load_factor: mean(consumption)! / Math.max(...consumption),
    pv_n: found.length,
    pv_clamped_n: 0,
    pv_energy_mwh: solar,
    pv_share: solar / energy,
  }
}

function airValues(found: readonly Sample[], expected: number): Row {
  const values: Record<string, number | boolean | null> = {}
  for (const name of ['co', 'no2', 'o3', 'pm10', 'pm25']) {
    values[`${name}_mean`] = mean(column(found, name))
    values[`${name}_n`] = found.length
    values[`${name}_coverage`] = found.length / expected
    values[`${name}_valid`] = found.length / expected >= 0.75
  }
  values.temperature_mean = 12.5
  values.humidity_mean = 68
  values.co_exceeds_who = (values.co_mean as number) > 4
  values.pm25_exceeds_who = (values.pm25_mean as number) > 15
  return values
}

function windowed(view: View, calendar: Calendar, values: (found: readonly Sample[], expected: number) => Row) {
  const [station, time] = view.key.map((key) => key.column) as [string, string]
  return (place: Place, from: number, to: number): Row[] =>
    windowsOf(place.zone, calendar, from, to).flatMap((window) => {
      const found = samples(place, window, from, to)
      if (found.length === 0) return []
      const common = trust(place, window, found, to)
      const label = calendar === 'hours' ? window.start : window.label
      return [{ [station]: place.id, [time]: label, ...common, ...values(found, common.expected as number) }]
    })
}

function energyRows(place: Place, from: number, to: number): Row[] {
  const rows: Row[] = []
  for (let at = Math.ceil(from / 900_000) * 900_000; at + 900_000 <= to; at += 900_000) {
    const { consumption, solar } = energyAt(place, at)
    const about = {
      city: null,
      country: place.country,
      interval_minutes: place.intervalMinutes,
      clamped: false,
      revised_at: null,
    }
    rows.push({ zone_id: place.id, timestamp: at, consommations: consumption, production_pv: solar, ...about })
  }
  return rows
}

function weatherData(place: Place, from: number, to: number): Row[] {
  return samples(place, { label: '', start: from, end: to }, from, to).map(({ at, values }) => ({
    station_id: place.id,
    timestamp: at,
    city: place.city,
    country: place.country,
    interval_minutes: place.intervalMinutes,
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [snakeCase(name), value])),
    weather_condition: values.precipitation! > 0 ? 'Rain' : null,
    is_rain: values.precipitation! > 0,
    is_storm: false,
  }))
}

function withTrend(rows: readonly Row[]): Row[] {
  return rows.map((row, index) => {
    const before = rows[index - 1]
    return before === undefined
      ? row
      : { ...row, temperature_trend: (row.temperature_mean as number) - (before.temperature_mean as number) }
  })
}

export interface FakeView {
  readonly view: View
  readonly kind: Place['kind'] | null
  /** Rows of the windows that touch [from, to), as of `to`. */
  readonly rows: (from: number, to: number) => Row[]
}

function ofKind(view: View, kind: Place['kind'], rowsOf: (place: Place, from: number, to: number) => Row[]): FakeView {
  return { view, kind, rows: (from, to) => placesOf(kind).flatMap((place) => rowsOf(place, from, to)) }
}

/** Every ninth day has values that cannot be true, and every fourth an outlier. */
function qualityRows(from: number, to: number): Row[] {
  return places.flatMap((place) =>
    windowsOf(place.zone, 'days', from, to).flatMap((window): Row[] => {
      const found = samples(place, window, from, to)
      if (found.length === 0) return []
      const common = trust(place, window, found, to)
      const date = Math.floor(window.start / (24 * HOUR_MS))
      const values = found.length * 2
      const implausible = date % 9 === 0 ? Math.floor(values * 0.8) : 0
      const outliers = date % 4 === 0 ? 1 : 0
      const completeness = common.complete ? (common.coverage as number) : 1
      const late = date % 5 === 0 ? Math.ceil(found.length / 4) : 0
      const [validity, regularity, timeliness] = [1 - implausible / values, 1 - outliers / values, 1 - late / found.length]
      const key = {
        kind: place.kind,
        station_id: place.id,
        series: place.kind === 'energy' ? 'consumption' : 'all',
        day: window.label,
      }
      return [
        {
          ...key,
          ...common,
          ...{
            score: 40 * completeness + 30 * validity + 15 * timeliness + 15 * regularity,
            completeness,
            validity,
            timeliness,
            regularity,
          },
          ...{ quantity_n: 2, value_n: values, missing_n: 0, implausible_n: implausible, judged_n: values, outlier_n: outliers },
          ...{
            timed_n: found.length,
            late_n: late,
            delay_median: 240,
            delay_max: late === 0 ? 300 : 9000,
            duplicate_n: date % 7,
          },
        },
      ]
    }),
  )
}

const monthly = windowed(weatherMonthlyView, 'months', weatherValues)

export const fakeViews: readonly FakeView[] = [
  ofKind(weatherDataView, 'weather', weatherData),
  ofKind(weatherHourlyView, 'weather', windowed(weatherHourlyView, 'hours', weatherValues)),
  ofKind(weatherDailyView, 'weather', windowed(weatherDailyView, 'days', weatherValues)),
  ofKind(weatherMonthlyView, 'weather', (place, from, to) => withTrend(monthly(place, from, to))),
  ofKind(energiesView, 'energy', energyRows),
  ofKind(dailyEnergySummaryView, 'energy', windowed(dailyEnergySummaryView, 'days', energyValues)),
  ofKind(airHourlyView, 'air', windowed(airHourlyView, 'hours', airValues)),
  ofKind(dailySensorMeansView, 'air', windowed(dailySensorMeansView, 'days', airValues)),
  { view: dataQualityView, kind: null, rows: qualityRows },
  {
    view: stationsView,
    kind: null,
    rows: (from, to) =>
      places.map((place) => {
        const info = stationInfo(place, from, to)
        return {
          kind: place.kind,
          station_id: place.id,
          city: place.city,
          country: place.country,
          latitude: place.latitude,
          longitude: place.longitude,
          time_zone: place.zone,
          interval_minutes: place.intervalMinutes,
          first_reading: info.firstReadingAt,
          last_reading: info.lastReadingAt,
        }
      }),
  },
]

/** Several hours more than the longest gap between two ticks of the fake clock. */
export const LOOK_BACK_MS = 3 * HOUR_MS
