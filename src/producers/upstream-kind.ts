import type { Secret } from '../core/secret.ts'
import type { EventType } from '../events/event-type.ts'
import type { UpstreamHint } from './http/http-upstream.ts'
import type { QuotaLimit } from './http/quota.ts'
import type { Upstream } from './http/upstream.ts'
import type { Source } from './source.ts'
import type { Station } from './stations/station.ts'

/** What an API asks for before it answers. */
export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'key'; readonly key: Secret }
  /** OAuth 2, grant `client_credentials`. */
  | { readonly kind: 'client'; readonly id: string; readonly secret: Secret }

export interface UpstreamSourceOptions {
  readonly station: Station
  readonly upstream: Upstream
  readonly credentials: Credentials
  /** History that was asked for, milliseconds since the epoch, `to` exclusive; null: from where the last poll ended until now. */
  readonly range: { readonly from: number; readonly to: number } | null
  /** How far back a first poll goes where nothing says since when. */
  readonly backfillMs: number
  /** How far back every poll looks for values that upstream has revised. */
  readonly revisionsMs: number
  /** From one poll to the next, in the mean: where upstream tells what is now, how long that stands for. Absent: as often as it is new. */
  readonly everySeconds?: number
}

/** A setting of a station that one kind of upstream has. */
export interface StationOption {
  /** In one sentence, for people who look at the configuration. */
  readonly description: string
  /** What holds for a station that does not say it. */
  readonly default: string
  /** All that it can be; absent: any text that `pattern` matches. */
  readonly values?: readonly string[]
  /** A regular expression for the whole text. */
  readonly pattern?: string
}

/**
 * A kind of API that readings come from. A new one is a folder beside this file with one of these in it, and a line in `upstreams.ts`.
 * Its source yields readings in canonical units, in the order of time, and bad inputs for elements that are none, each with its
 * own bytes (its JSON); an answer that is none of the API's throws.
 */
export interface UpstreamKind {
  /** For instance `open-meteo`: the name of the source, which is part of cursors and never changes. */
  readonly name: string
  /** As people call it, for instance `Open-Meteo`. */
  readonly title: string
  readonly events: readonly EventType[]
  /** Of the real API; without a slash at the end. */
  readonly baseUrl: string
  readonly needs: Credentials['kind']
  /** Kinds with the same one and the same credentials ask one account, and share its quota; absent: the kind alone has it. */
  readonly account?: string
  /** Never exceeded, over all stations of the account together; empty where the API has none. */
  readonly quota: readonly QuotaLimit[]
  /** From one poll of a station to the next, where nothing else is said. */
  readonly intervalSeconds: number
  /** Days, for `backfillMs` and `revisionsMs`. Zero where upstream has no history. */
  readonly backfillDays: number
  readonly revisionDays: number
  /**
   * How old its newest reading may be when it answers, counted from the reading's start: what an interval lasts, what upstream is late as a
   * rule, and a few readings that are missing. Beyond, the station is silent or upstream frozen: `windrow doctor` warns, and the health says `behind`.
   */
  readonly staleAfterHours: number
  /** False: it says what is now, so `--from` and `--to` are refused and what was missed is gone. */
  readonly hasHistory: boolean
  /** By name; absent where its stations need none. */
  readonly stationOptions?: Readonly<Record<string, StationOption>>
  /** What is polled where no station is configured; absent: one has to be. */
  readonly defaultStations?: readonly Station[]
  /** What to do about errors that mean something special here, for `httpUpstream`. */
  readonly hint?: UpstreamHint
  /** Throws WR_STATION_... where the station cannot be one of this API's. */
  open(options: UpstreamSourceOptions): Source
}
