import { ROW_INTERVAL, ROW_TIMESTAMP } from '../../events/reading-batch.ts'
import { type Changes, Runs } from '../changes.ts'
import type { RowEffect, RowSource } from '../row-source.ts'
import { RowCollector, type Rows } from '../rows.ts'
import type { SessionWindows } from '../windows/windower.ts'
import type { AggregateSpec } from './aggregate.ts'
import { WINDOW_NAMES, WindowState } from './window-state.ts'

/** How many readings came at an instant, minus those that went, since the last emission. */
type Deltas = Map<number, number>

/**
 * Rows of sessions. No session crosses a bound, so the sessions between two bounds are a function of the readings there; those
 * that were there before are found by taking the changes back, and the ones that were swallowed become tombstones.
 */
export class SessionAggregator {
  private readonly state: WindowState
  private readonly source: RowSource
  private readonly windows: SessionWindows
  private readonly names: readonly string[]
  private readonly keyCount: number
  private readonly dirty = new Map<number, Map<number, Deltas>>()
  private readonly effect: RowEffect = { now: -1, before: -1 }
  private readonly runs = new Runs()
  private readonly scratch: Float64Array

  constructor(
    source: RowSource,
    keyNames: readonly string[],
    windows: SessionWindows,
    spec: AggregateSpec,
    counting: string | null,
  ) {
    this.source = source
    this.windows = windows
    this.state = new WindowState(spec, source, counting)
    this.scratch = this.state.create()
    this.names = [...keyNames, windows.labelName, ...WINDOW_NAMES, ...Object.keys(spec)]
    this.keyCount = keyNames.length + 1
  }

  mark(changes: Changes): void {
    for (let i = 0; i < changes.count; i++) {
      const group = this.source.groupOf(changes, i, this.effect)
      if (group < 0) continue
      this.boundsOf(group)
      // A reading that is filtered out may still have moved the watermark.
      if (this.effect.now < 0 && this.effect.before < 0) continue
      const instant = changes.timestamps[i] as number
      const deltas = this.deltasAt(group, instant)
      const delta = (this.effect.now >= 0 ? 1 : 0) - (this.effect.before >= 0 ? 1 : 0)
      deltas.set(instant, (deltas.get(instant) ?? 0) + delta)
    }
  }

  emit(emit: (rows: Rows<never>) => void): void {
    const collector = new RowCollector(this.names, this.keyCount, emit)
    for (const [group, bounds] of this.dirty) {
      this.markCompletions(group)
      for (const [bound, deltas] of bounds) this.emitBound(group, bound, deltas, collector)
    }
    this.dirty.clear()
    collector.end()
  }

  private boundsOf(group: number): Map<number, Deltas> {
    let bounds = this.dirty.get(group)
    if (bounds === undefined) {
      bounds = new Map()
      this.dirty.set(group, bounds)
    }
    return bounds
  }

  private deltasAt(group: number, instant: number): Deltas {
    const bounds = this.boundsOf(group)
    const bound = Math.floor(instant / this.windows.boundMs)
    let deltas = bounds.get(bound)
    if (deltas === undefined) {
      deltas = new Map()
      bounds.set(bound, deltas)
    }
    return deltas
  }

  /** A session is complete once the watermark has passed its gap; so those near the old and up to the new watermark are looked at. */
  private markCompletions(group: number): void {
    const before = this.source.watermarkBefore(group)
    const now = this.source.watermark(group)
    if (before === now) return
    const low = Math.min(before, now)
    const high = Math.max(before, now)
    const from =
      low === Number.NEGATIVE_INFINITY
        ? low
        : Math.floor((low - this.windows.gapMs - 1) / this.windows.boundMs) * this.windows.boundMs
    let instant = this.source.nextTimestamp(group, from)
    while (instant <= high) {
      this.deltasAt(group, instant)
      instant = this.source.nextTimestamp(group, (Math.floor(instant / this.windows.boundMs) + 1) * this.windows.boundMs)
    }
  }

  private emitBound(group: number, bound: number, deltas: Deltas, collector: RowCollector): void {
    const start = bound * this.windows.boundMs
    const end = start + this.windows.boundMs
    this.runs.clear()
    this.source.scan(group, start, end, this.runs)
    const key = this.source.keyCells(group)
    const before = new Set(this.startsBefore(deltas))
    const watermark = this.source.watermark(group)
    const seen = new Set<number>()
    this.forEachSession((first, last, lastInterval) => {
      seen.add(first)
      const cells = [...key, first]
      this.state.finish(
        this.scratch,
        { start: first, end: last + lastInterval * 60_000 },
        watermark,
        Math.min(last + this.windows.gapMs, end),
        null,
        cells,
      )
      collector.add({ cells, gone: false, isNew: !before.has(first) })
    })
    for (const first of before) {
      if (!seen.has(first)) collector.add({ cells: [...key, first], gone: true, isNew: false })
    }
  }

  /** Splits the rows of `runs` at the gaps; at each call of `visit` the scratch state holds the session's rows. */
  private forEachSession(visit: (first: number, last: number, lastInterval: number) => void): void {
    const { width } = this.source
    let first = Number.NaN
    let last = Number.NaN
    let lastInterval = 0
    this.state.init(this.scratch)
    for (let r = 0; r < this.runs.count; r++) {
      const rows = this.runs.rows[r] as Float64Array
      for (let i = this.runs.lo[r] as number; i < (this.runs.hi[r] as number); i++) {
        const instant = rows[i * width + ROW_TIMESTAMP] as number
        if (instant - last > this.windows.gapMs) {
          visit(first, last, lastInterval)
          this.state.init(this.scratch)
          first = instant
        }
        if (Number.isNaN(first)) first = instant
        this.state.foldRows(this.scratch, rows, i, i + 1)
        last = instant
        lastInterval = rows[i * width + ROW_INTERVAL] as number
      }
    }
    if (!Number.isNaN(first)) visit(first, last, lastInterval)
  }

  /** The starts of the sessions as they were before the changes. */
  private startsBefore(deltas: Deltas): number[] {
    const counts = new Map<number, number>()
    for (let r = 0; r < this.runs.count; r++) {
      const rows = this.runs.rows[r] as Float64Array
      for (let i = this.runs.lo[r] as number; i < (this.runs.hi[r] as number); i++) {
        const instant = rows[i * this.source.width + ROW_TIMESTAMP] as number
        counts.set(instant, (counts.get(instant) ?? 0) + 1)
      }
    }
    for (const [instant, delta] of deltas) counts.set(instant, (counts.get(instant) ?? 0) - delta)
    const instants = [...counts].filter(([, n]) => n > 0).map(([instant]) => instant)
    instants.sort((a, b) => a - b)
    return instants.filter((instant, i) => i === 0 || instant - (instants[i - 1] as number) > this.windows.gapMs)
  }
}
