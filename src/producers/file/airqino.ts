import { airReadings } from '../../events/air.ts'
import { AIRQINO_COLUMNS, AIRQINO_INTERVAL_MINUTES, airqinoRow } from '../airqino/airqino-row.ts'
import { columnIndex, type FileFormat, placeOfSettings, timestampZoneOf } from './row-mapping.ts'

const KNOWN: ReadonlySet<string> = new Set(AIRQINO_COLUMNS)

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
    intervalMinutes: settings.intervalMinutes ?? AIRQINO_INTERVAL_MINUTES,
  }),
  placeOf: (property, value) => {
    if (property !== 'header' || typeof value !== 'object' || value === null) return null
    const { station_lat: latitude, station_lon: longitude } = value as Record<string, unknown>
    const isPlace = typeof latitude === 'number' && typeof longitude === 'number'
    return isPlace ? { latitude, longitude } : null
  },
  mapping: (columns, settings) => {
    const index = columnIndex(columns, 'airqino', ['timestamp'])
    const row = {
      stationId: settings.station ?? '',
      place: placeOfSettings(settings),
      zone: timestampZoneOf(settings),
      intervalMinutes: settings.intervalMinutes ?? AIRQINO_INTERVAL_MINUTES,
      coUnit: settings.coUnit,
    }
    return {
      ignored: columns.filter((column) => !KNOWN.has(column.trim().toLowerCase())),
      read: (cells) => {
        const reading = airqinoRow((column) => {
          const at = index.get(column)
          return at === undefined ? null : cells[at]
        }, row)
        return [{ event: airReadings, reading }]
      },
    }
  },
}
