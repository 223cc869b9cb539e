import { duplicatesOf, secondsAfterStart } from '../../events/arrival.ts'
import { ROW_ARRIVAL, ROW_INTERVAL } from '../../events/reading-batch.ts'
import type { Aggregate } from './aggregate.ts'
import { type GatheredRows, gatherRows, rowsBehind } from './gathered-rows.ts'

/** When readings are in time, in seconds after the end of their interval. */
export interface ArrivalRule {
  /** A reading is in time up to so long after its end, or up to its own interval where that is longer. */
  readonly inTimeSeconds: number
  /** What came later than so long after its end is history that was brought in, about which nothing can be said. */
  readonly historySeconds: number
}

interface Arrivals {
  readonly timed: number
  readonly late: number
  readonly delayMedian: number | null
  readonly delayMax: number | null
  readonly duplicates: number
}

type Figures = Readonly<{
  timedN: Aggregate<never, number>
  lateN: Aggregate<never, number>
  delayMedian: Aggregate<never, number | null>
  delayMax: Aggregate<never, number | null>
  duplicateN: Aggregate<never, number>
}>

/**
 * Columns that say how soon the readings of a window came, and how often in vain. The delay of a reading is from the end of its interval to the first of its records, be it
 * another revision than the one in force; 0 where that came before the end. A duplicate is a record that says what the one in force said when it
 * came. To be used behind `withArrivals`, and not behind `join`: refused else (WR_TOPOLOGY_ORDER).
 */
export function arrivals(rule: ArrivalRule): Figures {
  const figure = <K extends keyof Arrivals>(name: K): Aggregate<never, Arrivals[K]> => ({
    step: { operator: 'arrivals', figure: name, ...rule },
    compile(compiler) {
      compiler.use(gatherRows)
      return (s) => rowsBehind(s).once(rule, (rows) => arrivalsOf(rows, rule))[name]
    },
  })
  return {
    timedN: figure('timed'),
    lateN: figure('late'),
    delayMedian: figure('delayMedian'),
    delayMax: figure('delayMax'),
    duplicateN: figure('duplicates'),
  }
}

/** The delays of one window at a time; shared, since nothing here waits. */
let delays = new Float64Array(256)

function arrivalsOf({ runs, width }: GatheredRows, { inTimeSeconds, historySeconds }: ArrivalRule): Arrivals {
  let timed = 0
  let late = 0
  let longest = 0
  let duplicates = 0
  for (let r = 0; r < runs.count; r++) {
    const rows = runs.rows[r] as Float64Array
    const end = (runs.hi[r] as number) * width
    for (let base = (runs.lo[r] as number) * width; base < end; base += width) {
      const interval = (rows[base + ROW_INTERVAL] as number) * 60
      const arrival = rows[base + ROW_ARRIVAL] as number
      duplicates += duplicatesOf(arrival)
      const delay = Math.max(0, secondsAfterStart(arrival) - interval)
      if (delay > historySeconds) continue
      if (delay > inTimeSeconds && delay > interval) late += 1
      if (delay > longest) longest = delay
      if (timed === delays.length) makeRoom()
      delays[timed++] = delay
    }
  }
  if (timed === 0) return { timed, late, delayMedian: null, delayMax: null, duplicates }
  return { timed, late, delayMedian: medianOf(delays, timed), delayMax: longest, duplicates }
}

/** The median of the first `count` values, which it puts in another order. */
function medianOf(values: Float64Array, count: number): number {
  const middle = count >> 1
  const upper = select(values, count, middle)
  if (count % 2 === 1) return upper
  let lower = values[0] as number
  for (let i = 1; i < middle; i++) lower = Math.max(lower, values[i] as number)
  return (lower + upper) / 2
}

/** The k-th least value, before which none is greater afterwards: Hoare's FIND (1961), a tenth of the time that sorting takes. */
function select(values: Float64Array, count: number, k: number): number {
  let low = 0
  let high = count - 1
  while (low < high) {
    const pivot = values[k] as number
    let i = low
    let j = high
    while (i <= j) {
      while ((values[i] as number) < pivot) i++
      while ((values[j] as number) > pivot) j--
      if (i > j) break
      const value = values[i] as number
      values[i++] = values[j] as number
      values[j--] = value
    }
    if (j < k) low = i
    if (k < i) high = j
  }
  return values[k] as number
}

function makeRoom(): void {
  const before = delays
  delays = new Float64Array(before.length * 2)
  delays.set(before)
}
