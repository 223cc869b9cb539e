import { airReadings } from '../../events/air.ts'
import type { AirReading } from '../../events/reading.ts'
import { instantOf } from '../timestamps.ts'
import { numberCell, type RawCell } from './cells.ts'
import { columnIndex, type FileFormat, placeOfSettings, timestampZoneOf } from './row-mapping.ts'

const INTERVAL_MINUTES = 60

/** `t. int.` is the raw temperature inside the sensor. */
const KNOWN = new Set(['timestamp', 'co', 't', 't. int.', 'no2', 'o3', 'pm10', 'pm2.5', 'rh'])

/**
 * The answer of AirQino's `getStationHourlyAvg`: `{header: {station_lat, station_lon}, data: [{timestamp, CO, T, NO2, ...}]}`, hourly
 * means. Timestamps carry no zone: they are of the place's zone, UTC by default.
 */
export const airqino: FileFormat = {
  name: 'airqino',
  events: [airReadings],
  arrays: ['data'],
  defaults: (settings, stem) => ({
    ...settings,
    station: settings.station ?? stem,
    timeZone: settings.timeZone ?? 'UTC',
    intervalMinutes: settings.intervalMinutes ?? INTERVAL_MINUTES,
  }),
  placeOf: (property, value) => {
    if (property !== 'header' || typeof value !== 'object' || value === null) return null
    const { station_lat: latitude, station_lon: longitude } = value as Record<string, unknown>
    const isPlace = typeof latitude === 'number' && typeof longitude === 'number'
    return isPlace ? { latitude, longitude } : null
  },
  mapping: (columns, settings) => {
    const index = columnIndex(columns, 'airqino', ['timestamp'])
    const zone = timestampZoneOf(settings)
    const place = placeOfSettings(settings)
    const intervalMinutes = settings.intervalMinutes ?? INTERVAL_MINUTES
    const coDivisor = settings.coUnit === 'ug/m3' ? 1000 : 1
    const cell = (cells: readonly RawCell[], column: string): RawCell => {
      const at = index.get(column)
      return at === undefined ? null : cells[at]
    }
    return {
      ignored: columns.filter((column) => !KNOWN.has(column.trim().toLowerCase())),
      read: (cells) => {
        const number = (column: string): number | null => numberCell(cell(cells, column), column)
        const timestamp = instantOf(cell(cells, 'timestamp'), zone)
        const co = number('co')
        const reading: AirReading = {
          timestamp,
          intervalMinutes,
          location: place,
          revisedAt: null,
          ingestedAt: 0,
          dataOrigin: 'airqino',
          stationId: settings.station ?? '',
          co: co === null || coDivisor === 1 ? co : co / coDivisor,
          no2: number('no2'),
          o3: number('o3'),
          pm10: number('pm10'),
          pm25: number('pm2.5'),
          temperature: number('t'),
          humidity: number('rh'),
        }
        return [{ event: airReadings, reading }]
      },
    }
  },
}
