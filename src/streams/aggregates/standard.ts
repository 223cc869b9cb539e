import { MINUTE_MS } from '../../core/calendar.ts'
import { ROW_INTERVAL } from '../../events/reading-batch.ts'
import type { Cell } from '../../views/view.ts'
import type { Aggregate, AggregateCompiler, Finish } from './aggregate.ts'
import { coveredMinutes, ends, extremes, moments, type Primitive, rowCount, weighted } from './primitive.ts'

function aggregate<Numbers extends string, T extends Cell, Flags extends string = never>(
  name: string,
  parameters: Readonly<Record<string, unknown>>,
  compile: (compiler: AggregateCompiler) => Finish,
): Aggregate<Numbers, T, Flags> {
  return { step: { operator: name, ...parameters }, compile }
}

/** The number of values of a column; without a column, of readings. */
export function count<Column extends string = never>(column?: Column): Aggregate<Column, number> {
  return aggregate('count', { column }, (compiler) => {
    if (column === undefined) {
      const at = compiler.use(rowCount)
      return (s) => s[at] as number
    }
    const at = compiler.use(moments(compiler.column(column, 'number')))
    return (s) => s[at] as number
  })
}

/** The sum of the values (compensated summation); null when there are none. */
export function sum<Column extends string>(column: Column): Aggregate<Column, number | null> {
  return aggregate('sum', { column }, (compiler) => {
    const at = compiler.use(moments(compiler.column(column, 'number')))
    return (s) => (s[at] === 0 ? null : (s[at + 1] as number) + (s[at + 2] as number))
  })
}

/** The arithmetic mean of the values; null when there are none. */
export function mean<Column extends string>(column: Column): Aggregate<Column, number | null> {
  return aggregate('mean', { column }, (compiler) => {
    const at = compiler.use(moments(compiler.column(column, 'number')))
    return (s) => (s[at] === 0 ? null : ((s[at + 1] as number) + (s[at + 2] as number)) / (s[at] as number))
  })
}

/** The least value; null when there are none. */
export function min<Column extends string>(column: Column): Aggregate<Column, number | null> {
  return aggregate('min', { column }, (compiler) => {
    const at = compiler.use(extremes(compiler.column(column, 'number')))
    return (s) => finiteOrNull(s[at] as number)
  })
}

/** The greatest value; null when there are none. */
export function max<Column extends string>(column: Column): Aggregate<Column, number | null> {
  return aggregate('max', { column }, (compiler) => {
    const at = compiler.use(extremes(compiler.column(column, 'number')))
    return (s) => finiteOrNull(s[at + 1] as number)
  })
}

/** The value of the earliest reading that has one. */
export function first<Column extends string>(column: Column): Aggregate<Column, number | null> {
  return aggregate('first', { column }, (compiler) => {
    const at = compiler.use(ends(compiler.column(column, 'number')))
    return (s) => finiteOrNull(s[at] as number)
  })
}

/** The value of the latest reading that has one. */
export function last<Column extends string>(column: Column): Aggregate<Column, number | null> {
  return aggregate('last', { column }, (compiler) => {
    const at = compiler.use(ends(compiler.column(column, 'number')))
    return (s) => finiteOrNull(s[at + 1] as number)
  })
}

/** Minutes of the window that readings with a value cover, as a share of the window, at most 1. */
export function coverage<Column extends string>(column: Column): Aggregate<Column, number> {
  return aggregate('coverage', { column }, (compiler) => {
    const at = useCovered(compiler, column)
    return (s, { minutes }) => coverageOf(s, at, minutes)
  })
}

/** True when the coverage of the column is at least `least` (0 to 1). */
export function covered<Column extends string>(column: Column, least: number): Aggregate<Column, boolean> {
  return aggregate('covered', { column, least }, (compiler) => {
    const at = useCovered(compiler, column)
    return (s, { minutes }) => coverageOf(s, at, minutes) >= least
  })
}

function useCovered(compiler: AggregateCompiler, column: string): number {
  const all = compiler.use(coveredMinutes(-1))
  return compiler.use(coveredMinutes(compiler.column(column, 'number'), all))
}

/** The state of `coveredMinutes` as a share of a window of so many minutes, at most 1. */
export function coverageOf(s: Float64Array, at: number, windowMinutes: number): number {
  return Math.min(1, ((s[at] as number) + (s[at + 3] as number)) / windowMinutes)
}

/**
 * Minutes that readings cover as a share of the window, at most 1; of a window that is not complete, of its part up to the end of its last
 * reading, so that what cannot be there yet is not missed.
 */
export function completeness(): Aggregate<never, number> {
  return aggregate('completeness', {}, (compiler) => {
    const at = compiler.use(coveredMinutes(-1))
    return (s, { minutes, start, complete }) => {
      const soFar = ((s[at + 2] as number) - start) / MINUTE_MS + (s[at + 3] as number)
      return coverageOf(s, at, complete ? minutes : Math.min(minutes, soFar))
    }
  })
}

/** Sum of value x interval in hours: MW give MWh, mm/h give mm. Null when there are no values. */
export function hourly<Column extends string>(column: Column): Aggregate<Column, number | null> {
  return aggregate('hourly', { column }, (compiler) => {
    const at = compiler.use(energy(compiler.column(column, 'number')))
    return (s) => sumOrNull(s, at)
  })
}

function energy(column: number): Primitive {
  return weighted(
    `energy(${column})`,
    (rows, base) => ((rows[base + column] as number) * (rows[base + ROW_INTERVAL] as number)) / 60,
  )
}

/** Sum of a column x interval over the sum of another x interval, over the readings that have both; null when that is 0 or there are none. */
export function share<Part extends string, Whole extends string>(
  part: Part,
  whole: Whole,
): Aggregate<Part | Whole, number | null> {
  return aggregate('share', { part, whole }, (compiler) => {
    const p = compiler.column(part, 'number')
    const w = compiler.column(whole, 'number')
    const both = (rows: Float64Array, base: number, value: number) =>
      Number.isNaN((rows[base + p] as number) + (rows[base + w] as number))
        ? Number.NaN
        : ((rows[base + value] as number) * (rows[base + ROW_INTERVAL] as number)) / 60
    const parts = compiler.use(weighted(`paired(${p},${p},${w})`, (rows, base) => both(rows, base, p)))
    const wholes = compiler.use(weighted(`paired(${w},${p},${w})`, (rows, base) => both(rows, base, w)))
    return (s) => {
      const total = sumOrNull(s, wholes)
      return total === null || total === 0 ? null : (sumOrNull(s, parts) as number) / total
    }
  })
}

/** Hours for which a flag holds: the sum of the intervals of the readings where it is true; null when it is known of none. */
export function hoursWhere<Column extends string>(flag: Column): Aggregate<never, number | null, Column> {
  return aggregate('hoursWhere', { flag }, (compiler) => {
    const column = compiler.column(flag, 'flag')
    const at = compiler.use(
      weighted(
        `hoursWhere(${column})`,
        (rows, base) => ((rows[base + column] as number) * (rows[base + ROW_INTERVAL] as number)) / 60,
      ),
    )
    return (s) => sumOrNull(s, at)
  })
}

/** The number of readings for which a flag holds. */
export function countWhere<Column extends string>(flag: Column): Aggregate<never, number, Column> {
  return aggregate('countWhere', { flag }, (compiler) => {
    const column = compiler.column(flag, 'flag')
    const at = compiler.use(weighted(`countWhere(${column})`, (rows, base) => rows[base + column] as number))
    return (s) => (s[at] as number) + (s[at + 1] as number)
  })
}

/**
 * The direction (degrees clockwise from north, 0 inclusive to 360 exclusive) of the mean wind vector, each reading weighing by its speed; null without
 * readings that have both, or where the vectors cancel out. Formula: WMO-No. 8, vol. I, ch. 5 (vector mean of u = -v sin d, v = -v cos d).
 */
export function vectorMean<Speed extends string, Direction extends string>(
  speed: Speed,
  direction: Direction,
): Aggregate<Speed | Direction, number | null> {
  return aggregate('vectorMean', { speed, direction }, (compiler) => {
    const v = compiler.column(speed, 'number')
    const d = compiler.column(direction, 'number')
    const east = compiler.use(eastward(v, d))
    const north = compiler.use(
      weighted(`north(${v},${d})`, (rows, base) => (rows[base + v] as number) * Math.cos((rows[base + d] as number) * RADIANS)),
    )
    return (s) => {
      const n = s[east + 2] as number
      if (n === 0) return null
      const u = ((s[east] as number) + (s[east + 1] as number)) / n
      const w = ((s[north] as number) + (s[north + 1] as number)) / n
      // Opposite winds leave a rest of rounding whose direction means nothing.
      if (Math.hypot(u, w) < 1e-9) return null
      const degrees = Math.atan2(u, w) / RADIANS
      return degrees < 0 ? (degrees + 360) % 360 : degrees
    }
  })
}

/** The number of readings that have both speed and direction. Costs nothing beside their `vectorMean`. */
export function vectorCount<Speed extends string, Direction extends string>(
  speed: Speed,
  direction: Direction,
): Aggregate<Speed | Direction, number> {
  return aggregate('vectorCount', { speed, direction }, (compiler) => {
    const at = compiler.use(eastward(compiler.column(speed, 'number'), compiler.column(direction, 'number')))
    return (s) => s[at + 2] as number
  })
}

const RADIANS = Math.PI / 180

function eastward(v: number, d: number): Primitive {
  return weighted(`east(${v},${d})`, (rows, base) => (rows[base + v] as number) * Math.sin((rows[base + d] as number) * RADIANS))
}

/** The q-quantile (0 to 1) of the values, linearly interpolated between the two nearest (Hyndman and Fan's type 7). */
export function quantile<Column extends string>(column: Column, q: number): Aggregate<Column, number | null> {
  return aggregate('quantile', { column, q }, (compiler) => {
    const index = compiler.column(column, 'number')
    const values: number[] = []
    const at = compiler.use({
      id: `quantile(${index},${q})`,
      slots: 1,
      init(s, slot) {
        values.length = 0
        s[slot] = Number.NaN
      },
      fold(s, slot, rows, width, lo, hi) {
        for (let p = lo * width + index, end = hi * width + index; p < end; p += width) {
          if (!Number.isNaN(rows[p] as number)) values.push(rows[p] as number)
        }
        s[slot] = interpolated(values, q)
      },
    })
    return (s) => finiteOrNull(s[at] as number)
  })
}

function interpolated(values: number[], q: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = Float64Array.from(values).sort()
  const position = (sorted.length - 1) * q
  const below = Math.floor(position)
  const low = sorted[below] as number
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number
  return low + (high - low) * (position - below)
}

/** An aggregate of this window minus the same of the window before (of the same length in the calendar); null where either is null. */
export function changeFromPrevious<Numbers extends string, Flags extends string>(
  of: Aggregate<Numbers, number | null, Flags>,
): Aggregate<Numbers, number | null, Flags> {
  return aggregate('changeFromPrevious', { of: of.step }, (compiler) => {
    compiler.usePrevious()
    const finish = of.compile(compiler)
    return (s, facts) => {
      if (facts.previous === null) return null
      const now = finish(s, facts)
      const before = finish(facts.previous, { minutes: Number.NaN, start: Number.NaN, complete: true, previous: null })
      return typeof now === 'number' && typeof before === 'number' ? now - before : null
    }
  })
}

function sumOrNull(s: Float64Array, at: number): number | null {
  return s[at + 2] === 0 ? null : (s[at] as number) + (s[at + 1] as number)
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
