import type { Place } from '../../events/reading.ts'

/** When a station is polled. */
export type Cadence =
  | { readonly kind: 'interval'; readonly seconds: number }
  /** Every day at these times, each as `06:30`, by the clocks of that zone. */
  | { readonly kind: 'daily'; readonly times: readonly string[]; readonly timeZone: string }
  /** A cron expression of five or six fields in that zone. */
  | { readonly kind: 'cron'; readonly expression: string; readonly timeZone: string }

/** A place that an upstream has readings of: a weather or air station, or a grid zone. */
export interface Station {
  /** The key of its readings (`station_id`, `zone_id`), for instance `station_Paris_FR`. */
  readonly id: string
  /** What upstream calls it, where it has a name for it: AirQino's number, a place of Visual Crossing. Null: the coordinates say it. */
  readonly upstreamId: string | null
  readonly place: Place
  /** What only its kind of upstream asks for, by name (`UpstreamKind.stationOptions`), for instance the unit of a sensor. */
  readonly options?: Readonly<Record<string, string>>
}
