import { MINUTE_MS } from '../../core/calendar.ts'
import { WindrowError } from '../../core/errors.ts'
import { timeZone } from '../../core/time-zone.ts'
import { airReadings } from '../../events/air.ts'
import type { EventType } from '../../events/event-type.ts'
import { beyondLimits } from '../../events/physical-limits.ts'
import { MAX_AHEAD_MS, MIN_TIME } from '../../events/reading-limits.ts'
import { byTime, type FoundItem, isIn } from '../found-items.ts'
import { hashBytes, type Source } from '../source.ts'
import { stationOptions } from '../stations/station-options.ts'
import type { StationOption, UpstreamSourceOptions } from '../upstream-kind.ts'
import { type AirqinoAnswer, airqinoAnswer, airqinoDays, airqinoItem, airqinoPlace, hashOfRows } from './airqino-answer.ts'
import { AIRQINO_INTERVAL_MINUTES, type AirqinoRowSettings } from './airqino-row.ts'

export const AIRQINO_OPTIONS = {
  timestampZone: {
    description: 'The IANA time zone of its timestamps, which carry no offset.',
    default: 'UTC',
    pattern: '[A-Za-z].*',
  },
  coUnit: { description: 'The unit of its CO.', default: 'mg/m3', values: ['mg/m3', 'ug/m3'] },
} satisfies Readonly<Record<string, StationOption>>

const ITEMS_PER_PROGRESS = 1000

/** What was published of the answer before: nothing of it has to be looked at again where it is the same. */
interface Remembered {
  /** Of all of its bytes; null where a part was not remembered. */
  readonly bodyHash: string | null
  readonly place: string
  /** Of the rows of each day, as they stand. */
  readonly days: ReadonlyMap<string, string>
  /** The last row that was published. */
  readonly latest: FoundItem | null
}

/**
 * An answer is the station's whole history. The first one of the process is mapped whole; of a later one the days whose rows are not
 * all as in the answer before, so that a row that comes late or is changed is found at once, however old.
 */
export function airqinoSource({ station, upstream, range }: UpstreamSourceOptions): Source {
  const { upstreamId } = station
  if (upstreamId === null) throw noNumber(station.id)
  const options = stationOptions({ name: 'airqino', stationOptions: AIRQINO_OPTIONS }, station)
  const settings = {
    stationId: station.id,
    zone: timeZone(options.timestampZone),
    intervalMinutes: AIRQINO_INTERVAL_MINUTES,
    coUnit: options.coUnit as AirqinoRowSettings['coUnit'],
  }
  let published: Remembered | null = null
  let polled: Remembered | null = null

  return {
    name: 'airqino',
    station: station.id,
    events: [airReadings as EventType],
    async *poll({ clock, signal, readThrough, progress }) {
      polled = null
      const answer = await upstream.ask({ path: `/v3/getStationHourlyAvg/${encodeURIComponent(upstreamId)}` }, signal)
      // Where nothing was read through, the log is another one than what was published went to.
      const before = range === null && readThrough !== null ? published : null
      const bodyHash = hashBytes(answer.body)
      if (before?.bodyHash === bodyHash) {
        // How fresh the station is stays known.
        if (before.latest !== null) yield before.latest
        return
      }
      const { header, data } = airqinoAnswer(answer)
      const place = airqinoPlace(station.place, header)
      const found = changesOf(data, { ...settings, place }, before, clock.now())
      const items = range === null ? found.items : found.items.filter((item) => isIn(item, { start: range.from, end: range.to }))
      for (const [i, item] of items.entries()) {
        if (i % ITEMS_PER_PROGRESS === 0) progress(i, items.length)
        yield item
      }
      progress(items.length, items.length)
      if (range !== null) return
      if (found.through !== null) yield { kind: 'through', at: found.through }
      const { days, isWhole } = found
      const latest = latestOf(found.items) ?? before?.latest ?? null
      polled = { bodyHash: isWhole ? bodyHash : null, place: JSON.stringify(place), days, latest }
    },
    published() {
      if (polled !== null) published = polled
    },
  }
}

interface Changes {
  /** In the order of time. */
  readonly items: readonly FoundItem[]
  /** The end of the last row among them. */
  readonly through: number | null
  /** The hashes of the days that need not be looked at again as long as they are the same. */
  readonly days: ReadonlyMap<string, string>
  /** Whether these are all days. */
  readonly isWhole: boolean
}

function changesOf(
  data: AirqinoAnswer['data'],
  settings: AirqinoRowSettings,
  remembered: Remembered | null,
  now: number,
): Changes {
  const before = remembered?.place === JSON.stringify(settings.place) ? remembered.days : new Map<string, string>()
  const days = new Map<string, string>()
  const items: FoundItem[] = []
  let through: number | null = null
  let isWhole = true
  for (const [day, rows] of airqinoDays(data)) {
    const hash = hashOfRows(rows)
    let isSettled = true
    if (before.get(day) !== hash) {
      for (const row of rows) {
        const item = airqinoItem(row, settings)
        items.push(item)
        if (item.kind === 'bad') continue
        const end = item.reading.timestamp + settings.intervalMinutes * MINUTE_MS
        if (end <= now) through = Math.max(through ?? MIN_TIME, end)
        // What is refused as too early is a reading later.
        if (item.reading.timestamp > now + MAX_AHEAD_MS) isSettled = false
      }
    }
    if (isSettled) days.set(day, hash)
    else isWhole = false
  }
  return { items: items.sort(byTime), through, days, isWhole }
}

/** The last that is published, and no dead letter. A copy, since the publisher writes into readings. */
function latestOf(items: readonly FoundItem[]): FoundItem | null {
  const latest = items.findLast((item) => item.kind === 'reading' && beyondLimits(item.event, item.reading) === null)
  return latest?.kind === 'reading' ? { ...latest, reading: { ...latest.reading, revisedAt: null } } : null
}

function noNumber(station: string): WindrowError {
  return new WindrowError('WR_STATION_ID', {
    message: `The AirQino station ${JSON.stringify(station)} lacks AirQino's own number.`,
    remedy: "Give AirQino's number of the station in the configuration, for instance 283164601.",
    kind: 'usage',
    facts: { source: 'airqino', station },
  })
}
