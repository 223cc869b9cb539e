import type { TimeZone } from '../../core/time-zone.ts'
import type { AirReading, Place } from '../../events/reading.ts'
import { numberCell, type RawCell } from '../file/cells.ts'
import { instantOf } from '../timestamps.ts'

/** Rows are hourly means. */
export const AIRQINO_INTERVAL_MINUTES = 60

/** The columns of a row, in lower case. `t. int.` is the raw temperature inside the sensor, which no reading has. */
export const AIRQINO_COLUMNS = ['timestamp', 'co', 't', 't. int.', 'no2', 'o3', 'pm10', 'pm2.5', 'rh'] as const

export type AirqinoColumn = (typeof AIRQINO_COLUMNS)[number]

/** What a row of AirQino does not say. */
export interface AirqinoRowSettings {
  readonly stationId: string
  readonly place: Place
  /** Of timestamps, which carry no offset. */
  readonly zone: TimeZone
  readonly intervalMinutes: number
  readonly coUnit: 'mg/m3' | 'ug/m3'
}

/** The reading of one row of AirQino, in a file or an answer. Throws BadReading. */
export function airqinoRow(cell: (column: AirqinoColumn) => RawCell, settings: AirqinoRowSettings): AirReading {
  const number = (column: AirqinoColumn): number | null => numberCell(cell(column), column)
  const timestamp = instantOf(cell('timestamp'), settings.zone)
  const co = number('co')
  return {
    timestamp,
    intervalMinutes: settings.intervalMinutes,
    location: settings.place,
    revisedAt: null,
    ingestedAt: 0,
    dataOrigin: 'airqino',
    stationId: settings.stationId,
    co: co === null || settings.coUnit === 'mg/m3' ? co : co / 1000,
    no2: number('no2'),
    o3: number('o3'),
    pm10: number('pm10'),
    pm25: number('pm2.5'),
    temperature: number('t'),
    humidity: number('rh'),
  }
}
