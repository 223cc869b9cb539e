import type { TimeZone } from '../../core/time-zone.ts'
import type { Dictionary } from '../../events/dictionaries.ts'
import type { Cell } from '../../views/view.ts'
import { type Changes, Runs } from '../changes.ts'
import type { RowEffect, RowSource, SourceColumn } from '../row-source.ts'

/** A row as a predicate sees it: `get(name)` gives the column's value, texts as texts, null where missing. */
export interface RowReader {
  get(column: string): Cell
  readonly timestamp: number
}

class Cursor implements RowReader {
  rows: Float64Array = new Float64Array(0)
  base = 0
  private readonly columns: ReadonlyMap<string, SourceColumn>
  private readonly texts: Dictionary

  constructor(columns: ReadonlyMap<string, SourceColumn>, texts: Dictionary) {
    this.columns = columns
    this.texts = texts
  }

  get timestamp(): number {
    return this.rows[this.base] as number
  }

  get(name: string): Cell {
    const column = this.columns.get(name)
    if (column === undefined) throw new RangeError(`no column ${name}`)
    const value = this.rows[this.base + column.index] as number
    if (Number.isNaN(value)) return null
    if (column.kind === 'text') return this.texts.textOf(value)
    return column.kind === 'flag' ? value === 1 : value
  }
}

/** The rows of another source for which a predicate holds. */
export class FilteredRows implements RowSource {
  readonly width: number
  readonly columns: ReadonlyMap<string, SourceColumn>
  readonly texts: Dictionary
  readonly sharesPlaces: boolean
  readonly hasOwnWatermark: boolean
  private readonly inner: RowSource
  private readonly keep: (row: RowReader) => boolean
  private readonly cursor: Cursor
  private readonly unfiltered = new Runs()

  constructor(inner: RowSource, keep: (row: RowReader) => boolean) {
    this.inner = inner
    this.keep = keep
    this.width = inner.width
    this.columns = inner.columns
    this.texts = inner.texts
    this.sharesPlaces = inner.sharesPlaces
    this.hasOwnWatermark = inner.hasOwnWatermark
    this.cursor = new Cursor(inner.columns, inner.texts)
  }

  keyCells(group: number): readonly Cell[] {
    return this.inner.keyCells(group)
  }

  groupOf(changes: Changes, i: number, effect: RowEffect): number {
    const group = this.inner.groupOf(changes, i, effect)
    if (group < 0) return group
    if (effect.now >= 0 && !this.passes(changes.rows, changes.rowAt[i] as number)) effect.now = -1
    if (effect.before >= 0 && !this.passes(changes.previous, changes.previousAt[i] as number)) effect.before = -1
    return group
  }

  scan(group: number, from: number, to: number, runs: Runs): number {
    this.unfiltered.clear()
    this.inner.scan(group, from, to, this.unfiltered)
    let kept = 0
    for (let r = 0; r < this.unfiltered.count; r++) {
      const rows = this.unfiltered.rows[r] as Float64Array
      const hi = this.unfiltered.hi[r] as number
      let from = -1
      for (let i = this.unfiltered.lo[r] as number; i <= hi; i++) {
        const passes = i < hi && this.passes(rows, i)
        if (passes) kept += 1
        if (passes && from < 0) from = i
        if (!passes && from >= 0) {
          runs.add(rows, from, i)
          from = -1
        }
      }
    }
    return kept
  }

  nextTimestamp(group: number, from: number): number {
    return this.inner.nextTimestamp(group, from)
  }

  lastTimestamp(group: number): number {
    return this.inner.lastTimestamp(group)
  }

  watermark(group: number): number {
    return this.inner.watermark(group)
  }

  watermarkBefore(group: number): number {
    return this.inner.watermarkBefore(group)
  }

  zonesOf(group: number): readonly TimeZone[] {
    return this.inner.zonesOf(group)
  }

  zoneOfPlace(place: number): TimeZone {
    return this.inner.zoneOfPlace(place)
  }

  placeOf(place: number) {
    return this.inner.placeOf(place)
  }

  private passes(rows: Float64Array, at: number): boolean {
    this.cursor.rows = rows
    this.cursor.base = at * this.width
    return this.keep(this.cursor)
  }
}
