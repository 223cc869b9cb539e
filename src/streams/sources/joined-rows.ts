import type { TimeZone } from '../../core/time-zone.ts'
import type { Dictionary } from '../../events/dictionaries.ts'
import { ROW_INTERVAL, ROW_PAYLOAD, ROW_PLACE, ROW_REVISED_AT, ROW_TIMESTAMP } from '../../events/reading-batch.ts'
import type { Cell } from '../../views/view.ts'
import { type Changes, type ReadingView, Runs } from '../changes.ts'
import type { RowEffect, RowSource, SourceColumn } from '../row-source.ts'
import { payloadColumns } from './key-rows.ts'

/** One side of a join: a sub-key of the event and the number column that is taken from it. */
export interface JoinSide {
  readonly name: string
  readonly subKey: string
  readonly column: string
  /** A smaller value is taken as this one, and the column `<name>Clamped` says so. */
  readonly atLeast?: number
}

interface Head {
  rows: Float64Array
  i: number
  hi: number
  run: number
}

/**
 * Readings of several sub-keys of one key, joined where start and interval are the same. Its columns are the sides' names
 * and, for sides with a bound, the flags `<name>Clamped`. An inner join has a row only where every side has a value.
 */
export class JoinedRows implements RowSource {
  readonly width: number
  readonly columns: ReadonlyMap<string, SourceColumn>
  readonly texts: Dictionary
  readonly sharesPlaces = true
  readonly hasOwnWatermark = false
  private readonly view: ReadingView
  private readonly sides: readonly JoinSide[]
  private readonly inner: boolean
  private readonly valueIndexes: readonly number[]
  private readonly sideOfSubKey: number[] = []
  private readonly sideRuns: readonly Runs[]
  private readonly heads: readonly Head[]

  constructor(view: ReadingView, sides: readonly JoinSide[], inner: boolean) {
    this.view = view
    this.sides = sides
    this.inner = inner
    this.texts = view.dictionaries.texts
    this.width = ROW_PAYLOAD + 2 * sides.length
    const columns = new Map<string, SourceColumn>()
    sides.forEach((side, i) => {
      columns.set(side.name, { index: ROW_PAYLOAD + i, kind: 'number' })
      if (side.atLeast !== undefined) columns.set(`${side.name}Clamped`, { index: ROW_PAYLOAD + sides.length + i, kind: 'flag' })
    })
    this.columns = columns
    const payload = payloadColumns(view)
    this.valueIndexes = sides.map((side) => (payload.get(side.column) as SourceColumn).index)
    this.sideRuns = sides.map(() => new Runs())
    this.heads = sides.map(() => ({ rows: NO_ROWS, i: 0, hi: 0, run: 0 }))
  }

  keyCells(group: number): readonly Cell[] {
    return [this.view.dictionaries.keys.textOf(group)]
  }

  groupOf(changes: Changes, i: number, effect: RowEffect): number {
    if (this.sideOf(changes.subKeys[i] as number) < 0) return -1
    effect.now = changes.rows[(changes.rowAt[i] as number) * this.view.width + ROW_PLACE] as number
    const before = changes.previousAt[i] as number
    effect.before = before < 0 ? -1 : (changes.previous[before * this.view.width + ROW_PLACE] as number)
    return changes.keys[i] as number
  }

  scan(group: number, from: number, to: number, runs: Runs): number {
    let readings = 0
    for (let s = 0; s < this.sides.length; s++) {
      const side = this.sideRuns[s] as Runs
      side.clear()
      const subKey = this.subKey(s)
      if (subKey >= 0) this.view.scan(group, subKey, from, to, side)
      for (let r = 0; r < side.count; r++) readings += (side.hi[r] as number) - (side.lo[r] as number)
      this.startHead(s)
    }
    const joined = new Float64Array(readings * this.width)
    runs.add(joined, 0, this.merge(joined))
    return readings
  }

  nextTimestamp(group: number, from: number): number {
    return this.overSides(Number.POSITIVE_INFINITY, Math.min, (subKey) => this.view.nextTimestamp(group, subKey, from))
  }

  lastTimestamp(group: number): number {
    return this.overSides(Number.NEGATIVE_INFINITY, Math.max, (subKey) => this.view.lastTimestamp(group, subKey))
  }

  /** The least over all sides: a side that has never been seen holds it at -Infinity. */
  watermark(group: number): number {
    return this.leastOverAllSides((subKey) => this.view.watermark(group, subKey))
  }

  watermarkBefore(group: number): number {
    return this.leastOverAllSides((subKey) => this.view.watermarkBefore(group, subKey))
  }

  zonesOf(group: number): readonly TimeZone[] {
    const zones = new Set<TimeZone>()
    for (let s = 0; s < this.sides.length; s++) {
      const subKey = this.subKey(s)
      if (subKey >= 0) for (const zone of this.view.zonesOf(group, subKey)) zones.add(zone)
    }
    return [...zones]
  }

  zoneOfPlace(place: number): TimeZone {
    return this.view.zoneOfPlace(place)
  }

  placeOf(place: number) {
    return this.view.dictionaries.places.placeOf(place)
  }

  /** Merges the sides' heads by (start, interval) and returns the number of rows written. */
  private merge(out: Float64Array): number {
    let written = 0
    for (;;) {
      let timestamp = Number.POSITIVE_INFINITY
      let interval = Number.POSITIVE_INFINITY
      for (const head of this.heads) {
        if (head.i >= head.hi) continue
        const t = head.rows[head.i * this.view.width + ROW_TIMESTAMP] as number
        const minutes = head.rows[head.i * this.view.width + ROW_INTERVAL] as number
        if (t < timestamp || (t === timestamp && minutes < interval)) {
          timestamp = t
          interval = minutes
        }
      }
      if (timestamp === Number.POSITIVE_INFINITY) return written
      if (this.takeRow(out, written, timestamp, interval)) written += 1
    }
  }

  private takeRow(out: Float64Array, at: number, timestamp: number, interval: number): boolean {
    const base = at * this.width
    const { width } = this.view
    let present = 0
    let revisedAt = Number.NaN
    let place = -1
    for (let s = 0; s < this.sides.length; s++) {
      const head = this.heads[s] as Head
      const row = head.i * width
      const matches =
        head.i < head.hi && head.rows[row + ROW_TIMESTAMP] === timestamp && head.rows[row + ROW_INTERVAL] === interval
      let value = Number.NaN
      let clamped = Number.NaN
      if (matches) {
        value = head.rows[row + (this.valueIndexes[s] as number)] as number
        const atLeast = (this.sides[s] as JoinSide).atLeast
        if (atLeast !== undefined && !Number.isNaN(value)) {
          clamped = value < atLeast ? 1 : 0
          if (clamped === 1) value = atLeast
        }
        const revised = head.rows[row + ROW_REVISED_AT] as number
        if (!(revised <= revisedAt)) revisedAt = Number.isNaN(revised) ? revisedAt : revised
        if (place < 0) place = head.rows[row + ROW_PLACE] as number
        this.advance(s)
      }
      if (!Number.isNaN(value)) present += 1
      out[base + ROW_PAYLOAD + s] = value
      out[base + ROW_PAYLOAD + this.sides.length + s] = clamped
    }
    if (this.inner && present < this.sides.length) return false
    out[base + ROW_TIMESTAMP] = timestamp
    out[base + ROW_INTERVAL] = interval
    out[base + ROW_REVISED_AT] = revisedAt
    out[base + ROW_PLACE] = place
    return true
  }

  private startHead(s: number): void {
    const head = this.heads[s] as Head
    const side = this.sideRuns[s] as Runs
    head.run = 0
    head.rows = side.count > 0 ? (side.rows[0] as Float64Array) : NO_ROWS
    head.i = side.count > 0 ? (side.lo[0] as number) : 0
    head.hi = side.count > 0 ? (side.hi[0] as number) : 0
  }

  private advance(s: number): void {
    const head = this.heads[s] as Head
    head.i += 1
    const side = this.sideRuns[s] as Runs
    if (head.i < head.hi || head.run + 1 >= side.count) return
    head.run += 1
    head.rows = side.rows[head.run] as Float64Array
    head.i = side.lo[head.run] as number
    head.hi = side.hi[head.run] as number
  }

  private subKey(s: number): number {
    return this.view.dictionaries.subKeys.find((this.sides[s] as JoinSide).subKey)
  }

  private sideOf(subKey: number): number {
    let side = this.sideOfSubKey[subKey]
    if (side === undefined) {
      const text = this.view.dictionaries.subKeys.textOf(subKey)
      side = this.sides.findIndex((candidate) => candidate.subKey === text)
      this.sideOfSubKey[subKey] = side
    }
    return side
  }

  private overSides(start: number, fold: (a: number, b: number) => number, of: (subKey: number) => number): number {
    let result = start
    for (let s = 0; s < this.sides.length; s++) {
      const subKey = this.subKey(s)
      if (subKey >= 0) result = fold(result, of(subKey))
    }
    return result
  }

  private leastOverAllSides(of: (subKey: number) => number): number {
    let least = Number.POSITIVE_INFINITY
    for (let s = 0; s < this.sides.length; s++) {
      const subKey = this.subKey(s)
      least = Math.min(least, subKey < 0 ? Number.NEGATIVE_INFINITY : of(subKey))
    }
    return least
  }
}

const NO_ROWS = new Float64Array(0)
