import { DAY_MS, HOUR_MS } from '../../core/calendar.ts'
import type { ReadingDraft } from '../source.ts'
import { uniform } from './noise.ts'
import type { SimSeries } from './sim-series.ts'

/** A reading on its way: when it comes, and of what series and interval. */
interface Arrival {
  readonly at: number
  readonly series: number
  readonly time: number
  /** `only` is never revised; `first` is wrong and `second` corrects it. */
  readonly version: 'only' | 'first' | 'second'
  readonly revisedAt: number | null
}

export interface SimulatedReading {
  readonly series: SimSeries
  readonly reading: ReadingDraft
  /** When it arrives, at or after the end of its interval. */
  readonly arrivedAt: number
}

/** Parts of the readings to which something happens. */
const LOST = 0.006
const OUTAGE = 0.012
const LATE = 0.025
const REPEATED = 0.01
const REVISED = 0.008
/** Of the revised ones: their first version comes once more, after the second. */
const ECHOED = 0.15

const OUTAGE_MS = 10 * HOUR_MS
const LONGEST_REVISION_MS = 36 * HOUR_MS
/** Nothing arrives later than this after the start of its interval. */
const LONGEST_DELAY_MS = LONGEST_REVISION_MS + 16 * HOUR_MS
const BLOCK_MS = 4 * DAY_MS

/**
 * What arrives in [from, to), in order of arrival, of intervals that start at `earliest` or later. A pure function of its arguments:
 * ranges that follow one another give together exactly what the whole range gives.
 */
export function* arrivals(
  allSeries: readonly SimSeries[],
  { from, to, earliest = Number.NEGATIVE_INFINITY }: { readonly from: number; readonly to: number; readonly earliest?: number },
): Generator<SimulatedReading> {
  for (let start = from; start < to; start += BLOCK_MS) {
    const end = Math.min(start + BLOCK_MS, to)
    const found: Arrival[] = []
    allSeries.forEach((series, index) => {
      const first = Math.ceil(Math.max(start - LONGEST_DELAY_MS, earliest) / series.intervalMs) * series.intervalMs
      for (let time = first; time + series.intervalMs < end; time += series.intervalMs)
        collect(series, index, time, start, end, found)
    })
    found.sort((a, b) => a.at - b.at || a.series - b.series || a.time - b.time || rank(a) - rank(b))
    for (const arrival of found) {
      const series = allSeries[arrival.series] as SimSeries
      const reading = series.read(arrival.time, arrival.version === 'first')
      reading.revisedAt = arrival.revisedAt
      yield { series, reading, arrivedAt: arrival.at }
    }
  }
}

function rank({ version }: Arrival): number {
  return version === 'second' ? 1 : 0
}

/** Adds when the reading of one interval arrives, as far as that is in [start, end). */
function collect(series: SimSeries, index: number, time: number, start: number, end: number, into: Arrival[]): void {
  const { channel, intervalMs } = series
  const slot = time / intervalMs
  const chance = (what: number): number => uniform(channel + what, slot)
  if (chance(1) < LOST || uniform(channel + 2, Math.floor(time / OUTAGE_MS)) < OUTAGE) return
  const add = (at: number, version: Arrival['version'], revisedAt: number | null = null): void => {
    if (at >= start && at < end) into.push({ at, series: index, time, version, revisedAt })
  }
  const isLate = chance(3) < LATE
  const first = time + intervalMs + (isLate ? Math.ceil(8 * chance(4)) * intervalMs : 0)
  const isRevised = chance(5) < REVISED
  add(first, isRevised ? 'first' : 'only')
  if (chance(6) < REPEATED) add(first + Math.ceil(4 * chance(7)) * intervalMs, isRevised ? 'first' : 'only')
  if (!isRevised) return
  const second = first + (0.05 + 0.95 * chance(8)) * (LONGEST_REVISION_MS - 8 * intervalMs)
  const revisedAt = Math.floor(second / 60_000) * 60_000
  add(revisedAt, 'second', revisedAt)
  if (chance(9) < ECHOED) add(revisedAt + intervalMs, 'first')
}
