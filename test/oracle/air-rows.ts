import type { AirReading } from '../../src/events/reading.ts'
import type { ExpectedRow, ExpectedRows } from './log-record.ts'
import { endOf } from './resolve-readings.ts'
import { coverageOf, meanOf } from './statistics.ts'
import { byWindow, days, groupBy, hours, rowKey, type WindowKind, windowColumns } from './window-rows.ts'

const POLLUTANTS = ['co', 'no2', 'o3', 'pm10', 'pm25'] as const

/** The rows of every air view, from the readings in force. */
export function airRows(current: readonly AirReading[]): Record<string, ExpectedRows> {
  const views = { air_hourly: new Map<string, ExpectedRow>(), daily_sensor_means: new Map<string, ExpectedRow>() }
  for (const [stationId, readings] of groupBy(current, (reading) => reading.stationId)) {
    const watermark = Math.max(...readings.map(endOf))
    for (const [label, inWindow] of byWindow(readings, hours)) {
      const hour = hours.cellOf(label)
      views.air_hourly.set(rowKey(stationId, hour), { stationId, hour, ...quantities(inWindow, label, hours, watermark) })
    }
    for (const [day, inWindow] of byWindow(readings, days)) {
      const row = { stationId, day, ...quantities(inWindow, day, days, watermark) }
      views.daily_sensor_means.set(rowKey(stationId, day), { ...row, ...exceedances(row) })
    }
  }
  return views
}

function quantities(readings: readonly AirReading[], label: string, kind: WindowKind, watermark: number): ExpectedRow {
  const zone = (readings.at(-1) as AirReading).location.timeZone
  const bounds = kind.boundsOf(label, zone)
  const row: Record<string, string | number | boolean | null> = { ...windowColumns(readings, label, kind, watermark) }
  for (const pollutant of POLLUTANTS) {
    const measured = readings.filter((reading) => reading[pollutant] !== null)
    const coverage = coverageOf(measured, bounds)
    row[`${pollutant}Mean`] = meanOf(measured.map((reading) => reading[pollutant]))
    row[`${pollutant}N`] = measured.length
    row[`${pollutant}Coverage`] = coverage
    row[`${pollutant}Valid`] = coverage >= 0.75
  }
  row.temperatureMean = meanOf(readings.map((reading) => reading.temperature))
  row.humidityMean = meanOf(readings.map((reading) => reading.humidity))
  return row
}

/** Above the daily guidelines of the WHO (2021): CO 4 mg/m3, PM2.5 15 ug/m3. */
function exceedances(row: ExpectedRow): ExpectedRow {
  const exceeds = (mean: ExpectedRow[string] | undefined, limit: number) => (typeof mean === 'number' ? mean > limit : null)
  return { coExceedsWho: exceeds(row.coMean, 4), pm25ExceedsWho: exceeds(row.pm25Mean, 15) }
}
