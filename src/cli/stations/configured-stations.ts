import type { Config } from '../../config/load-config.ts'
import { type SourceName, sourceNames } from '../../config/source-settings.ts'
import type { FileSchedule, FileStation } from '../../config/stations-file-schema.ts'
import { nearest } from '../../config/unknown-settings.ts'
import { DAY_MS } from '../../core/calendar.ts'
import { WindrowError } from '../../core/errors.ts'
import type { QuotaLimit } from '../../producers/http/quota.ts'
import type { Cadence, Station } from '../../producers/stations/station.ts'
import type { Credentials, UpstreamKind } from '../../producers/upstream-kind.ts'
import { accountOf } from './account-of.ts'
import { cadenceOf } from './cadence-of.ts'
import { refuseMistakes } from './refuse-mistakes.ts'
import { baseUrlOf, credentialsOf } from './source-access.ts'
import { stationOf } from './station-of.ts'
import { stationsOfPlace } from './stations-of-place.ts'
import { stretched } from './stretched.ts'
import { uniqueIds } from './unique-ids.ts'

/** A station that is to be polled, and all that its source needs for it. */
export interface ConfiguredStation {
  readonly kind: UpstreamKind
  readonly station: Station
  /** As the quota allows it, over all stations that were chosen with it. */
  readonly cadence: Cadence
  /** As somebody asked for it, or else the source's own. */
  readonly askedCadence: Cadence
  /** False: nobody asked for one, and it is the source's own. */
  readonly isCadenceAsked: boolean
  readonly credentials: Credentials
  /** Of its account, over all stations that were chosen with it. */
  readonly quota: readonly QuotaLimit[]
  readonly backfillMs: number
  readonly revisionsMs: number
  /** Without a slash at the end. */
  readonly baseUrl: string
}

/** What the command line says of the stations to take; nothing: all. */
export interface StationChoice {
  /** Names of sources: also one that nothing else names is taken. */
  readonly sources?: readonly string[] | undefined
  /** Ids of stations; for airqino also any number of a station. */
  readonly stations?: readonly string[] | undefined
  /** In place of what the configuration says. */
  readonly schedule?: FileSchedule | undefined
}

interface Entry {
  readonly kind: UpstreamKind
  readonly entry: FileStation
  readonly station: Station
  /** Its place in the list of stations; -1: it is in none. */
  readonly index: number
}

/**
 * The stations that the file lists, or without one those of the environment (`stationsOfPlace`), as far as WINDROW_SOURCES and the choice name them,
 * in the order of their sources; empty where nothing is configured. Ids do not depend on the choice.
 *
 * Throws what `refuseMistakes` throws, WR_SOURCE_KEY where a chosen one has no key, WR_SOURCE_UNKNOWN and
 * WR_STATION_UNKNOWN for a choice that names nothing, WR_SCHEDULE for a schedule that cannot be kept.
 */
export function configuredStations(
  config: Config,
  kinds: readonly UpstreamKind[],
  choice: StationChoice = {},
): ConfiguredStation[] {
  refuseUnknownSources(kinds, choice.sources ?? [])
  const entries = entriesOf(config, kinds, choice)
  refuseMistakes(entries, config)
  const chosen = choose(entries, config, kinds, choice)
  const found = chosen.map(({ kind, entry, station }): Unscheduled => {
    const settings = config.stationsFile?.sources?.[kind.name as SourceName] ?? {}
    const zone = station.place.timeZone
    const quota = settings.quota?.map(({ calls, per_seconds }) => ({ calls, perMs: per_seconds * 1000 }))
    const asked = cadenceOf(choice.schedule ?? {}, zone) ?? cadenceOf(entry, zone) ?? cadenceOf(settings, zone)
    return {
      kind,
      station,
      askedCadence: asked ?? { kind: 'interval', seconds: kind.intervalSeconds },
      isCadenceAsked: asked !== null,
      credentials: credentialsOf(kind, config),
      quota: quota ?? kind.quota,
      backfillMs: (settings.backfill_days ?? kind.backfillDays) * DAY_MS,
      revisionsMs: (settings.revision_days ?? kind.revisionDays) * DAY_MS,
      baseUrl: baseUrlOf(kind, config),
    }
  })
  return stretched(withSharedQuota(found))
}

type Unscheduled = Omit<ConfiguredStation, 'cadence'>

/** Calls of an account count for all who ask with it, so all keep every limit that one of them has. */
function withSharedQuota(stations: readonly Unscheduled[]): Unscheduled[] {
  const limits = new Map<string, Map<string, QuotaLimit>>()
  for (const station of stations) {
    const { id } = accountOf(station)
    const ofAccount = limits.get(id) ?? new Map<string, QuotaLimit>()
    for (const limit of station.quota) ofAccount.set(JSON.stringify([limit.calls, limit.perMs]), limit)
    limits.set(id, ofAccount)
  }
  return stations.map((station) => ({ ...station, quota: [...(limits.get(accountOf(station).id)?.values() ?? [])] }))
}

/** The names of the sources that have stations in the configuration, in their order; none: the simulator is what there is. */
export function configuredSources(config: Config, kinds: readonly UpstreamKind[]): string[] {
  const names = choose(entriesOf(config, kinds, {}), config, kinds, {}).map(({ kind }) => kind.name)
  return [...new Set(names)]
}

/** All that is configured, whatever is chosen of it, in the order of the sources. */
function entriesOf(config: Config, kinds: readonly UpstreamKind[], choice: StationChoice): Entry[] {
  const ownOf = (source: string): readonly Station[] => kinds.find(({ name }) => name === source)?.defaultStations ?? []
  const named = [...config.sources, ...(choice.sources ?? [])]
  const listed = config.stationsFile?.stations ?? stationsOfPlace(config, named, ownOf)
  const rank = ({ entry }: { readonly entry: FileStation }): number => sourceNames.indexOf(entry.source)
  const inOrder = listed.map((entry, index) => ({ entry, index })).sort((a, b) => rank(a) - rank(b))
  const placed = inOrder.flatMap(({ entry, index }) => {
    const kind = kinds.find(({ name }) => name === entry.source)
    return kind === undefined ? [] : [{ kind, entry, index, ...stationOf(entry, kind.defaultStations ?? []) }]
  })
  return uniqueIds(placed)
}

function choose(
  entries: readonly Entry[],
  config: Config,
  kinds: readonly UpstreamKind[],
  choice: StationChoice,
): readonly Entry[] {
  const sources = choice.sources ?? (config.sources.length > 0 ? config.sources : null)
  for (const source of choice.stations === undefined ? (sources ?? []) : []) {
    if (entries.some(({ kind }) => kind.name === source)) continue
    throw new WindrowError('WR_STATION_UNKNOWN', {
      message: `${config.stationsFilePath} lists no station of ${source}.`,
      remedy: `Add one, or leave ${source} out${choice.sources === undefined ? ' of WINDROW_SOURCES' : ''}.`,
      kind: 'usage',
      facts: { source },
    })
  }
  const ofSources = sources === null ? entries : entries.filter(({ kind }) => sources.includes(kind.name))
  if (choice.stations === undefined) return ofSources
  return choice.stations.flatMap((id) => {
    const found = ofSources.filter(({ station }) => station.id === id)
    if (found.length > 0) return found
    const airqino = kinds.find(({ name }) => name === 'airqino' && sources?.includes(name))
    if (airqino === undefined || !/^\d+$/.test(id)) throw unknownStation(id, ofSources)
    const entry: FileStation = { source: 'airqino', upstream_id: id }
    return [{ kind: airqino, entry, index: -1, station: stationOf(entry, airqino.defaultStations ?? []).station }]
  })
}

function refuseUnknownSources(kinds: readonly UpstreamKind[], sources: readonly string[]): void {
  const known = kinds.map(({ name }) => name)
  const unknown = sources.find((name) => !known.includes(name))
  if (unknown === undefined) return
  const alike = nearest(unknown, known)
  throw new WindrowError('WR_SOURCE_UNKNOWN', {
    message: `There is no source called ${JSON.stringify(unknown)}.`,
    remedy: alike === null ? `Choose among ${known.join(', ')}.` : `Did you mean ${alike}? There are ${known.join(', ')}.`,
    kind: 'usage',
    facts: { source: unknown },
  })
}

function unknownStation(id: string, entries: readonly Entry[]): WindrowError {
  const ids = entries.map(({ station }) => station.id)
  const alike = nearest(id, ids)
  const some =
    ids.length === 0 ? 'None is configured.' : `Configured are ${ids.slice(0, 20).join(', ')}${ids.length > 20 ? ', …' : ''}.`
  return new WindrowError('WR_STATION_UNKNOWN', {
    message: `There is no station called ${JSON.stringify(id)}.`,
    remedy: `${alike === null ? '' : `Did you mean ${alike}? `}${some} Stations are listed in windrow.config.json, or follow from the settings of the environment.`,
    kind: 'usage',
    facts: { station: id },
  })
}
