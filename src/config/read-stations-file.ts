import { readFileSync } from 'node:fs'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { IANAZone } from 'luxon'
import { cronProblem } from '../core/cron.ts'
import { messageOf } from '../core/errors.ts'
import { type PlacedJson, placedJson } from './json-place.ts'
import type { Mistake } from './mistake.ts'
import { type FileSchedule, type FileStation, type StationsFile, stationsFileSchema } from './stations-file-schema.ts'
import { mistakeText } from './stations-file-words.ts'

/** The name of the file that lists stations, in the folder that windrow is started in. */
export const STATIONS_FILE = 'windrow.config.json'

export interface ReadStationsFile {
  /** Null where there is none, or where it has mistakes. */
  readonly file: StationsFile | null
  readonly mistakes: readonly Mistake[]
}

/** Compiled when there is first a file to check. */
let validator: ValidateFunction | null = null

type Path = ReadonlyArray<string | number>

/** Reads and checks the file that lists stations; all that is wrong with it at once. `mustExist`: somebody named it. */
export function readStationsFile(path: string, mustExist: boolean): ReadStationsFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (!mustExist && (error as NodeJS.ErrnoException).code === 'ENOENT') return { file: null, mistakes: [] }
    const remedy = 'Name a file that is there and that this user may read, or unset WINDROW_CONFIG.'
    return { file: null, mistakes: [{ setting: path, problem: `cannot be read: ${messageOf(error)}`, remedy }] }
  }
  return checkStationsText(text, path)
}

/** Checks the text of such a file; `name` is what the mistakes call it. */
export function checkStationsText(text: string, name: string): ReadStationsFile {
  const json = placedJson(text)
  if (json.faults.length > 0) {
    const remedy = 'Correct it; an editor that knows JSON shows where.'
    return { file: null, mistakes: json.faults.map(({ line, problem }) => ({ setting: `${name}:${line}`, problem, remedy })) }
  }
  validator ??= new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true }).compile(stationsFileSchema)
  const validate = validator
  const mistakes: Mistake[] = []
  if (!validate(json.value)) {
    for (const error of (validate.errors ?? []).filter(isNoAlternative)) mistakes.push(ofSchema(error, json, name))
    return { file: null, mistakes }
  }
  const file = json.value as StationsFile
  const add = (path: Path, problem: string, remedy: string): void => {
    mistakes.push({ setting: `${name}:${json.lineOf(path)} ${pathText(path)}`, problem, remedy })
  }
  for (const [i, station] of file.stations.entries()) checkStation(station, ['stations', i], add)
  for (const [source, settings] of Object.entries(file.sources ?? {})) checkSchedule(settings, ['sources', source], add)
  return mistakes.length > 0 ? { file: null, mistakes } : { file, mistakes }
}

/** What is wrong with each alternative of `anyOf` says less than that none fits. */
const isNoAlternative = ({ schemaPath }: ErrorObject): boolean => !/\/anyOf\/\d/.test(schemaPath)

function ofSchema(error: ErrorObject, json: PlacedJson, name: string): Mistake {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
  const unknown = error.keyword === 'additionalProperties' ? String(error.params.additionalProperty) : undefined
  const full = unknown === undefined ? path : [...path, unknown]
  const place = full.length === 0 ? '' : ` ${pathText(full)}`
  return { setting: `${name}:${json.lineOf(path, unknown)}${place}`, ...mistakeText(error, unknown) }
}

/** `stations[1].latitude`. */
function pathText(path: Path): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('')
}

type Add = (path: Path, problem: string, remedy: string) => void

function checkStation(station: FileStation, path: Path, add: Add): void {
  const { source, latitude, longitude, time_zone: zone, upstream_id: upstreamId } = station
  if ((latitude === undefined) !== (longitude === undefined)) {
    const [given, missing] = latitude === undefined ? ['longitude', 'latitude'] : ['latitude', 'longitude']
    add([...path, given as string], `is there without ${missing}`, `Add ${missing}, or leave both out.`)
  }
  const isWeather = source === 'openweathermap' || source === 'visual-crossing' || source === 'open-meteo'
  const isNamed = isWeather && source !== 'open-meteo' && upstreamId !== undefined
  if (isWeather && latitude === undefined && longitude === undefined && !isNamed) {
    const or = source === 'open-meteo' ? '' : ', or upstream_id and time_zone'
    add(path, `does not say where it is, which ${source} has to be told`, `Add latitude and longitude${or}.`)
  }
  if (isNamed && latitude === undefined && zone === undefined) {
    add(path, 'has neither coordinates nor a time zone', 'Add time_zone, which decides to which local day a reading belongs.')
  }
  if (isNamed && latitude === undefined && station.city === undefined && station.id === undefined) {
    add(path, 'has neither an id nor a city to make one from', 'Add id, for instance station_Paris_FR.')
  }
  if (source === 'airqino' && upstreamId === undefined && !/^\d+$/.test(station.id ?? '')) {
    add(path, "does not say AirQino's number of the station", 'Add upstream_id, for instance 283164601.')
  }
  if (upstreamId !== undefined && !isNamed && source !== 'airqino') {
    const instead = isWeather ? 'latitude and longitude say the place' : 'it has one zone, FR'
    add([...path, 'upstream_id'], `means nothing to ${source}`, `Leave it out: ${instead}.`)
  }
  checkZone(zone, [...path, 'time_zone'], add)
  checkSchedule(station, path, add)
}

function checkZone(zone: string | undefined, path: Path, add: Add): void {
  if (zone === undefined || IANAZone.isValidZone(zone)) return
  add(path, `is ${JSON.stringify(zone)}, which is no time zone`, 'Use a name of the IANA database, for instance Europe/Paris.')
}

function checkSchedule(schedule: FileSchedule, path: Path, add: Add): void {
  const given = (['interval_seconds', 'at', 'cron'] as const).filter((name) => schedule[name] !== undefined)
  if (given.length > 1) {
    add([...path, given[1] as string], `is there beside ${given[0]}`, 'Keep one of interval_seconds, at and cron.')
  }
  if (schedule.cron !== undefined) {
    const problem = cronProblem(schedule.cron)
    if (problem !== null) {
      const remedy = 'Five fields are minute, hour, day of the month, month and day of the week, for instance "5 * * * *".'
      add([...path, 'cron'], `is ${JSON.stringify(schedule.cron)}: ${problem}`, remedy)
    }
  }
  const zone = schedule.schedule_time_zone
  if (zone === undefined) return
  if (schedule.at === undefined && schedule.cron === undefined) {
    add([...path, 'schedule_time_zone'], 'is there without at and cron, which alone depend on it', 'Leave it out.')
  }
  if (zone !== 'station' && zone !== 'machine') checkZone(zone, [...path, 'schedule_time_zone'], add)
}
