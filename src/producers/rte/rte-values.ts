import { MINUTE_MS } from '../../core/calendar.ts'
import type { TimeZone } from '../../core/time-zone.ts'
import { energyReadings } from '../../events/energy.ts'
import type { EventType } from '../../events/event-type.ts'
import type { EnergyReading, Place } from '../../events/reading.ts'
import { MAX_INTERVAL_MINUTES } from '../../events/reading-limits.ts'
import { BadReading } from '../bad-reading.ts'
import { numberCell } from '../file/cells.ts'
import type { FoundItem } from '../found-items.ts'
import { jsonBytes } from '../json-bytes.ts'
import { badInput } from '../source.ts'
import { instantOf } from '../timestamps.ts'
import type { RteValue } from './rte-answer.ts'

/** What the values of one series of an answer are values of. */
export interface SeriesMapping {
  readonly zoneId: string
  readonly place: Place
  readonly zone: TimeZone
  readonly dataOrigin: string
  readonly series: EnergyReading['series']
  readonly productionType: string | null
  /** Values of intervals that end later may be missing: they are asked for again. */
  readonly now: number
}

/** What the values come to: readings (null is a reading that says so), and bad inputs for values that are none or that lack their number. */
export function* rteValues(values: readonly unknown[], of: SeriesMapping): Generator<FoundItem> {
  for (const value of values) {
    // Two series may say the same of one interval, so the type is part of what identifies a value.
    const bytes = (): Uint8Array => {
      const typed = of.productionType === null || !isObject(value) ? value : { production_type: of.productionType, ...value }
      return jsonBytes(typed)
    }
    try {
      const reading = readingOf(value, of)
      if (reading !== null) yield { kind: 'reading', event: energyReadings as EventType, reading, line: null, bytes }
    } catch (error) {
      if (!(error instanceof BadReading)) throw error
      const message = of.productionType === null ? error.message : `${of.productionType}: ${error.message}`
      yield badInput(of.zoneId, null, bytes(), { code: error.code, message })
    }
  }
}

/** Null: upstream does not say it yet. Throws BadReading. */
function readingOf(value: unknown, of: SeriesMapping): EnergyReading | null {
  if (!isObject(value)) throw new BadReading('WR_READING_FIELD', 'the value is no JSON object')
  const { start_date, end_date, updated_date, value: megawatts }: RteValue = value
  const timestamp = instantOf(start_date, of.zone, 'start_date')
  const end = instantOf(end_date, of.zone, 'end_date')
  const intervalMinutes = (end - timestamp) / MINUTE_MS
  if (!Number.isInteger(intervalMinutes) || intervalMinutes < 1 || intervalMinutes > MAX_INTERVAL_MINUTES) {
    throw new BadReading(
      'WR_READING_INTERVAL',
      `end_date: ${intervalMinutes} minutes after start_date is no whole number of minutes from 1 to 1440`,
    )
  }
  const revisedAt = updated_date === undefined || updated_date === null ? null : instantOf(updated_date, of.zone, 'updated_date')
  const isMissing = megawatts === undefined || megawatts === null
  if (isMissing && end > of.now) return null
  if (megawatts === undefined) throw new BadReading('WR_READING_FIELD', 'value: there is none')
  return {
    timestamp,
    intervalMinutes,
    location: of.place,
    revisedAt,
    ingestedAt: 0,
    dataOrigin: of.dataOrigin,
    zoneId: of.zoneId,
    series: of.series,
    productionType: of.productionType,
    value: numberCell(megawatts, 'value'),
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
