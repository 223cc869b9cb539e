import { DAY_MS, dayText } from '../../core/calendar.ts'
import { weatherReadings } from '../../events/weather.ts'
import { pollHours, type SaidHours } from '../hourly-poll.ts'
import { CLOCK_REMEDY, CLOCK_TOLERANCE_MS } from '../http/clock-tolerance.ts'
import type { UpstreamAnswer, UpstreamRequest } from '../http/upstream.ts'
import { pollSpan } from '../poll-span.ts'
import type { Source, SourceContext } from '../source.ts'
import { coordinatesOf } from '../stations/coordinates.ts'
import type { UpstreamKind, UpstreamSourceOptions } from '../upstream-kind.ts'
import { openMeteoHours, UNITS } from './answer.ts'
import { daysOf, type OpenMeteoPiece, openMeteoPieces } from './pieces.ts'

export interface OpenMeteoSettings {
  /** Where `/v1/archive` is, without a slash at the end; null: where the rest is, as on a server of one's own. */
  readonly archiveUrl: string | null
}

const NAME = 'open-meteo'

/** Open-Meteo: hourly weather of any place from weather models, with no key. */
export function openMeteoKind(settings: OpenMeteoSettings): UpstreamKind {
  return {
    name: NAME,
    title: 'Open-Meteo',
    events: [weatherReadings],
    baseUrl: 'https://api.open-meteo.com',
    needs: 'none',
    quota: [
      { calls: 600, perMs: 60_000 },
      { calls: 5000, perMs: 3_600_000 },
      { calls: 10_000, perMs: DAY_MS },
    ],
    intervalSeconds: 900,
    backfillDays: 7,
    revisionDays: 2,
    staleAfterHours: 24,
    hasHistory: true,
    open: (options) => openMeteoSource(options, settings),
  }
}

function openMeteoSource(options: UpstreamSourceOptions, settings: OpenMeteoSettings): Source {
  const { station, upstream, range, revisionsMs } = options
  const coordinates = coordinatesOf(station, 'Open-Meteo')
  const query = {
    ...coordinates,
    hourly: Object.keys(UNITS).join(','),
    wind_speed_unit: 'ms',
    timeformat: 'unixtime',
  }

  const requestOf = (piece: OpenMeteoPiece, now: number): UpstreamRequest => {
    const { first, last } = daysOf(piece)
    if (piece.endpoint === 'forecast') {
      // Until tomorrow: the hour after 22:00 has its sum at midnight.
      const past = Math.floor(now / DAY_MS) - first
      return { path: '/v1/forecast', query: { ...query, past_days: past, forecast_days: 2 } }
    }
    const archive = settings.archiveUrl === null ? {} : { baseUrl: settings.archiveUrl }
    return { ...archive, path: '/v1/archive', query: { ...query, start_date: dayText(first), end_date: dayText(last) } }
  }

  return {
    name: NAME,
    station: station.id,
    events: [weatherReadings],
    poll: (context: SourceContext) => {
      const now = context.clock.now()
      let aheadMs: number | null = null
      const ask = async (piece: OpenMeteoPiece): Promise<SaidHours> => {
        const answer = await upstream.ask(requestOf(piece, now), context.signal)
        aheadMs ??= clockAhead(answer, context)
        return openMeteoHours(answer, station)
      }
      const pieces = openMeteoPieces(pollSpan(options, context.readThrough, now), now, revisionsMs)
      return pollHours({
        context,
        pieces,
        began: now,
        aheadMs: () => aheadMs ?? 0,
        continues: range === null,
        revisionsMs,
        ask,
      })
    },
  }
}

/**
 * How far this machine's clock is ahead of Open-Meteo's, zero where it is right or behind, null where the answer does not tell. Answers go on with
 * forecasts, which only the time tells from what was.
 */
function clockAhead({ date }: UpstreamAnswer, { clock, logger }: SourceContext): number | null {
  if (date === null) return null
  const aheadMs = clock.now() - date
  if (aheadMs <= CLOCK_TOLERANCE_MS) return 0
  logger.warn(
    { source: NAME, ahead_seconds: Math.round(aheadMs / 1000), remedy: CLOCK_REMEDY },
    "this machine's clock is ahead of Open-Meteo's: hours that are not over there are no readings",
  )
  return aheadMs
}
