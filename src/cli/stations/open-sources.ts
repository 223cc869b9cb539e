import type { Config } from '../../config/load-config.ts'
import type { Clock } from '../../core/clock.ts'
import { WindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { type HttpUpstream, httpUpstream } from '../../producers/http/http-upstream.ts'
import { type QuotaStore, quota } from '../../producers/http/quota.ts'
import type { Source } from '../../producers/source.ts'
import { meanSeconds } from '../../producers/stations/cadence.ts'
import type { UpstreamKind } from '../../producers/upstream-kind.ts'
import { upstreamKinds } from '../../producers/upstreams.ts'
import { packageVersion } from '../package-version.ts'
import { accountOf } from './account-of.ts'
import type { ConfiguredStation } from './configured-stations.ts'

/** Every kind of upstream, as the configuration has it. */
export function kindsOf({ openMeteoUrl, openMeteoArchiveUrl }: Config): readonly UpstreamKind[] {
  // Whoever has a server of their own has its archive there too.
  const archive = openMeteoArchiveUrl ?? (openMeteoUrl === null ? undefined : null)
  return upstreamKinds({ openMeteoArchiveUrl: archive })
}

export interface OpenUpstreamOptions {
  /** Where the quota is counted. */
  readonly store: QuotaStore | null
  readonly clock: Clock
  readonly logger: Logger
  /** How often at most one request is sent; the client's default where it is undefined. */
  readonly tries?: number
}

/** A client of the station's upstream, to be shared by all stations of the account and closed at the end. */
export function openUpstream(station: ConfiguredStation, options: OpenUpstreamOptions): HttpUpstream {
  const { kind, baseUrl, quota: limits } = station
  const account = accountOf(station)
  const { store, clock, logger, tries } = options
  return httpUpstream({
    source: kind.title,
    baseUrl,
    hasCredentials: kind.needs !== 'none',
    userAgent: `windrow/${packageVersion()}`,
    clock,
    logger,
    quota: limits.length === 0 ? null : quota({ source: account.name, credentials: account.parts, limits, store, clock, logger }),
    ...(kind.hint === undefined ? {} : { hint: kind.hint }),
    ...(tries === undefined ? {} : { tries }),
  })
}

export interface OpenSourcesOptions extends OpenUpstreamOptions {
  /** History that is asked for, milliseconds since the epoch; null: what is new. */
  readonly range: { readonly from: number; readonly to: number } | null
}

export interface OpenedSource {
  readonly station: ConfiguredStation
  readonly source: Source
}

export interface OpenedSources {
  readonly sources: readonly OpenedSource[]
  close(): Promise<void>
}

/** A source for each station; those of one account share its connections, its quota and what it asks to wait for. WR_NO_HISTORY. */
export function openSources(stations: readonly ConfiguredStation[], options: OpenSourcesOptions): OpenedSources {
  const { range } = options
  const upstreams = new Map<string, HttpUpstream>()
  const upstreamOf = (station: ConfiguredStation): HttpUpstream => {
    const account = JSON.stringify([station.kind.name, station.baseUrl])
    const known = upstreams.get(account) ?? openUpstream(station, options)
    upstreams.set(account, known)
    return known
  }
  if (range !== null) refuseWithoutHistory(stations)
  return {
    sources: stations.map((station) => {
      const { kind, cadence, credentials, backfillMs, revisionsMs } = station
      const everySeconds = meanSeconds(cadence, options.clock.now())
      const upstream = upstreamOf(station)
      return {
        station,
        source: kind.open({ station: station.station, upstream, credentials, range, backfillMs, revisionsMs, everySeconds }),
      }
    }),
    close: async () => void (await Promise.all([...upstreams.values()].map((upstream) => upstream.close()))),
  }
}

function refuseWithoutHistory(stations: readonly ConfiguredStation[]): void {
  const without = stations.find(({ kind }) => !kind.hasHistory)
  if (without === undefined) return
  throw new WindrowError('WR_NO_HISTORY', {
    message: `${without.kind.title} tells what is now and has no history, so --from and --to mean nothing to it.`,
    remedy: 'Leave them out, or get the past from another source: open-meteo and visual-crossing have it.',
    kind: 'usage',
    facts: { source: without.kind.name },
  })
}
