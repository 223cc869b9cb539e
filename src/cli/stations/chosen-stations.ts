import type { FileSchedule } from '../../config/stations-file-schema.ts'
import { systemClock } from '../../core/clock.ts'
import { WindrowError } from '../../core/errors.ts'
import { rangeOptions } from '../instant-option.ts'
import type { Session } from '../session.ts'
import { type ConfiguredStation, configuredStations } from './configured-stations.ts'
import { kindsOf } from './open-sources.ts'
import { refuseMixing } from './refuse-mixing.ts'

/** What the command line says of sources that are APIs. */
export interface ApiOptions extends ScheduleOptions {
  readonly continuous?: boolean
  readonly source?: readonly string[]
  readonly station?: readonly string[]
  readonly from?: string
  readonly to?: string
}

export interface ScheduleOptions {
  /** Seconds. */
  readonly interval?: number
  readonly at?: readonly string[]
  readonly cron?: string
}

export interface ChosenStations {
  readonly stations: readonly ConfiguredStation[]
  /** History that is asked for, milliseconds since the epoch; null: what is new. */
  readonly range: { readonly from: number; readonly to: number } | null
}

/** The configured stations that the options choose. Throws what `configuredStations` and `refuseMixing` throw, and WR_NO_SOURCE where nothing is configured. */
export async function chosenStations(session: Session, options: ApiOptions): Promise<ChosenStations> {
  const stations = configuredStations(session.config, kindsOf(session.config), {
    sources: options.source,
    stations: options.station,
    schedule: scheduleOf(options),
  })
  if (stations.length === 0) throw noSource()
  await refuseMixing(session, stations)
  return { stations, range: rangeOf(options) }
}

/** The schedule that options name, empty where they name none. Throws WR_USAGE for two. */
export function scheduleOf({ interval, at, cron }: ScheduleOptions): FileSchedule {
  const given = [interval, at, cron].filter((each) => each !== undefined)
  if (given.length > 1) {
    throw new WindrowError('WR_USAGE', {
      message: '--interval, --at and --cron exclude each other.',
      remedy: 'Give one of them.',
      kind: 'usage',
    })
  }
  if (interval !== undefined) return { interval_seconds: interval }
  if (at !== undefined) return { at: [...at] }
  return cron === undefined ? {} : { cron }
}

function rangeOf({ continuous, ...options }: ApiOptions): ChosenStations['range'] {
  const { from, to } = rangeOptions(options)
  if (from === undefined && to === undefined) return null
  if (from === undefined) {
    throw new WindrowError('WR_USAGE', {
      message: 'History needs a beginning.',
      remedy: 'Add --from; --to is where it ends, now if it is left out.',
      kind: 'usage',
    })
  }
  if (continuous === true) {
    throw new WindrowError('WR_USAGE', {
      message: '--from asks for history, which is got once.',
      remedy: 'Leave out --continuous; polls that go on look for what is new, and for what they missed.',
      kind: 'usage',
    })
  }
  return { from, to: to ?? systemClock.now() }
}

function noSource(): WindrowError {
  return new WindrowError('WR_NO_SOURCE', {
    message: 'No source is configured.',
    remedy:
      'Name one that needs no key (--source open-meteo, or --source file or simulator), or let `windrow setup` ask for keys and places.',
    kind: 'usage',
  })
}
