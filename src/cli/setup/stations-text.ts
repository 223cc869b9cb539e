import jsonc from 'jsonc-parser'
import { checkStationsText } from '../../config/read-stations-file.ts'
import type { FileStation } from '../../config/stations-file-schema.ts'
import { WindrowError } from '../../core/errors.ts'
import { sentence } from '../../core/shown-text.ts'
import { stationId } from '../../producers/stations/station-id.ts'
import type { WantedPlace } from './answers.ts'

const SCHEMA = './node_modules/windrow/windrow.config.schema.json'
const WEATHER = ['openweathermap', 'visual-crossing', 'open-meteo']
const AIRQINO_STATIONS = [283181971, 283164601]
const format = { formattingOptions: { insertSpaces: true, tabSize: 2, eol: '\n' }, isArrayInsertion: true }

/**
 * The text of the file that lists stations with those of the sources at the places added to it, as far as they are not there; all the rest stays as
 * it is written. Throws WR_CONFIG_INVALID where it has mistakes.
 */
export function withStations(text: string, sources: readonly string[], places: readonly WantedPlace[], path: string): string {
  const begun = text.trim() === '' ? `${JSON.stringify({ $schema: SCHEMA, stations: [] }, null, 2)}\n` : text
  const listed = text.trim() === '' ? [] : checked(text, path)
  // With ids of their own, stations keep them when another source is added to their place.
  const ids = new Set(listed.map((one) => one.id ?? idOf(one)))
  let result = begun
  for (const station of wanted(sources, places)) {
    if (listed.some((one) => isSame(one, station))) continue
    const plain = idOf(station)
    const id = plain !== null && ids.has(plain) ? `${plain}_${String(station.source)}` : plain
    ids.add(id)
    const added = id === null ? station : { source: station.source, id, ...station }
    result = jsonc.applyEdits(result, jsonc.modify(result, ['stations', -1], added, format))
  }
  checked(result, path)
  return result
}

/** The id that a place gives, null for a source that does not take it from there. */
function idOf({
  source,
  city,
  country,
  latitude,
  longitude,
}: Partial<FileStation> | Readonly<Record<string, unknown>>): string | null {
  if (!WEATHER.includes(String(source))) return null
  return stationId({
    city: typeof city === 'string' ? city : null,
    country: typeof country === 'string' ? country : null,
    latitude: typeof latitude === 'number' ? latitude : null,
    longitude: typeof longitude === 'number' ? longitude : null,
  })
}

function wanted(sources: readonly string[], places: readonly WantedPlace[]): Array<Record<string, unknown>> {
  return sources.flatMap((source): Array<Record<string, unknown>> => {
    if (source === 'airqino') return AIRQINO_STATIONS.map((number) => ({ source, upstream_id: number }))
    if (!WEATHER.includes(source)) return [{ source }]
    return places.map(({ city, country, latitude, longitude }) => ({
      source,
      ...(city === null ? {} : { city }),
      ...(country === null ? {} : { country }),
      latitude,
      longitude,
    }))
  })
}

function isSame(one: FileStation, other: Readonly<Record<string, unknown>>): boolean {
  const { source, latitude, longitude, upstream_id: number } = other
  return one.source === source && one.latitude === latitude && one.longitude === longitude && one.upstream_id === number
}

function checked(text: string, path: string): readonly FileStation[] {
  const { file, mistakes } = checkStationsText(text, path)
  if (file !== null) return file.stations
  const [first] = mistakes
  throw new WindrowError('WR_CONFIG_INVALID', {
    message: sentence(`Stations cannot be added to the list: ${first?.setting} ${first?.problem}`),
    remedy: first?.remedy ?? 'Correct the file.',
    kind: 'usage',
    facts: { mistakes },
  })
}
