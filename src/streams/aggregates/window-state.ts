import { ROW_PLACE, ROW_REVISED_AT, ROW_TIMESTAMP } from '../../events/reading-batch.ts'
import type { Cell } from '../../views/view.ts'
import { Runs } from '../changes.ts'
import type { RowSource } from '../row-source.ts'
import { type AggregateSpec, type CompiledAggregates, compileAggregates, type WindowFacts } from './aggregate.ts'
import { coveredMinutes, extremes, newestRow, type Primitive, rowCount } from './primitive.ts'
import { coverageOf } from './standard.ts'

/** The names of the cells that every windowed row has after its key, in this order. */
export const WINDOW_NAMES = [
  'city',
  'country',
  'windowStart',
  'n',
  'expected',
  'coverage',
  'complete',
  'revisedAt',
  'updatedAt',
] as const

/** The types of those cells. */
export interface WindowColumns {
  readonly city: string | null
  readonly country: string | null
  readonly windowStart: number
  readonly n: number
  readonly expected: number
  readonly coverage: number
  readonly complete: boolean
  readonly revisedAt: number | null
  readonly updatedAt: number
}

/** Folds rows into the state of a window and turns a state into cells. */
export class WindowState {
  readonly compiled: CompiledAggregates
  readonly source: RowSource
  private readonly rowsAt: number
  private readonly coveredAt: number
  private readonly newestAt: number
  private readonly revisedAt: number
  private readonly updatedAt: number
  private readonly runs = new Runs()

  /** `counting` names the column whose values make `n` and `coverage`; null counts readings. */
  constructor(spec: AggregateSpec, source: RowSource, counting: string | null) {
    this.source = source
    const counted = counting === null ? -1 : (source.columns.get(counting)?.index ?? -1)
    const extras: Primitive[] = [rowCount, coveredMinutes(counted), newestRow, extremes(ROW_REVISED_AT), extremes(ROW_TIMESTAMP)]
    this.compiled = compileAggregates(spec, source, extras)
    const [rows, covered, newest, revised, updated] = this.compiled.extraSlots as [number, number, number, number, number]
    this.rowsAt = rows
    this.coveredAt = covered
    this.newestAt = newest
    this.revisedAt = revised
    this.updatedAt = updated
  }

  create(): Float64Array {
    return new Float64Array(this.compiled.slots)
  }

  init(s: Float64Array): void {
    for (const { primitive, at } of this.compiled.primitives) primitive.init(s, at)
  }

  /** Folds the group's rows with from <= timestamp < to for which `keep` holds (all without it). Returns how many readings they were made of. */
  fold(s: Float64Array, group: number, from: number, to: number, keep?: (timestamp: number, place: number) => boolean): number {
    this.runs.clear()
    const readings = this.source.scan(group, from, to, this.runs)
    for (let r = 0; r < this.runs.count; r++) {
      const rows = this.runs.rows[r] as Float64Array
      const lo = this.runs.lo[r] as number
      const hi = this.runs.hi[r] as number
      if (keep === undefined) this.foldRows(s, rows, lo, hi)
      else this.foldKept(s, rows, lo, hi, keep)
    }
    return readings
  }

  /**
   * Folds the group's rows with from <= timestamp < to by runs of rows that follow one another and for which `runOf` gives the same
   * number, merging one run after another; NaN leaves a row out.
   */
  foldRuns(s: Float64Array, group: number, from: number, to: number, runOf: (timestamp: number, place: number) => number): void {
    const { width } = this.source
    const part = this.create()
    let run = Number.NaN
    this.runs.clear()
    this.source.scan(group, from, to, this.runs)
    for (let r = 0; r < this.runs.count; r++) {
      const rows = this.runs.rows[r] as Float64Array
      for (let i = this.runs.lo[r] as number; i < (this.runs.hi[r] as number); i++) {
        const next = runOf(rows[i * width + ROW_TIMESTAMP] as number, rows[i * width + ROW_PLACE] as number)
        if (Number.isNaN(next)) continue
        if (next !== run) {
          if (!Number.isNaN(run)) this.merge(s, part)
          this.init(part)
          run = next
        }
        this.foldRows(part, rows, i, i + 1)
      }
    }
    if (!Number.isNaN(run)) this.merge(s, part)
  }

  foldRows(s: Float64Array, rows: Float64Array, lo: number, hi: number): void {
    const { width } = this.source
    for (const { primitive, at } of this.compiled.primitives) primitive.fold(s, at, rows, width, lo, hi)
  }

  merge(s: Float64Array, later: Float64Array): void {
    for (const { primitive, at } of this.compiled.primitives) primitive.merge?.(s, at, later, at)
  }

  rowCount(s: Float64Array): number {
    return s[this.rowsAt] as number
  }

  /** The place named by the newest reading, NaN without readings. */
  newestPlace(s: Float64Array): number {
    return s[this.newestAt + 2] as number
  }

  /** The cells of WINDOW_NAMES and then of the aggregates, appended to `cells`. */
  finish(
    s: Float64Array,
    window: { start: number; end: number },
    watermark: number,
    completeAt: number,
    previous: Float64Array | null,
    cells: Cell[],
  ): void {
    const minutes = (window.end - window.start) / 60_000
    const place = this.source.placeOf(this.newestPlace(s))
    const revised = s[this.revisedAt + 1] as number
    const complete = watermark >= completeAt
    cells.push(
      place.city,
      place.country,
      window.start,
      s[this.coveredAt + 4] as number,
      Math.max(1, Math.round(minutes / (s[this.newestAt + 1] as number))),
      coverageOf(s, this.coveredAt, minutes),
      complete,
      Number.isFinite(revised) ? revised : null,
      s[this.updatedAt + 1] as number,
    )
    const facts: WindowFacts = { minutes, start: window.start, complete, previous }
    for (const finish of this.compiled.finishes) cells.push(finish(s, facts))
  }

  private foldKept(
    s: Float64Array,
    rows: Float64Array,
    lo: number,
    hi: number,
    keep: (timestamp: number, place: number) => boolean,
  ): void {
    const { width } = this.source
    for (let i = lo; i < hi; i++) {
      if (keep(rows[i * width + ROW_TIMESTAMP] as number, rows[i * width + ROW_PLACE] as number)) this.foldRows(s, rows, i, i + 1)
    }
  }
}
