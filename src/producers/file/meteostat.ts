import type { WeatherReading } from '../../events/reading.ts'
import { weatherReadings } from '../../events/weather.ts'
import { BadReading } from '../bad-reading.ts'
import { instantOf } from '../timestamps.ts'
import { numberCell, type RawCell } from './cells.ts'
import { columnIndex, type FileFormat, placeOfSettings, timestampZoneOf } from './row-mapping.ts'

const INTERVAL_MINUTES = 60
const KMH_PER_MS = 3.6

/** Meteostat's weather codes, 1 to 27. */
const CONDITIONS = [
  'Clear',
  'Fair',
  'Cloudy',
  'Overcast',
  'Fog',
  'Freezing fog',
  'Light rain',
  'Rain',
  'Heavy rain',
  'Freezing rain',
  'Heavy freezing rain',
  'Sleet',
  'Heavy sleet',
  'Light snowfall',
  'Snowfall',
  'Heavy snowfall',
  'Rain shower',
  'Heavy rain shower',
  'Sleet shower',
  'Heavy sleet shower',
  'Snow shower',
  'Heavy snow shower',
  'Lightning',
  'Hail',
  'Thunderstorm',
  'Heavy thunderstorm',
  'Storm',
]
const RAIN_CODES = new Set([7, 8, 9, 10, 11, 17, 18])
const STORM_CODES = new Set([23, 25, 26, 27])

/** Hourly columns that have no field in a reading: snow depth, gust, sunshine, cloud cover, dew point. */
const KNOWN_UNREAD = new Set(['snwd', 'snow', 'wpgt', 'tsun', 'cldc', 'dwpt'])
const READ = new Set(['time', 'temp', 'rhum', 'prcp', 'wdir', 'wspd', 'pres', 'coco'])

/**
 * Meteostat's hourly CSV: `time` (always UTC), `temp`, `rhum`, `prcp`, `wdir`, `wspd` (km/h), `pres`, `coco`. The place's zone only
 * decides to which local day a reading belongs.
 */
export const meteostat: FileFormat = {
  name: 'meteostat',
  events: [weatherReadings],
  defaults: (settings, stem) => ({
    ...settings,
    station: settings.station ?? stem,
    timeZone: settings.timeZone ?? 'UTC',
    timestampZone: settings.timestampZone ?? 'UTC',
    intervalMinutes: settings.intervalMinutes ?? INTERVAL_MINUTES,
  }),
  mapping: (columns, settings) => {
    const index = columnIndex(columns, 'meteostat', ['time'])
    const zone = timestampZoneOf(settings)
    const place = placeOfSettings(settings)
    const intervalMinutes = settings.intervalMinutes ?? INTERVAL_MINUTES
    const cell = (cells: readonly RawCell[], column: string): RawCell => {
      const at = index.get(column)
      return at === undefined ? null : cells[at]
    }
    return {
      ignored: columns.filter(
        (column) => !READ.has(column.trim().toLowerCase()) && !KNOWN_UNREAD.has(column.trim().toLowerCase()),
      ),
      read: (cells) => {
        const number = (column: string): number | null => numberCell(cell(cells, column), column)
        const timestamp = instantOf(cell(cells, 'time'), zone, 'time')
        const windKmh = number('wspd')
        const reading: WeatherReading = {
          timestamp,
          intervalMinutes,
          location: place,
          revisedAt: null,
          ingestedAt: 0,
          dataOrigin: 'meteostat',
          stationId: settings.station ?? '',
          temperature: number('temp'),
          humidity: number('rhum'),
          pressure: number('pres'),
          windSpeed: windKmh === null ? null : windKmh / KMH_PER_MS,
          windDirection: number('wdir'),
          precipitation: number('prcp'),
          ...weatherOf(number('coco')),
          nextHourTemp: null,
          nextHourPrecip: null,
        }
        return [{ event: weatherReadings, reading }]
      },
    }
  },
}

function weatherOf(code: number | null): Pick<WeatherReading, 'weatherCondition' | 'isRain' | 'isStorm'> {
  if (code === null) return { weatherCondition: null, isRain: null, isStorm: null }
  const weatherCondition = CONDITIONS[code - 1]
  if (weatherCondition === undefined) throw new BadReading('WR_READING_FIELD', `coco: ${code} is no weather code (1 to 27)`)
  return { weatherCondition, isRain: RAIN_CODES.has(code), isStorm: STORM_CODES.has(code) }
}
