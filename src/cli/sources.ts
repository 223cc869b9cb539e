import { resolve } from 'node:path'
import { systemClock } from '../core/clock.ts'
import { WindrowError } from '../core/errors.ts'
import type { EventType } from '../events/event-type.ts'
import { fileSource } from '../producers/file/file-source.ts'
import { simulatorSource } from '../producers/simulator/simulator-source.ts'
import type { Source } from '../producers/source.ts'
import { rangeOptions } from './instant-option.ts'

/** What a source can be told on the command line. */
export interface SourceOptions {
  /** Names of sources; none: all that are configured. */
  readonly source?: readonly string[]
  readonly file?: string
  readonly format?: string
  readonly kind?: string
  readonly station?: readonly string[]
  readonly timeZone?: string
  readonly timestampZone?: string
  readonly latitude?: number
  readonly longitude?: number
  readonly city?: string
  readonly country?: string
  readonly cadence?: number
  readonly coUnit?: 'mg/m3' | 'ug/m3'
  readonly from?: string
  readonly to?: string
  readonly seed?: number
  readonly days?: number
  readonly speed?: number
}

/** Options that mean something to some sources only. */
const onlyFor = {
  file: ['file', 'format', 'kind', 'timeZone', 'timestampZone', 'latitude', 'longitude', 'city', 'country', 'cadence', 'coUnit'],
  simulator: ['seed', 'days', 'speed'],
} as const satisfies Readonly<Record<string, ReadonlyArray<keyof SourceOptions>>>

/** A source that is not an API. */
export type LocalSource = keyof typeof onlyFor

/** The file or the simulator, where one of them is named: alone, as each has options of its own. Null where APIs are meant. */
export function localSource({ source = [] }: SourceOptions): LocalSource | null {
  const local = source.find((name) => name in onlyFor)
  if (local === undefined) return null
  if (source.length === 1) return local as LocalSource
  throw new WindrowError('WR_USAGE', {
    message: `The source ${local} is produced by a process of its own.`,
    remedy: `Give --source ${local} alone, and the others to another \`windrow produce\`.`,
    kind: 'usage',
  })
}

/** Makes the file or the simulator that the options name. Relative paths start from `folder`. */
export async function sourceOf(
  name: LocalSource,
  options: SourceOptions,
  folder: string,
  events: readonly EventType[],
): Promise<Source> {
  refuseForeign(name, options)
  const { from, to } = rangeOptions(options)
  if (name === 'simulator') {
    const { seed, days, speed, station } = options
    return simulatorSource({ seed, days, speed, from, to, stations: station, clock: systemClock })
  }
  return fileSource({
    path: resolve(folder, pathOf(options)),
    format: options.format,
    from,
    to,
    events,
    settings: fileSettings(options),
  })
}

function pathOf({ file }: SourceOptions): string {
  if (file !== undefined) return file
  throw new WindrowError('WR_USAGE', { message: 'The source file needs a file.', remedy: 'Add --file PATH.', kind: 'usage' })
}

function fileSettings(options: SourceOptions) {
  const { station = [], timeZone, timestampZone, latitude, longitude, city, country, cadence, kind, coUnit } = options
  if (station.length > 1) {
    throw new WindrowError('WR_USAGE', {
      message: `A file is of one station, not of ${station.length}.`,
      remedy: 'Give --station once, or leave it out where the file names its stations.',
      kind: 'usage',
    })
  }
  return {
    station: station[0] ?? null,
    timeZone: timeZone ?? null,
    timestampZone: timestampZone ?? null,
    latitude: latitude ?? null,
    longitude: longitude ?? null,
    city: city ?? null,
    country: country ?? null,
    intervalMinutes: cadence ?? null,
    event: kind ?? null,
    coUnit: coUnit ?? ('mg/m3' as const),
  }
}

/** Refuses options that mean something to other sources alone. `chosen`: the local source, or what is said of the APIs. */
export function refuseForeign(chosen: string, options: SourceOptions): void {
  for (const [source, names] of Object.entries(onlyFor)) {
    if (source === chosen) continue
    const foreign = names.find((name) => options[name] !== undefined)
    if (foreign === undefined) continue
    const flag = `--${foreign.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    throw new WindrowError('WR_USAGE', {
      message: `${flag} means nothing to ${chosen in onlyFor ? `the source ${chosen}` : chosen}.`,
      remedy: `Leave it out, or use --source ${source}.`,
      kind: 'usage',
    })
  }
}
