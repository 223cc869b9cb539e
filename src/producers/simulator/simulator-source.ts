import { DAY_MS } from '../../core/calendar.ts'
import type { Clock } from '../../core/clock.ts'
import { WindrowError } from '../../core/errors.ts'
import { airReadings } from '../../events/air.ts'
import { energyReadings } from '../../events/energy.ts'
import type { EventType } from '../../events/event-type.ts'
import { weatherReadings } from '../../events/weather.ts'
import type { Source } from '../source.ts'
import { arrivals } from './arrivals.ts'
import { type SimSeries, simSeries } from './sim-series.ts'

export interface SimulatorOptions {
  /** Default 1. The same seed gives the same readings, whoever asks when. */
  readonly seed?: number | undefined
  /** How many whole UTC days before today to begin with. Default 90. */
  readonly days?: number | undefined
  /** Readings that start at or after this instant, in place of `days`. */
  readonly from?: number | undefined
  /** Readings that arrive before this instant; undefined: all that have arrived by now. */
  readonly to?: number | undefined
  /** Only these stations and zones; undefined: all. */
  readonly stations?: readonly string[] | undefined
  /** How many times as fast as the clock the simulated time goes from its start on; also what dates the readings. Default 1. */
  readonly speed?: number | undefined
  readonly clock: Clock
}

const DEFAULT_DAYS = 90

/**
 * Weather, air quality and energy of a made-up world (stations `sim-...`), with gaps, repeats, late arrivals and revisions. The first
 * poll gives everything from the start until now, later ones what arrived since. Throws WR_SIMULATOR_STATION for an unknown station.
 */
export function simulatorSource(options: SimulatorOptions): Source {
  const { seed = 1, days = DEFAULT_DAYS, stations, speed = 1 } = options
  const series = seriesOf(seed, stations)
  const clock = speed === 1 ? options.clock : fasterClock(options.clock, speed)
  const earliest = options.from ?? Math.floor(clock.now() / DAY_MS) * DAY_MS - days * DAY_MS
  let publishedTo = earliest
  let polledTo = earliest

  return {
    name: 'simulator',
    station: '*',
    events: [weatherReadings, energyReadings, airReadings] as EventType[],
    clock,
    async *poll({ progress, signal }) {
      const from = publishedTo
      const to = Math.max(from, Math.min(clock.now(), options.to ?? Number.POSITIVE_INFINITY))
      polledTo = from
      let reported = from
      for (const { series: one, reading, arrivedAt } of arrivals(series, { from, to, earliest })) {
        if (signal.aborted) return
        if (arrivedAt - reported >= DAY_MS) {
          reported = arrivedAt
          progress(arrivedAt - from, to - from)
        }
        yield { kind: 'reading', event: one.event, reading, line: null, bytes: null }
      }
      polledTo = to
    },
    published: () => {
      publishedTo = polledTo
    },
  }
}

function seriesOf(seed: number, stations: readonly string[] | undefined): readonly SimSeries[] {
  const all = simSeries(seed)
  const known = [...new Set(all.map(({ station }) => station))]
  const unknown = stations?.find((station) => !known.includes(station))
  if (unknown === undefined) return all.filter(({ station }) => stations === undefined || stations.includes(station))
  throw new WindrowError('WR_SIMULATOR_STATION', {
    message: `The simulator has no station or zone ${JSON.stringify(unknown)}.`,
    remedy: `Give one of: ${known.join(', ')}.`,
    kind: 'usage',
    facts: { station: unknown },
  })
}

/** Shows the clock's own time at first and goes on `speed` times as fast. Sleeping is as long as ever. */
function fasterClock(clock: Clock, speed: number): Clock {
  const start = clock.now()
  return { ...clock, now: () => Math.floor(start + (clock.now() - start) * speed) }
}
