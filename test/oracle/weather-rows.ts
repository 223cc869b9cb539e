import type { WeatherReading } from '../../src/events/reading.ts'
import { monthBefore } from './local-calendar.ts'
import type { ExpectedRow, ExpectedRows } from './log-record.ts'
import { endOf } from './resolve-readings.ts'
import { countOf, greatestOf, hoursOf, leastOf, meanOf, sumOf } from './statistics.ts'
import { byWindow, days, groupBy, hours, months, rowKey, type WindowKind, windowColumns } from './window-rows.ts'

/** The rows of every weather view, from the readings in force. */
export function weatherRows(current: readonly WeatherReading[]): Record<string, ExpectedRows> {
  const views = {
    weather_data: new Map<string, ExpectedRow>(),
    weather_hourly: new Map<string, ExpectedRow>(),
    weather_daily: new Map<string, ExpectedRow>(),
    weather_monthly: new Map<string, ExpectedRow>(),
  }
  for (const [stationId, readings] of groupBy(current, (reading) => reading.stationId)) {
    for (const reading of readings) views.weather_data.set(rowKey(stationId, reading.timestamp), dataRow(reading))
    windowed(stationId, readings, hours, views.weather_hourly, statistics)
    windowed(stationId, readings, days, views.weather_daily, (inDay) => ({ ...statistics(inDay), ...amplitude(inDay) }))
    const byMonth = byWindow(readings, months)
    windowed(stationId, readings, months, views.weather_monthly, (inMonth, month) => ({
      ...statistics(inMonth),
      ...amplitude(inMonth),
      temperatureTrend: trend(inMonth, byMonth.get(monthBefore(month)) ?? []),
    }))
  }
  return views
}

function windowed(
  stationId: string,
  readings: readonly WeatherReading[],
  kind: WindowKind,
  rows: ExpectedRows,
  values: (inWindow: readonly WeatherReading[], label: string) => ExpectedRow,
): void {
  const watermark = Math.max(...readings.map(endOf))
  for (const [label, inWindow] of byWindow(readings, kind)) {
    const cell = kind.cellOf(label)
    rows.set(rowKey(stationId, cell), {
      stationId,
      [kind.column]: cell,
      ...windowColumns(inWindow, label, kind, watermark),
      ...values(inWindow, label),
    })
  }
}

function dataRow({ location, ingestedAt: _, dataOrigin: __, ...values }: WeatherReading): ExpectedRow {
  return { ...values, city: location.city, country: location.country }
}

function statistics(readings: readonly WeatherReading[]): ExpectedRow {
  const temperatures = readings.map((reading) => reading.temperature)
  return {
    temperatureMean: meanOf(temperatures),
    temperatureMin: leastOf(temperatures),
    temperatureMax: greatestOf(temperatures),
    humidityMean: meanOf(readings.map((reading) => reading.humidity)),
    pressureMean: meanOf(readings.map((reading) => reading.pressure)),
    windSpeedMean: meanOf(readings.map((reading) => reading.windSpeed)),
    windDirectionMean: windDirection(readings),
    precipitationSum: sumOf(readings.map((reading) => reading.precipitation)),
    rainHours: hoursOf(readings, (reading) => reading.isRain),
    stormHours: hoursOf(readings, (reading) => reading.isStorm),
    temperatureN: countOf(temperatures),
    humidityN: countOf(readings.map((reading) => reading.humidity)),
    pressureN: countOf(readings.map((reading) => reading.pressure)),
    windSpeedN: countOf(readings.map((reading) => reading.windSpeed)),
    windDirectionN: countOf(readings.map(({ windSpeed, windDirection }) => (windSpeed === null ? null : windDirection))),
    precipitationN: countOf(readings.map((reading) => reading.precipitation)),
  }
}

function amplitude(readings: readonly WeatherReading[]): ExpectedRow {
  const temperatures = readings.map((reading) => reading.temperature)
  const greatest = greatestOf(temperatures)
  const least = leastOf(temperatures)
  return { temperatureAmplitude: greatest === null || least === null ? null : greatest - least }
}

/** This month's mean minus the mean of the calendar month before, of which each reading decides by its own zone. */
function trend(inMonth: readonly WeatherReading[], inMonthBefore: readonly WeatherReading[]): number | null {
  const now = meanOf(inMonth.map((reading) => reading.temperature))
  const before = meanOf(inMonthBefore.map((reading) => reading.temperature))
  return now === null || before === null ? null : now - before
}

/** The direction of the mean of the vectors of the readings that have both speed and direction, in [0, 360). */
function windDirection(readings: readonly WeatherReading[]): number | null {
  let east = 0
  let north = 0
  let count = 0
  for (const { windSpeed, windDirection } of readings) {
    if (windSpeed === null || windDirection === null) continue
    const angle = (windDirection / 180) * Math.PI
    east += windSpeed * Math.sin(angle)
    north += windSpeed * Math.cos(angle)
    count += 1
  }
  if (count === 0 || Math.sqrt(east * east + north * north) / count < 1e-9) return null
  return ((Math.atan2(east, north) / Math.PI) * 180 + 360) % 360
}
