import { WindrowError } from '../../core/errors.ts'
import { timeZone } from '../../core/time-zone.ts'
import type { EventType } from '../../events/event-type.ts'
import type { Place } from '../../events/reading.ts'
import { BadReading } from '../bad-reading.ts'
import type { ReadingDraft } from '../source.ts'
import type { RawCell } from './cells.ts'

/** What a file does not say, as the user gave it; null where he gave nothing. */
export interface FileSettings {
  /** Station or zone. */
  readonly station: string | null
  /** IANA zone of the place. */
  readonly timeZone: string | null
  /** IANA zone of timestamps without an offset; null: the format's, else the place's, else UTC. */
  readonly timestampZone: string | null
  readonly latitude: number | null
  readonly longitude: number | null
  readonly city: string | null
  readonly country: string | null
  readonly intervalMinutes: number | null
  /** Name of the event of a canonical file; null: recognised from its columns. */
  readonly event: string | null
  /** The unit of an AirQino station's CO; everything else is as the format says. */
  readonly coUnit: 'mg/m3' | 'ug/m3'
}

/** A setting that is for rows which do not say it themselves. */
export type OverruledSetting = 'station' | 'timeZone' | 'city' | 'country' | 'latitude' | 'longitude' | 'intervalMinutes'

export interface MappedReading {
  readonly event: EventType
  readonly reading: ReadingDraft
}

/** How rows with certain columns become readings. */
export interface RowMapping {
  /** Columns that are not read. */
  readonly ignored: readonly string[]
  /** Settings of the user that rows read so far did not need, since they say something else themselves. */
  readonly overruled?: ReadonlySet<OverruledSetting>
  /** The readings of one row, whose cells stand in the order of the columns. Throws BadReading. */
  read(cells: readonly RawCell[]): readonly MappedReading[]
}

/** A kind of file content, whether it comes as CSV, JSON or Parquet. */
export interface FileFormat {
  readonly name: string
  readonly events: readonly EventType[]
  /** The settings with the format's own defaults filled in; `stem` is the file's name without its extension. */
  defaults(settings: FileSettings, stem: string): FileSettings
  /** Throws WR_FILE_COLUMNS where these columns cannot be readings of this format. */
  mapping(columns: readonly string[], settings: FileSettings): RowMapping
  /** In a JSON document: the arrays that hold rows; undefined: every array does. */
  readonly arrays?: readonly string[]
  /** In a JSON document: what a property beside the arrays says of the place. */
  placeOf?(property: string, value: unknown): { readonly latitude: number | null; readonly longitude: number | null } | null
}

/** The place that the settings give. Throws BadReading where there is no time zone. */
export function placeOfSettings(settings: FileSettings): Place {
  const { city, country, latitude, longitude } = settings
  if (settings.timeZone === null) throw missingZone()
  return { city, country, latitude, longitude, timeZone: settings.timeZone }
}

export function missingZone(): BadReading {
  return new BadReading('WR_READING_ZONE', 'time_zone: neither the row nor an option gives one')
}

/** The zone of timestamps that carry no offset. */
export function timestampZoneOf(settings: FileSettings): ReturnType<typeof timeZone> {
  return timeZone(settings.timestampZone ?? settings.timeZone ?? 'UTC')
}

/** Where the columns stand, by name in lower case. Throws WR_FILE_COLUMNS when one of `required` is missing. */
export function columnIndex(
  columns: readonly string[],
  format: string,
  required: readonly string[],
): ReadonlyMap<string, number> {
  const index = new Map(columns.map((column, i) => [column.trim().toLowerCase(), i]))
  const missing = required.filter((column) => !index.has(column))
  if (missing.length > 0) throw columnsError(format, columns, `lacks ${missing.join(', ')}`)
  return index
}

export function columnsError(format: string, columns: readonly string[], problem: string, cause?: unknown): WindrowError {
  const found = columns.slice(0, 20).join(', ')
  return new WindrowError('WR_FILE_COLUMNS', {
    message: `The file is not in the format ${format}: it ${problem}. It has ${found === '' ? 'no columns' : `the columns ${found}`}.`,
    remedy:
      'Give the right --format, or name the columns as docs/producers.md says; what a file does not say can be given as options.',
    kind: 'usage',
    facts: { format, columns: columns.slice(0, 50) },
    cause,
  })
}
