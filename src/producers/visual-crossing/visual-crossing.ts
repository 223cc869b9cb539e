import { DAY_MS, dayText, HOUR_MS } from '../../core/calendar.ts'
import { WindrowError } from '../../core/errors.ts'
import { weatherReadings } from '../../events/weather.ts'
import { pollHours, type Stretch } from '../hourly-poll.ts'
import { keyOf } from '../http/key-of.ts'
import { pollSpan } from '../poll-span.ts'
import type { Source, SourceContext } from '../source.ts'
import { coordinatesOf } from '../stations/coordinates.ts'
import type { UpstreamKind, UpstreamSourceOptions } from '../upstream-kind.ts'
import { visualCrossingHours } from './answer.ts'

export interface VisualCrossingSettings {
  /** What the plan allows; an hour of history is a record. The free one: 1,000. */
  readonly recordsPerDay: number
  /** UTC days asked for at once. */
  readonly daysPerCall: number
}

const NAME = 'visual-crossing'
/** Some places have days of 25 hours. */
const RECORDS_OF_A_DAY = 25

/** Visual Crossing: hourly weather of any place, measured and filled up from models. Throws WR_UPSTREAM_PLAN where the plan allows no call. */
export function visualCrossingKind(settings: VisualCrossingSettings): UpstreamKind {
  const calls = Math.floor(settings.recordsPerDay / (RECORDS_OF_A_DAY * settings.daysPerCall))
  if (calls < 1) throw planTooSmall(settings)
  return {
    name: NAME,
    title: 'Visual Crossing',
    events: [weatherReadings],
    baseUrl: 'https://weather.visualcrossing.com',
    needs: 'key',
    // A call never costs more records than its days have hours.
    quota: [{ calls, perMs: DAY_MS }],
    intervalSeconds: 3600,
    backfillDays: 3,
    revisionDays: 3,
    staleAfterHours: 24,
    hasHistory: true,
    hint: hintOf,
    open: (options) => visualCrossingSource(options, settings),
  }
}

export const visualCrossing = visualCrossingKind({ recordsPerDay: 1000, daysPerCall: 1 })

function visualCrossingSource(options: UpstreamSourceOptions, settings: VisualCrossingSettings): Source {
  const { station, upstream, range, revisionsMs } = options
  const key = keyOf(options.credentials, NAME)
  const place = encodeURIComponent(station.upstreamId ?? Object.values(coordinatesOf(station, 'Visual Crossing')).join(','))
  const query = { unitGroup: 'metric', include: 'hours', timezone: 'Z', contentType: 'json', key }
  const pathOf = ({ from, to }: Stretch): string => {
    const [first, last] = [from, to - 1].map((instant) => dayText(Math.floor(instant / DAY_MS)))
    return `/VisualCrossingWebServices/rest/services/timeline/${place}/${first}/${last}`
  }
  return {
    name: NAME,
    station: station.id,
    events: [weatherReadings],
    poll: (context: SourceContext) => {
      const now = context.clock.now()
      const pieces = daysOf(spanOf(options, context.readThrough, now), settings.daysPerCall)
      return pollHours({
        context,
        pieces,
        began: now,
        continues: range === null,
        revisionsMs,
        ask: async (piece) => {
          const answer = await upstream.ask({ path: pathOf(piece), query }, context.signal)
          return visualCrossingHours(answer, station)
        },
      })
    },
  }
}

function hintOf(status: number): string | null {
  if (status === 401) return 'Check the key (VISUAL_CROSSING_API_KEY).'
  if (status === 429)
    return 'The records of the day are used up (an hour of history is one): wait for the next day, ask for less, or take a larger plan.'
  return status === 400 ? 'Look whether Visual Crossing knows the place of the station; its answer says what is wrong.' : null
}

/**
 * Every hour asked for costs a record, so revisions are looked for once a UTC day, with the first poll after it began: until the first
 * hour of the day is read. What is asked for is whole days, which cost the same as their ends.
 */
function spanOf(options: UpstreamSourceOptions, readThrough: number | null, now: number): Stretch {
  const isSameDay = readThrough !== null && Math.floor(readThrough / DAY_MS) === Math.floor(now / DAY_MS)
  const span = pollSpan({ ...options, revisionsMs: isSameDay ? 0 : options.revisionsMs }, readThrough, now)
  if (options.range !== null) return span
  // With the hour that has begun: what is expected of it goes with the latest one that is over.
  return { from: Math.floor(span.from / DAY_MS) * DAY_MS, to: span.to + HOUR_MS }
}

function daysOf({ from, to }: Stretch, daysPerCall: number): readonly Stretch[] {
  const pieces: Stretch[] = []
  for (let start = from; start < to; ) {
    const end = Math.min((Math.floor(start / DAY_MS) + daysPerCall) * DAY_MS, to)
    pieces.push({ from: start, to: end })
    start = end
  }
  return pieces
}

function planTooSmall(settings: VisualCrossingSettings): WindrowError {
  return new WindrowError('WR_UPSTREAM_PLAN', {
    message: `Visual Crossing allows ${settings.recordsPerDay} records a day, which is less than ${settings.daysPerCall} days of hours.`,
    remedy: 'Ask for fewer days at once, or set the records a day to what your plan allows (an hour of history is one).',
    kind: 'usage',
    facts: { ...settings },
  })
}
