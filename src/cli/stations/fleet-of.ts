import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { QuotaStore } from '../../producers/http/quota.ts'
import { atInstants, everyInterval, type Rhythm } from '../../producers/rhythm.ts'
import type { Source } from '../../producers/source.ts'
import { cadenceText, nextAfter } from '../../producers/stations/cadence.ts'
import type { Cadence } from '../../producers/stations/station.ts'
import type { ConfiguredStation } from './configured-stations.ts'
import { openSources } from './open-sources.ts'
import { stretchNotes } from './stretched.ts'

export interface FleetOptions {
  readonly stations: readonly ConfiguredStation[]
  readonly range: { readonly from: number; readonly to: number } | null
  readonly store: QuotaStore | null
  readonly clock: Clock
  readonly logger: Logger
}

/** A source that is polled again and again. */
export interface PolledStation {
  readonly station: ConfiguredStation
  readonly source: Source
  readonly rhythm: Rhythm
}

export interface Fleet {
  readonly members: readonly PolledStation[]
  close(): Promise<void>
}

/** Stations of one process begin within this time, so that they do not all ask at once. */
const SPREAD_MS = 10_000

/** Opens the sources of stations, and tells how often each is polled. */
export function fleetOf({ stations, range, store, clock, logger }: FleetOptions): Fleet {
  const { sources, close } = openSources(stations, { store, clock, logger, range })
  for (const { isAsked, text } of stretchNotes(stations)) logger[isAsked ? 'warn' : 'info']({}, text)
  for (const kind of new Set(stations.map((station) => station.kind))) {
    const own = stations.filter((station) => station.kind === kind)
    const polled = [...new Set(own.map(({ cadence }) => cadenceText(cadence)))]
    logger.info({ source: kind.name, stations: own.length, polled: polled.slice(0, 3).join('; ') }, `${kind.title} is a source`)
  }
  const members = sources.map(({ station, source }, i) => {
    const { cadence } = station
    const spreadMs = cadence.kind === 'interval' ? Math.min(cadence.seconds * 1000, SPREAD_MS) : 0
    return { station, source, rhythm: rhythmOf(cadence, clock, (spreadMs * i) / sources.length) }
  })
  return { members, close }
}

/** An interval begins after `offsetMs`. */
export function rhythmOf(cadence: Cadence, clock: Clock, offsetMs = 0): Rhythm {
  if (cadence.kind === 'interval') return everyInterval(cadence.seconds * 1000, clock, offsetMs)
  return atInstants((instant) => nextAfter(cadence, instant), clock)
}
