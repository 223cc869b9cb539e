import type { Stats } from 'node:fs'
import { basename, extname } from 'node:path'
import { isWindrowError, WindrowError } from '../../core/errors.ts'
import { timeZone } from '../../core/time-zone.ts'
import type { EventType } from '../../events/event-type.ts'
import { BadReading } from '../bad-reading.ts'
import { type BadInput, badInput, MAX_KEPT_BYTES, type Source, type SourceContext, type SourceItem } from '../source.ts'
import { fileFormat } from './file-formats.ts'
import { type Container, containerOf, fileParts, headOf, statFile } from './file-input.ts'
import type { FileFault, FileRow } from './file-rows.ts'
import { overruledTeller } from './overruled-options.ts'
import type { FileFormat, FileSettings, RowMapping } from './row-mapping.ts'

export interface FileSourceOptions {
  readonly path: string
  /** airqino, eco2mix, meteostat or canonical; undefined: told from the file's beginning. */
  readonly format?: string | undefined
  /** What the file does not say. */
  readonly settings?: Partial<FileSettings> | undefined
  /** Only readings that start at or after this instant. */
  readonly from?: number | undefined
  /** Only readings that start before this instant. */
  readonly to?: number | undefined
  /** The kinds of reading that a canonical file may hold; default: weather, energy and air. */
  readonly events?: readonly EventType[] | undefined
}

const NO_SETTINGS: FileSettings = {
  station: null,
  timeZone: null,
  timestampZone: null,
  latitude: null,
  longitude: null,
  city: null,
  country: null,
  intervalMinutes: null,
  event: null,
  coUnit: 'mg/m3',
}

/** A file younger than this may change again within the resolution of its time stamp. */
const SETTLED_MS = 2000

/**
 * A file as a source: every poll reads it from its start as a stream, unless it is as it was at the last whole poll. Throws, before
 * anything is read, WR_FILE_... for a file that is not there or not of a known format, and WR_TIME_ZONE for an unknown zone.
 */
export async function fileSource(options: FileSourceOptions): Promise<Source> {
  await statFile(options.path)
  const head = await headOf(options.path)
  const container = containerOf(options.path, head)
  const format = fileFormat(options.format ?? null, container, head, options.events)
  const stem = basename(options.path, extname(options.path))
  const settings = format.defaults({ ...NO_SETTINGS, ...options.settings }, stem)
  checkSettings(settings)
  const overruled = overruledTeller()
  let lastRead: Stats | null = null
  let lastPublished: Stats | null = null

  return {
    name: 'file',
    station: settings.station ?? '*',
    input: options.path,
    events: format.events,
    async *poll(context) {
      const stats = await statFile(options.path)
      lastRead = null
      if (lastPublished !== null && isSame(stats, lastPublished)) {
        context.logger.debug({ path: options.path }, 'the file has not changed')
        return
      }
      const isSettled = context.clock.now() - stats.mtimeMs > SETTLED_MS
      yield* items(context, stats)
      if (isSettled && !context.signal.aborted) lastRead = stats
    },
    published: () => {
      lastPublished = lastRead ?? lastPublished
    },
  }

  async function* items(context: SourceContext, stats: Stats): AsyncGenerator<SourceItem> {
    const mappings = rowMappings(format, await withPlace(format, container, options.path, settings), context)
    const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = options
    const onBytes = (done: number): void => context.progress(done, stats.size)
    for await (const part of fileParts(options.path, container, format.arrays, onBytes)) {
      if (context.signal.aborted) return
      if (part.kind === 'property') continue
      if (part.kind === 'fault') {
        // A file that is refused by its header leaves nothing, not even its broken lines.
        if (part.columns !== null) mappings(part.columns)
        yield badPart(settings.station ?? '', part)
        continue
      }
      const mapping = mappings(part.columns)
      const found = readingsOf(part, mapping, settings.station ?? '')
      overruled(mapping, context)
      if (!Array.isArray(found)) yield found
      else for (const item of found) if (item.reading.timestamp >= from && item.reading.timestamp < to) yield item
    }
  }
}

type FoundItem = Extract<SourceItem, { kind: 'reading' }>

function readingsOf(row: FileRow, mapping: RowMapping, station: string): FoundItem[] | BadInput {
  try {
    return mapping
      .read(row.cells)
      .map(({ event, reading }) => ({ kind: 'reading', event, reading, line: row.line, bytes: row.bytes }))
  } catch (error) {
    if (!(error instanceof BadReading)) throw error
    return badInput(station, row.line, row.bytes(), error)
  }
}

function badPart(station: string, fault: FileFault): BadInput {
  if (fault.tooLong === null) return badInput(station, fault.line, fault.bytes, fault)
  const { byteLength, hash } = fault.tooLong
  const { line, code, message } = fault
  return { kind: 'bad', station, line, bytes: fault.bytes.subarray(0, MAX_KEPT_BYTES), byteLength, hash, code, message }
}

/**
 * One mapping for rows of the same columns; tells once which columns are not read. Throws WR_FILE_COLUMNS where the first row cannot
 * be of the format: then nothing is. Of later rows (JSON objects may differ) each is bad on its own.
 */
function rowMappings(
  format: FileFormat,
  settings: FileSettings,
  context: SourceContext,
): (columns: readonly string[]) => RowMapping {
  const known = new WeakMap<readonly string[], RowMapping>()
  const told = new Set<string>()
  let isFirst = true
  return (columns) => {
    let mapping = known.get(columns)
    if (mapping === undefined) {
      mapping = isFirst ? format.mapping(columns, settings) : laterMapping(format, columns, settings)
      known.set(columns, mapping)
      const ignored = mapping.ignored.filter((column) => !told.has(column))
      for (const column of ignored) told.add(column)
      if (ignored.length > 0) context.logger.warn({ format: format.name, ignored }, 'columns that are not read')
    }
    isFirst = false
    return mapping
  }
}

function laterMapping(format: FileFormat, columns: readonly string[], settings: FileSettings): RowMapping {
  try {
    return format.mapping(columns, settings)
  } catch (error) {
    if (!isWindrowError(error, 'WR_FILE_COLUMNS')) throw error
    const refuse = (): never => {
      throw new BadReading('WR_READING_FIELD', error.message)
    }
    return { ignored: [], read: refuse }
  }
}

/** The settings with the place that the file gives, where the user gave none. It may stand behind the rows, so it is looked for first. */
async function withPlace(format: FileFormat, container: Container, path: string, settings: FileSettings): Promise<FileSettings> {
  if (format.placeOf === undefined || container !== 'json' || (settings.latitude !== null && settings.longitude !== null)) {
    return settings
  }
  const place = await findPlace(format, path)
  return place === null
    ? settings
    : { ...settings, latitude: settings.latitude ?? place.latitude, longitude: settings.longitude ?? place.longitude }
}

async function findPlace(
  format: FileFormat,
  path: string,
): Promise<{ readonly latitude: number | null; readonly longitude: number | null } | null> {
  try {
    for await (const part of fileParts(path, 'json', [])) {
      const place = part.kind === 'property' ? (format.placeOf?.(part.name, part.value) ?? null) : null
      if (place !== null) return place
    }
  } catch (error) {
    // What is wrong with the file is said when its rows are read.
    if (!(error instanceof WindrowError)) throw error
  }
  return null
}

function checkSettings(settings: FileSettings): void {
  for (const name of [settings.timeZone, settings.timestampZone]) if (name !== null) timeZone(name)
  const outside = (value: number | null, bound: number): boolean => value !== null && !(Math.abs(value) <= bound)
  if (outside(settings.latitude, 90) || outside(settings.longitude, 180)) {
    throw new WindrowError('WR_READING_COORDINATES', {
      message: `There is no place at latitude ${settings.latitude}, longitude ${settings.longitude}.`,
      remedy: 'Give latitude between -90 and 90 and longitude between -180 and 180 degrees.',
      kind: 'usage',
      facts: { latitude: settings.latitude, longitude: settings.longitude },
    })
  }
}

function isSame(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs
}
