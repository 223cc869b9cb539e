import { readFileSync } from 'node:fs'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { messageOf } from '../core/errors.ts'
import { shownText } from '../core/shown-text.ts'
import { checkEntries } from './check-stations-entries.ts'
import { type PlacedJson, placedJson } from './json-place.ts'
import type { Mistake } from './mistake.ts'
import { type StationsFile, stationsFileSchema } from './stations-file-schema.ts'
import { mistakeText } from './stations-file-words.ts'

/** The name of the file that lists stations, in the folder that windrow is started in. */
export const STATIONS_FILE = 'windrow.config.json'

export interface ReadStationsFile {
  /** Null where there is none, or where it has mistakes. */
  readonly file: StationsFile | null
  readonly mistakes: readonly Mistake[]
  /** Where something stands in the file, as mistakes name it: `windrow.config.json:12 stations[1].options`. Null where there is no file. */
  readonly placeOf: PlaceOf | null
}

export type PlaceOf = (path: ReadonlyArray<string | number>) => string

/** Compiled when there is first a file to check. */
let validator: ValidateFunction | null = null

type Path = ReadonlyArray<string | number>

/** Reads and checks the file that lists stations; all that is wrong with it at once. `mustExist`: somebody named it. `name`: what mistakes call it. */
export function readStationsFile(path: string, mustExist: boolean, name = path): ReadStationsFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (!mustExist && (error as NodeJS.ErrnoException).code === 'ENOENT') return { file: null, mistakes: [], placeOf: null }
    const remedy = 'Name a file that is there and that this user may read, or unset WINDROW_CONFIG.'
    return { file: null, mistakes: [{ setting: name, problem: `cannot be read: ${messageOf(error)}`, remedy }], placeOf: null }
  }
  return checkStationsText(text, name)
}

/** Checks the text of such a file; `name` is what the mistakes call it. They come in the order of their lines. */
export function checkStationsText(text: string, name: string): ReadStationsFile {
  const json = placedJson(text)
  if (json.faults.length > 0) {
    const remedy = 'Correct it; an editor that knows JSON shows where.'
    const mistakes = json.faults.map(({ line, problem }) => ({ setting: `${name}:${line}`, problem, remedy }))
    return { file: null, mistakes, placeOf: null }
  }
  const found: PlacedMistake[] = schemaErrors(json.value).map((error) => ofSchema(error, json, name))
  const placeOf: PlaceOf = (path) => `${name}:${json.lineOf(path)} ${pathText(path)}`
  checkEntries(json.value, (path, problem, remedy) => {
    found.push({ line: json.lineOf(path), mistake: { setting: placeOf(path), problem, remedy } })
  })
  const mistakes = found.sort((a, b) => a.line - b.line).map(({ mistake }) => mistake)
  return { file: mistakes.length > 0 ? null : (json.value as StationsFile), mistakes, placeOf }
}

interface PlacedMistake {
  readonly line: number
  readonly mistake: Mistake
}

function schemaErrors(value: unknown): ErrorObject[] {
  validator ??= new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true }).compile(stationsFileSchema)
  return validator(value) ? [] : (validator.errors ?? []).filter(isTold)
}

/** Of alternatives that do not fit, what is wrong with each says less than that none does; but of a list, what is wrong in it says more. */
function isTold({ schemaPath, keyword, data }: ErrorObject): boolean {
  if (/\/anyOf\/\d/.test(schemaPath)) return /\/anyOf\/\d\/(?:items\/|minItems$|uniqueItems$)/.test(schemaPath)
  return keyword !== 'anyOf' || !Array.isArray(data)
}

function ofSchema(error: ErrorObject, json: PlacedJson, name: string): PlacedMistake {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
  const unknown = error.keyword === 'additionalProperties' ? String(error.params.additionalProperty) : undefined
  const full = unknown === undefined ? path : [...path, unknown]
  const place = full.length === 0 ? '' : ` ${pathText(full)}`
  const line = json.lineOf(path, unknown)
  return { line, mistake: { setting: `${name}:${line}${place}`, ...mistakeText(error, unknown) } }
}

/** `stations[1].latitude`. */
function pathText(path: Path): string {
  return shownText(path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join(''))
}
