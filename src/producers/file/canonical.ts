import { WindrowError } from '../../core/errors.ts'
import { camelCase } from '../../core/naming.ts'
import { timeZone } from '../../core/time-zone.ts'
import type { EventType, PayloadColumn } from '../../events/event-type.ts'
import type { Place } from '../../events/reading.ts'
import { isTimeZone } from '../../events/reading-limits.ts'
import { BadReading } from '../bad-reading.ts'
import type { ReadingDraft } from '../source.ts'
import { instantOf } from '../timestamps.ts'
import { directionCell, flagCell, numberCell, type RawCell, shown, textCell } from './cells.ts'
import {
  columnsError,
  type FileFormat,
  type FileSettings,
  missingZone,
  type OverruledSetting,
  type RowMapping,
} from './row-mapping.ts'

const DEFAULT_INTERVAL_MINUTES = 60

/** Other names under which a field may come; for the place also `location_city`, `location.city`, ... */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['temp', 'temperature'],
  ['lat', 'latitude'],
  ['lon', 'longitude'],
  ['lng', 'longitude'],
  ['timezone', 'time_zone'],
])
const PLACE_FIELDS = ['city', 'country', 'latitude', 'longitude', 'time_zone']
/** Set anew by the publisher. */
const UNREAD = 'ingested_at'

type CellReader = (cells: readonly RawCell[]) => unknown
type Values = Record<string, unknown>
/** What a row says itself, else what the user's setting says; null where neither does. */
type Settle = (own: unknown, setting: OverruledSetting) => unknown

/**
 * Rows whose columns are the reading's own fields in snake_case, in any order. What older pipelines wrote is understood too: points
 * of the compass, 0 and 1 for booleans, the place as a nested `location` or flat. Fields without a column are null.
 */
export function canonical(events: readonly EventType[]): FileFormat {
  return {
    name: 'canonical',
    events,
    defaults: (settings) => settings,
    mapping: (given, settings) => {
      const columns = given.map(fieldOf)
      const event = settings.event === null ? recognise(events, columns, settings) : named(events, settings.event)
      if (event === null) {
        const keys = events.map(({ name, keyField }) => `${keyField} (${name})`).join(' or ')
        throw columnsError('canonical', given, `has no columns of a known kind of reading, such as ${keys}`)
      }
      return eventMapping(event, columns, settings)
    },
  }
}

function fieldOf(column: string): string {
  const name = column
    .trim()
    .toLowerCase()
    .replace(/^location[._](?=.)/, '')
  return ALIASES.get(name) ?? name
}

function named(events: readonly EventType[], name: string): EventType {
  const event = events.find((each) => each.name === name)
  if (event !== undefined) return event
  throw new WindrowError('WR_FILE_EVENT', {
    message: `There is no kind of reading called ${JSON.stringify(name)}.`,
    remedy: `Give one of: ${events.map((each) => each.name).join(', ')}.`,
    kind: 'usage',
    facts: { event: name },
  })
}

/** The event of which the most fields have a column; of several the first. The key may come from the settings. */
function recognise(events: readonly EventType[], columns: readonly string[], settings: FileSettings): EventType | null {
  let best: EventType | null = null
  let bestScore = 0
  for (const event of events) {
    if (!columns.includes(event.keyField) && settings.station === null) continue
    const fields = [...event.subKeyFields, ...event.payload.map(({ field }) => field)]
    // The key tells a zone from a station, whatever else they share.
    const score = fields.filter((field) => columns.includes(field)).length + (columns.includes(event.keyField) ? 0.5 : 0)
    if (score >= 1 && score > bestScore) {
      best = event
      bestScore = score
    }
  }
  return best
}

function eventMapping(event: EventType, columns: readonly string[], settings: FileSettings): RowMapping {
  const overruled = new Set<OverruledSetting>()
  const settle: Settle = (own, setting) => {
    const given = settings[setting]
    if (own === null) return given
    if (given !== null && given !== own) overruled.add(setting)
    return own
  }
  if (!columns.includes('timestamp')) throw columnsError('canonical', columns, 'lacks timestamp')
  const at = (field: string): number => columns.indexOf(field)
  const fields: Array<readonly [string, CellReader]> = [
    [camelCase(event.keyField), keyReader(at(event.keyField), event.keyField, settle)],
    ...event.subKeyFields.map((field) => [camelCase(field), reader(at(field), (cell) => textCell(cell, field))] as const),
    ...event.payload.map((column) => [column.name, reader(at(column.field), payloadReader(column))] as const),
  ]
  const interval = reader(at('interval_minutes'), (cell) => numberCell(cell, 'interval_minutes'))
  const origin = reader(at('data_origin'), (cell) => textCell(cell, 'data_origin'))
  const timestamps = timestampReader(at('timestamp'), at('revised_at'), settings)
  const place = placeReader(columns, settle)
  const known = new Set([
    event.keyField,
    ...event.subKeyFields,
    ...event.payload.map(({ field }) => field),
    ...['timestamp', 'revised_at', 'interval_minutes', 'data_origin', 'location', UNREAD, ...PLACE_FIELDS],
  ])
  const twice = columns.find((column, i) => known.has(column) && columns.indexOf(column) !== i)
  if (twice !== undefined) throw columnsError('canonical', columns, `names ${twice} twice`)
  return {
    ignored: columns.filter((column) => !known.has(column)),
    overruled,
    read: (cells) => {
      const { timestamp, revisedAt } = timestamps(cells)
      const minutes = (settle(interval(cells), 'intervalMinutes') as number | null) ?? DEFAULT_INTERVAL_MINUTES
      const dataOrigin = (origin(cells) as string | null) ?? 'file'
      const reading: ReadingDraft = {
        timestamp,
        intervalMinutes: minutes,
        location: place(cells),
        revisedAt,
        ingestedAt: 0,
        dataOrigin,
      }
      const values = reading as unknown as Values
      for (const [name, read] of fields) values[name] = read(cells)
      return [{ event, reading }]
    },
  }
}

function reader(at: number, read: (cell: RawCell) => unknown): CellReader {
  return at < 0 ? () => null : (cells) => read(cells[at])
}

function keyReader(at: number, field: string, settle: Settle): CellReader {
  return (cells) => {
    const key = settle(at < 0 ? null : textCell(cells[at], field), 'station')
    if (key === null) throw new BadReading('WR_READING_KEY', `${field}: neither the row nor an option gives one`)
    return key
  }
}

function payloadReader({ field, kind, unit }: PayloadColumn): (cell: RawCell) => unknown {
  switch (kind) {
    case 'number':
      return unit === 'deg' ? (cell) => directionCell(cell, field) : (cell) => numberCell(cell, field)
    case 'flag':
      return (cell) => flagCell(cell, field)
    case 'text':
      return (cell) => textCell(cell, field)
  }
}

function timestampReader(
  at: number,
  revisedAt: number,
  settings: FileSettings,
): (cells: readonly RawCell[]) => { readonly timestamp: number; readonly revisedAt: number | null } {
  const zone = timeZone(settings.timestampZone ?? settings.timeZone ?? 'UTC')
  return (cells) => {
    const revised = revisedAt < 0 ? null : cells[revisedAt]
    const isRevised = revised !== null && revised !== undefined && revised !== ''
    return {
      timestamp: instantOf(cells[at], zone),
      revisedAt: isRevised ? instantOf(revised, zone, 'revised_at') : null,
    }
  }
}

function placeReader(columns: readonly string[], settle: Settle): (cells: readonly RawCell[]) => Place {
  const flat = PLACE_FIELDS.map((field) => [field, columns.indexOf(field)] as const).filter(([, at]) => at >= 0)
  const nested = columns.indexOf('location')
  let last: Place | null = null
  return (cells) => {
    const found: Values = nested < 0 ? {} : nestedPlace(cells[nested])
    for (const [field, at] of flat)
      if (cells[at] !== null && cells[at] !== undefined && cells[at] !== '') found[field] = cells[at]
    const zone = settle(textCell(found.time_zone, 'time_zone'), 'timeZone') as string | null
    if (zone === null) throw missingZone()
    if (!isTimeZone(zone)) throw new BadReading('WR_READING_ZONE', `time_zone: ${shown(zone)} is no IANA time zone`)
    const city = settle(textCell(found.city, 'city'), 'city') as string | null
    const country = settle(textCell(found.country, 'country'), 'country') as string | null
    const latitude = settle(numberCell(found.latitude, 'latitude'), 'latitude') as number | null
    const longitude = settle(numberCell(found.longitude, 'longitude'), 'longitude') as number | null
    // Rows of one station come with one place: they share the object.
    if (
      last === null ||
      last.city !== city ||
      last.country !== country ||
      last.latitude !== latitude ||
      last.longitude !== longitude ||
      last.timeZone !== zone
    ) {
      last = { city, country, latitude, longitude, timeZone: zone }
    }
    return last
  }
}

/** The fields of a nested place: an object, its JSON text, or the name of a city. */
function nestedPlace(cell: RawCell): Values {
  let value: unknown = cell
  if (typeof cell === 'string' && cell.trim().startsWith('{')) {
    try {
      value = JSON.parse(cell)
    } catch {
      throw new BadReading('WR_READING_FIELD', `location: ${shown(cell)} is not JSON`)
    }
  }
  if (value === null || value === undefined || value === '') return {}
  if (typeof value === 'string') return { city: value }
  if (typeof value !== 'object') throw new BadReading('WR_READING_FIELD', `location: ${shown(cell)} is no place`)
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [fieldOf(name), inner]))
}
