import { energyReadings } from '../../events/energy.ts'
import type { EnergyReading } from '../../events/reading.ts'
import { instantOf } from '../timestamps.ts'
import { numberCell } from './cells.ts'
import { columnIndex, type FileFormat, type MappedReading, placeOfSettings, timestampZoneOf } from './row-mapping.ts'

const INTERVAL_MINUTES = 15

/** Production types, as in RTE's API; a column is the type's name in lower case and `_mw`. */
const PRODUCTION_TYPES = ['SOLAR', 'WIND', 'NUCLEAR', 'HYDRO', 'GAS', 'BIOENERGY', 'COAL', 'OIL']

interface Series {
  readonly at: number
  readonly column: string
  readonly series: 'consumption' | 'production'
  readonly productionType: string | null
}

/**
 * RTE's eCO2mix as CSV: `start_utc`, `consumption_mw`, and a column a production type (`solar_mw`, `wind_mw`, ...). A row is one
 * reading of each series. `start_utc` is UTC whatever the place's zone is.
 */
export const eco2mix: FileFormat = {
  name: 'eco2mix',
  events: [energyReadings],
  defaults: (settings) => ({
    ...settings,
    station: settings.station ?? 'FR',
    timeZone: settings.timeZone ?? 'Europe/Paris',
    timestampZone: settings.timestampZone ?? 'UTC',
    country: settings.country ?? 'FR',
    intervalMinutes: settings.intervalMinutes ?? INTERVAL_MINUTES,
  }),
  mapping: (columns, settings) => {
    const index = columnIndex(columns, 'eco2mix', ['start_utc', 'consumption_mw'])
    const start = index.get('start_utc') as number
    const series = seriesOf(index)
    const read = new Set([start, ...series.map(({ at }) => at)])
    const zone = timestampZoneOf(settings)
    const place = placeOfSettings(settings)
    const intervalMinutes = settings.intervalMinutes ?? INTERVAL_MINUTES
    return {
      ignored: columns.filter((_, i) => !read.has(i)),
      read: (cells) => {
        const timestamp = instantOf(cells[start], zone, 'start_utc')
        return series.map(({ at, column, series: name, productionType }): MappedReading => {
          const reading: EnergyReading = {
            timestamp,
            intervalMinutes,
            location: place,
            revisedAt: null,
            ingestedAt: 0,
            dataOrigin: 'eco2mix',
            zoneId: settings.station ?? '',
            series: name,
            productionType,
            value: numberCell(cells[at], column),
          }
          return { event: energyReadings, reading }
        })
      },
    }
  },
}

function seriesOf(index: ReadonlyMap<string, number>): readonly Series[] {
  const found: Series[] = []
  for (const productionType of [null, ...PRODUCTION_TYPES]) {
    const column = productionType === null ? 'consumption_mw' : `${productionType.toLowerCase()}_mw`
    const at = index.get(column)
    if (at !== undefined)
      found.push({ at, column, series: productionType === null ? 'consumption' : 'production', productionType })
  }
  return found
}
