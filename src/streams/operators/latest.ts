import type { OperatorFunction } from 'rxjs'
import { DAY_MS } from '../../core/calendar.ts'
import { WindrowError } from '../../core/errors.ts'
import { ROW_INTERVAL, ROW_PLACE, ROW_REVISED_AT, ROW_TIMESTAMP } from '../../events/reading-batch.ts'
import type { Cell } from '../../views/view.ts'
import { type Changes, Runs } from '../changes.ts'
import { batchOperator } from '../plan.ts'
import type { Keyed, RowEffect, RowSource, SourceColumn } from '../row-source.ts'
import { RowCollector, type Rows } from '../rows.ts'

/** What a row of `latest` says besides its key and the columns of its readings. */
export interface ReadingColumns {
  readonly timestamp: number
  readonly city: string | null
  readonly country: string | null
  readonly intervalMinutes: number
  readonly revisedAt: number | null
}

const READING_NAMES = ['timestamp', 'city', 'country', 'intervalMinutes', 'revisedAt'] as const

/** The readings themselves as rows, keyed by the group's key and `timestamp`: the latest revision of each. */
export function latest<Columns, Key>(): OperatorFunction<Keyed<Columns, Key>, Rows<Key & ReadingColumns & Columns>> {
  return batchOperator(
    (upstream) => {
      if (upstream.some((step) => step.operator === 'join' && step.kind === 'outer')) {
        throw new WindrowError('WR_TOPOLOGY_ORDER', {
          message: 'latest stands behind an outer join, which may have two rows at one time.',
          remedy: "Use join('inner', ...), or aggregate the outer join in windows.",
          kind: 'usage',
        })
      }
      return { operator: 'latest' }
    },
    () => {
      let rows: LatestRows | undefined
      return ({ changes, source, keyNames }, emit) => {
        rows ??= new LatestRows(source, keyNames)
        rows.mark(changes)
        if (changes.emit) rows.emit(emit)
      }
    },
  )
}

/** The instants of a group at which readings changed. */
interface Touched {
  readonly instants: number[]
  sorted: boolean
  /** Instants at which a reading took the place of another: those rows are not new. */
  replaced: Set<number> | null
}

class LatestRows {
  private readonly source: RowSource
  private readonly names: readonly string[]
  private readonly keyCount: number
  private readonly columns: readonly SourceColumn[]
  private readonly touched = new Map<number, Touched>()
  private readonly effect: RowEffect = { now: -1, before: -1 }
  private readonly runs = new Runs()

  constructor(source: RowSource, keyNames: readonly string[]) {
    this.source = source
    this.names = [...keyNames, ...READING_NAMES, ...source.columns.keys()]
    this.keyCount = keyNames.length + 1
    this.columns = [...source.columns.values()]
  }

  mark(changes: Changes): void {
    const { effect } = this
    for (let i = 0; i < changes.count; i++) {
      const group = this.source.groupOf(changes, i, effect)
      if (group < 0 || (effect.now < 0 && effect.before < 0)) continue
      let touched = this.touched.get(group)
      if (touched === undefined) {
        touched = { instants: [], sorted: true, replaced: null }
        this.touched.set(group, touched)
      }
      const instant = changes.timestamps[i] as number
      const { instants } = touched
      if (instants.length > 0 && instant <= (instants[instants.length - 1] as number)) touched.sorted = false
      instants.push(instant)
      if (effect.before < 0) continue
      touched.replaced ??= new Set()
      touched.replaced.add(instant)
    }
  }

  emit(emit: (rows: Rows<never>) => void): void {
    const collector = new RowCollector(this.names, this.keyCount, emit)
    for (const [group, touched] of this.touched) this.emitGroup(group, touched, collector)
    this.touched.clear()
    collector.end()
  }

  private emitGroup(group: number, touched: Touched, collector: RowCollector): void {
    const instants = touched.sorted ? touched.instants : [...new Set(touched.instants)].sort((a, b) => a - b)
    const key = this.source.keyCells(group)
    let from = 0
    while (from < instants.length) {
      const day = Math.floor((instants[from] as number) / DAY_MS)
      let to = from + 1
      while (to < instants.length && (instants[to] as number) < (day + 1) * DAY_MS) to += 1
      this.emitDay(group, key, instants, from, to, touched.replaced, collector)
      from = to
    }
  }

  /** Walks the rows of a day and the touched instants side by side. */
  private emitDay(
    group: number,
    key: readonly Cell[],
    instants: readonly number[],
    from: number,
    to: number,
    replaced: ReadonlySet<number> | null,
    collector: RowCollector,
  ): void {
    this.runs.clear()
    this.source.scan(group, instants[from] as number, (instants[to - 1] as number) + 1, this.runs)
    const { width } = this.source
    let next = from
    const goneUpTo = (instant: number) => {
      for (; next < to && (instants[next] as number) < instant; next++) {
        if (replaced?.has(instants[next] as number))
          collector.add({ cells: [...key, instants[next] as number], gone: true, isNew: false })
      }
    }
    for (let r = 0; r < this.runs.count; r++) {
      const rows = this.runs.rows[r] as Float64Array
      for (let i = this.runs.lo[r] as number; i < (this.runs.hi[r] as number); i++) {
        const instant = rows[i * width + ROW_TIMESTAMP] as number
        goneUpTo(instant)
        if (instants[next] !== instant) continue
        next += 1
        collector.add({ cells: this.cells(key, rows, i * width), gone: false, isNew: !replaced?.has(instant) })
      }
    }
    goneUpTo(Number.POSITIVE_INFINITY)
  }

  private cells(key: readonly Cell[], rows: Float64Array, base: number): Cell[] {
    const place = this.source.placeOf(rows[base + ROW_PLACE] as number)
    const revised = rows[base + ROW_REVISED_AT] as number
    const cells: Cell[] = [
      ...key,
      rows[base + ROW_TIMESTAMP] as number,
      place.city,
      place.country,
      rows[base + ROW_INTERVAL] as number,
      Number.isNaN(revised) ? null : revised,
    ]
    for (const column of this.columns) {
      const value = rows[base + column.index] as number
      if (Number.isNaN(value)) cells.push(null)
      else if (column.kind === 'text') cells.push(this.source.texts.textOf(value))
      else cells.push(column.kind === 'flag' ? value === 1 : value)
    }
    return cells
  }
}
