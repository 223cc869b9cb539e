import { DAY_MS, dayText } from '../../core/calendar.ts'
import { weatherReadings } from '../../events/weather.ts'
import { latestHour, pollHours } from '../hourly-poll.ts'
import type { UpstreamRequest } from '../http/upstream.ts'
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
      const pieces = openMeteoPieces(pollSpan(options, context.readThrough, now), now, revisionsMs)
      return pollHours({
        context,
        pieces,
        latest: latestHour(now),
        continues: range === null,
        revisionsMs,
        ask: async (piece) => openMeteoHours(await upstream.ask(requestOf(piece, now), context.signal), station),
      })
    },
  }
}
