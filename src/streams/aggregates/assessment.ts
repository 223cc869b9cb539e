import { MINUTE_MS } from '../../core/calendar.ts'
import { ROW_INTERVAL, ROW_TIMESTAMP } from '../../events/reading-batch.ts'
import type { Aggregate } from './aggregate.ts'
import { type GatheredRows, gatherRows, rowsBehind } from './gathered-rows.ts'

/** What can be true of a measured quantity. */
export interface QuantityRule {
  /** Least and greatest plausible value, both inclusive. */
  readonly plausible: readonly [least: number, greatest: number]
  /**
   * How far a value has to stand out from both its neighbours at least to be an outlier: in the quantity's unit, or as a share of the
   * window's greatest absolute value. Absent where a quantity is not judged: rain comes and goes, directions turn.
   */
  readonly spike?: { readonly above: number } | { readonly aboveShare: number }
}

/** How many values a window has, and what they are worth. */
interface Assessment {
  quantities: number
  values: number
  missing: number
  implausible: number
  judged: number
  outliers: number
}

/** Fewer steps say nothing about how large steps usually are. */
const LEAST_STEPS = 5
/** Values are neighbours where the later one starts at most so many intervals after the earlier one. */
const NEIGHBOUR_INTERVALS = 2
/** A modified z-score of 3.5, which is 0.6745 x deviation / median of the absolute deviations. */
const CUT_OFF = 3.5 / 0.6745

type Figures<Column extends string> = Readonly<
  Record<'quantityN' | 'valueN' | 'missingN' | 'implausibleN' | 'judgedN' | 'outlierN', Aggregate<Column, number>>
>

/**
 * Columns that say how good the values of a window are. A quantity counts where the window has a value of it, so that a station is not
 * blamed for what it does not measure.
 *
 * A value is an outlier where it lies beyond both its neighbours by more than the rule of the quantity says, and by more than 3.5 / 0.6745
 * times the median of the window's steps from a value to the next. How far it lies beyond the nearer one is the spike test of GTSPP
 * (IOC Manuals and Guides 22): |v2 - (v1 + v3) / 2| - |v3 - v1| / 2. The second bound is the modified z-score of Iglewicz and Hoaglin (How to
 * Detect and Handle Outliers, 1993) of that distance, among the steps. Implausible values are nobody's neighbours.
 */
export function assess<Column extends string>(rules: Readonly<Record<Column, QuantityRule>>): Figures<Column> {
  const figure = (name: keyof Assessment): Aggregate<Column, number> => ({
    step: { operator: 'assess', figure: name, rules },
    compile(compiler) {
      const columns = Object.entries<QuantityRule>(rules).map(([column, rule]) => ({
        index: compiler.column(column, 'number'),
        rule,
      }))
      compiler.use(gatherRows)
      return (s) => rowsBehind(s).once(rules, (rows) => assessmentOf(rows, columns))[name]
    },
  })
  return {
    quantityN: figure('quantities'),
    valueN: figure('values'),
    missingN: figure('missing'),
    implausibleN: figure('implausible'),
    judgedN: figure('judged'),
    outlierN: figure('outliers'),
  }
}

interface JudgedColumn {
  readonly index: number
  readonly rule: QuantityRule
}

function assessmentOf(rows: GatheredRows, columns: readonly JudgedColumn[]): Assessment {
  const assessment = { quantities: 0, values: 0, missing: 0, implausible: 0, judged: 0, outliers: 0 }
  for (const column of columns) assessColumn(rows, column, assessment)
  return assessment
}

// The plausible values of one column at a time, their starts, and their intervals; shared, since nothing here waits.
let values = new Float64Array(256)
let starts = new Float64Array(256)
let intervals = new Float64Array(256)

function assessColumn({ runs, width }: GatheredRows, { index, rule }: JudgedColumn, assessment: Assessment): void {
  const [least, greatest] = rule.plausible
  let rowCount = 0
  let present = 0
  let plausible = 0
  for (let r = 0; r < runs.count; r++) {
    const rows = runs.rows[r] as Float64Array
    const hi = runs.hi[r] as number
    rowCount += hi - (runs.lo[r] as number)
    makeRoom(rowCount)
    for (let i = runs.lo[r] as number; i < hi; i++) {
      const value = rows[i * width + index] as number
      if (Number.isNaN(value)) continue
      present += 1
      if (value < least || value > greatest) continue
      values[plausible] = value
      starts[plausible] = rows[i * width + ROW_TIMESTAMP] as number
      intervals[plausible] = rows[i * width + ROW_INTERVAL] as number
      plausible += 1
    }
  }
  if (present === 0) return
  assessment.quantities += 1
  assessment.values += present
  assessment.missing += rowCount - present
  assessment.implausible += present - plausible
  if (rule.spike !== undefined) judge(plausible, leastSpike(rule.spike, plausible), assessment)
}

function makeRoom(count: number): void {
  if (values.length >= count) return
  const before = [values, starts, intervals] as const
  values = new Float64Array(count * 2)
  starts = new Float64Array(count * 2)
  intervals = new Float64Array(count * 2)
  values.set(before[0])
  starts.set(before[1])
  intervals.set(before[2])
}

function leastSpike(rule: NonNullable<QuantityRule['spike']>, count: number): number {
  if ('above' in rule) return rule.above
  let greatest = 0
  for (let i = 0; i < count; i++) greatest = Math.max(greatest, Math.abs(values[i] as number))
  return rule.aboveShare * greatest
}

/** Judges the first `count` of `values`. */
function judge(count: number, floor: number, assessment: Assessment): void {
  let steps = 0
  let judged = 0
  const spikes: number[] = []
  for (let i = 1; i < count; i++) {
    if (!areNeighbours(i - 1)) continue
    steps += 1
    if (i + 1 >= count || !areNeighbours(i)) continue
    judged += 1
    const spike = beyondBoth(values[i - 1] as number, values[i] as number, values[i + 1] as number)
    if (spike > floor) spikes.push(spike)
  }
  if (steps < LEAST_STEPS) return
  assessment.judged += judged
  // Sorting is what costs here, and hardly any day has something that stands out so far.
  if (spikes.length === 0) return
  const usual = medianStep(count, steps)
  for (const spike of spikes) if (spike > CUT_OFF * usual) assessment.outliers += 1
}

/** Whether the values at i and i + 1 are of readings that follow one another, or nearly so. */
function areNeighbours(i: number): boolean {
  const apart = (starts[i + 1] as number) - (starts[i] as number)
  return apart <= NEIGHBOUR_INTERVALS * Math.max(intervals[i] as number, intervals[i + 1] as number) * MINUTE_MS
}

/** How far a value lies beyond the nearer of its neighbours, where both are on one side of it; else 0 or less. */
function beyondBoth(before: number, value: number, after: number): number {
  return Math.max(value - Math.max(before, after), Math.min(before, after) - value)
}

function medianStep(count: number, steps: number): number {
  const sizes = new Float64Array(steps)
  let n = 0
  for (let i = 1; i < count; i++) {
    if (areNeighbours(i - 1)) sizes[n++] = Math.abs((values[i] as number) - (values[i - 1] as number))
  }
  sizes.sort()
  const middle = steps >> 1
  return steps % 2 === 1 ? (sizes[middle] as number) : ((sizes[middle - 1] as number) + (sizes[middle] as number)) / 2
}
