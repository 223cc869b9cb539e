import { IANAZone } from 'luxon'
import { cronProblem } from '../core/cron.ts'
import { shownText } from '../core/shown-text.ts'
import { sourceNames } from './source-settings.ts'
import { type FileSchedule, type FileStation, ID_PATTERN, MAX_ID_BYTES } from './stations-file-schema.ts'

type Path = ReadonlyArray<string | number>

/** Takes a mistake at a place of the file. */
export type Add = (path: Path, problem: string, remedy: string) => void

/**
 * Says of stations and sources what the schema cannot: of places, zones and schedules. What the schema has refused is left alone, so that all
 * mistakes are known at once and each once.
 */
export function checkEntries(value: unknown, add: Add): void {
  if (!isObject(value)) return
  const { stations, sources } = value
  for (const [i, station] of Array.isArray(stations) ? (stations as unknown[]).entries() : [])
    if (isObject(station)) checkStation(station, ['stations', i], add)
  for (const [source, settings] of isObject(sources) ? Object.entries(sources) : [])
    if (isObject(settings)) checkSchedule(settings, ['sources', source], add)
}

/** What an entry may be before it is known to fit the schema. */
type Unchecked<T> = { readonly [K in keyof T]?: unknown }

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function checkStation(station: Unchecked<FileStation>, path: Path, add: Add): void {
  const { source, id, latitude, longitude, time_zone: zone, upstream_id: upstreamId } = station
  if ((latitude === undefined) !== (longitude === undefined)) {
    const [given, missing] = latitude === undefined ? ['longitude', 'latitude'] : ['latitude', 'longitude']
    add([...path, given as string], `is there without ${missing}`, `Add ${missing}, or leave both out.`)
  }
  checkZone(zone, [...path, 'time_zone'], add)
  checkSchedule(station, path, add)
  checkIdBytes(id, [...path, 'id'], add)
  if (!sourceNames.some((name) => name === source)) return
  const isWeather = source === 'openweathermap' || source === 'visual-crossing' || source === 'open-meteo'
  const isNamed = isWeather && source !== 'open-meteo' && upstreamId !== undefined
  if (isWeather && latitude === undefined && longitude === undefined && !isNamed) {
    const or = source === 'open-meteo' ? '' : ', or upstream_id and time_zone'
    add(path, `does not say where it is, which ${source} has to be told`, `Add latitude and longitude${or}.`)
  }
  if (isNamed && latitude === undefined && zone === undefined) {
    add(path, 'has neither coordinates nor a time zone', 'Add time_zone, which decides to which local day a reading belongs.')
  }
  if (isNamed && latitude === undefined && station.city === undefined && id === undefined) {
    add(path, 'has neither an id nor a city to make one from', 'Add id, for instance station_Paris_FR.')
  }
  if (source === 'airqino' && upstreamId === undefined && !/^\d+$/.test(String(id ?? ''))) {
    add(path, "does not say AirQino's number of the station", 'Add upstream_id, for instance 283164601.')
  }
  if (
    source === 'airqino' &&
    id === undefined &&
    typeof upstreamId === 'string' &&
    !new RegExp(ID_PATTERN, 'u').test(upstreamId)
  ) {
    const problem = `is ${shownText(JSON.stringify(upstreamId))}, which cannot be the id of a station`
    add([...path, 'upstream_id'], problem, 'Correct it, for instance 283164601.')
  }
  if (upstreamId !== undefined && !isNamed && source !== 'airqino') {
    const instead = isWeather ? 'latitude and longitude say the place' : 'it has one zone, FR'
    add([...path, 'upstream_id'], `means nothing to ${source}`, `Leave it out: ${instead}.`)
  }
}

function checkIdBytes(id: unknown, path: Path, add: Add): void {
  if (typeof id !== 'string' || Buffer.byteLength(id) <= MAX_ID_BYTES || id.length > MAX_ID_BYTES) return
  const problem = `has ${Buffer.byteLength(id)} bytes in UTF-8, expected at most ${MAX_ID_BYTES}`
  add(path, problem, 'Choose a shorter one, for instance "station_Paris_FR".')
}

function checkZone(zone: unknown, path: Path, add: Add): void {
  if (typeof zone !== 'string' || zone === '' || IANAZone.isValidZone(zone)) return
  add(
    path,
    `is ${shownText(JSON.stringify(zone))}, which is no time zone`,
    'Use a name of the IANA database, for instance Europe/Paris.',
  )
}

function checkSchedule(schedule: Unchecked<FileSchedule>, path: Path, add: Add): void {
  const given = (['interval_seconds', 'at', 'cron'] as const).filter((name) => schedule[name] !== undefined)
  if (given.length > 1) {
    add([...path, given[1] as string], `is there beside ${given[0]}`, 'Keep one of interval_seconds, at and cron.')
  }
  if (typeof schedule.cron === 'string' && schedule.cron !== '') {
    const problem = cronProblem(schedule.cron)
    if (problem !== null) {
      const remedy = 'Five fields are minute, hour, day of the month, month and day of the week, for instance "5 * * * *".'
      add([...path, 'cron'], `is ${shownText(JSON.stringify(schedule.cron))}: ${problem}`, remedy)
    }
  }
  const zone = schedule.schedule_time_zone
  if (zone === undefined) return
  if (schedule.at === undefined && schedule.cron === undefined) {
    add([...path, 'schedule_time_zone'], 'is there without at and cron, which alone depend on it', 'Leave it out.')
  }
  if (zone !== 'station' && zone !== 'machine') checkZone(zone, [...path, 'schedule_time_zone'], add)
}
