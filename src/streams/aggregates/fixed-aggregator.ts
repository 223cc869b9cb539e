import type { TimeZone } from '../../core/time-zone.ts'
import type { Cell } from '../../views/view.ts'
import type { Changes } from '../changes.ts'
import type { RowEffect, RowSource } from '../row-source.ts'
import { RowCollector, type Rows } from '../rows.ts'
import type { Window, Windower } from '../windows/windower.ts'
import type { AggregateSpec } from './aggregate.ts'
import { PartCache } from './part-cache.ts'
import { WINDOW_NAMES, WindowState } from './window-state.ts'

/** A window whose row has to be computed again. */
interface DirtyWindow extends Window {
  readonly zone: TimeZone
  /** Readings that came into the window minus those that left it since the last emission. */
  delta: number
}

/**
 * Recomputes the rows of the windows that changes touched, from the current readings in time order. So a row depends on the set
 * of latest readings alone, and nothing but the list of touched windows is kept between batches.
 */
export class FixedAggregator {
  private readonly state: WindowState
  private readonly windows: Windower
  private readonly source: RowSource
  private readonly names: readonly string[]
  private readonly keyCount: number
  private readonly dirty: Array<Map<number, DirtyWindow> | undefined> = []
  /** The dirty window that the group's last reading lay in: readings come nearly in order, so the next one mostly does too. */
  private readonly lastDirty: Array<DirtyWindow | undefined> = []
  private readonly touched: number[] = []
  private readonly effect: RowEffect = { now: -1, before: -1 }
  private readonly scratch: Float64Array
  private readonly previousScratch: Float64Array
  private readonly parts: PartCache | null

  constructor(source: RowSource, keyNames: readonly string[], windows: Windower, spec: AggregateSpec, counting: string | null) {
    this.source = source
    this.windows = windows
    this.state = new WindowState(spec, source, counting)
    this.names = [...keyNames, windows.labelName, ...WINDOW_NAMES, ...Object.keys(spec)]
    this.keyCount = keyNames.length + 1
    this.scratch = this.state.create()
    this.previousScratch = this.state.create()
    this.parts = windows.parts !== undefined && this.state.compiled.mergeable ? new PartCache(this.state, windows.parts) : null
  }

  /** Notes which windows the changes touch. */
  mark(changes: Changes): void {
    const { source, effect } = this
    for (let i = 0; i < changes.count; i++) {
      const group = source.groupOf(changes, i, effect)
      if (group < 0) continue
      if (this.dirty[group] === undefined) {
        this.dirty[group] = new Map()
        this.touched.push(group)
      }
      // A reading that is filtered out may still have moved the watermark.
      if (effect.now < 0 && effect.before < 0) continue
      const instant = changes.timestamps[i] as number
      if (source.sharesPlaces && this.markInAllZones(group, instant)) continue
      this.parts?.invalidate(group, instant, effect.now >= 0 ? effect.now : effect.before)
      if (effect.now === effect.before) {
        this.markInstant(group, instant, source.zoneOfPlace(effect.now), 0)
      } else {
        if (effect.before >= 0) {
          this.parts?.invalidate(group, instant, effect.before)
          this.markInstant(group, instant, source.zoneOfPlace(effect.before), -1)
        }
        if (effect.now >= 0) this.markInstant(group, instant, source.zoneOfPlace(effect.now), 1)
      }
    }
  }

  /** Computes and emits the rows of all touched windows. */
  emit(emit: (rows: Rows<never>) => void): void {
    const collector = new RowCollector(this.names, this.keyCount, emit)
    for (const group of this.touched) {
      this.markCompletions(group)
      const windows = this.dirty[group] as Map<number, DirtyWindow>
      if (this.state.compiled.usesPrevious) this.markFollowing(group, [...windows.values()])
      const watermark = this.source.watermark(group)
      for (const window of windows.values()) this.compute(group, window, watermark, collector)
      this.dirty[group] = undefined
      this.lastDirty[group] = undefined
    }
    this.touched.length = 0
    this.parts?.settle()
    collector.end()
  }

  /**
   * Where sides of a join are of different zones, a change on one side may touch a row that lies where the other side says, or move a
   * row from there. Returns false where there is one zone only.
   */
  private markInAllZones(group: number, instant: number): boolean {
    const zones = this.source.zonesOf(group)
    if (zones.length < 2) return false
    for (const zone of zones) this.markInstant(group, instant, zone, 0)
    return true
  }

  private markInstant(group: number, instant: number, zone: TimeZone, delta: number): void {
    const last = this.lastDirty[group]
    if (last !== undefined && instant >= last.start && instant < last.end && last.zone === zone) {
      last.delta += delta
      return
    }
    this.windows.forEachWindow(instant, zone, (window) => {
      const marked = this.markWindow(group, window, zone, delta)
      if (!this.windows.overlapping) this.lastDirty[group] = marked
    })
  }

  private markWindow(group: number, window: Window, zone: TimeZone, delta: number): DirtyWindow {
    const windows = this.dirty[group] as Map<number, DirtyWindow>
    let marked = windows.get(window.id)
    if (marked === undefined) {
      marked = { id: window.id, start: window.start, end: window.end, zone, delta: 0 }
      windows.set(window.id, marked)
    }
    marked.delta += delta
    return marked
  }

  /** Marks the windows that became complete, or open again, because the watermark moved: those that end in between. */
  private markCompletions(group: number): void {
    const before = this.source.watermarkBefore(group)
    const now = this.source.watermark(group)
    if (before === now) return
    const low = Math.min(before, now)
    const high = Math.max(before, now)
    const zones = this.source.zonesOf(group)
    if (now > before && zones.length === 1 && !this.windows.overlapping && this.source.hasOwnWatermark) {
      // What ends in between lies in windows that its coming has marked, but for the one that the watermark was in.
      if (low > Number.NEGATIVE_INFINITY) this.markAt(group, low - 1, zones[0] as TimeZone, low, high)
      return
    }
    for (const zone of zones) {
      if (this.windows.overlapping) this.markOverlapping(group, zone, low, high)
      else this.markBetween(group, zone, low, high)
    }
  }

  private markBetween(group: number, zone: TimeZone, low: number, high: number): void {
    let instant = low === Number.NEGATIVE_INFINITY ? this.source.nextTimestamp(group, low) : low - 1
    while (instant < high) {
      const end = this.markAt(group, instant, zone, low, high)
      if (end > high) return
      instant = this.source.nextTimestamp(group, end)
    }
  }

  /** Marks the window of the instant if it ends after `low` and by `high`, and gives its end. */
  private markAt(group: number, instant: number, zone: TimeZone, low: number, high: number): number {
    let end = Number.POSITIVE_INFINITY
    this.windows.forEachWindow(instant, zone, (window) => {
      end = window.end
      if (end > low && end <= high) this.markWindow(group, window, zone, 0)
    })
    return end
  }

  private markOverlapping(group: number, zone: TimeZone, low: number, high: number): void {
    let from = low
    if (low > Number.NEGATIVE_INFINITY) {
      this.windows.forEachWindow(low - 1, zone, (window) => {
        from = Math.min(from, window.start)
      })
    }
    for (
      let instant = this.source.nextTimestamp(group, from);
      instant < high;
      instant = this.source.nextTimestamp(group, instant + 1)
    ) {
      this.windows.forEachWindow(instant, zone, (window) => {
        if (window.end > low && window.end <= high) this.markWindow(group, window, zone, 0)
      })
    }
  }

  private markFollowing(group: number, windows: readonly DirtyWindow[]): void {
    for (const window of windows) this.markWindow(group, this.windows.next(window, window.zone), window.zone, 0)
  }

  private compute(group: number, dirty: DirtyWindow, watermark: number, collector: RowCollector): void {
    const zones = this.source.zonesOf(group)
    const mixed = this.windows.zoned && zones.length > 1
    const s = this.scratch
    const readings = this.foldWindow(s, group, dirty, zones, mixed)
    // Where zones are mixed the count says nothing certain about what was there before.
    const existed = mixed || readings - dirty.delta > 0
    const key = [...this.source.keyCells(group)]
    if (this.state.rowCount(s) === 0) {
      if (existed) collector.add({ cells: [...key, this.windows.label(dirty)], gone: true, isNew: false })
      return
    }
    const zone = this.source.zoneOfPlace(this.state.newestPlace(s))
    const window = zone === dirty.zone ? dirty : this.windows.window(dirty.id, zone)
    const cells: Cell[] = [...key, this.windows.label(window)]
    this.state.finish(s, window, watermark, window.end, this.previousState(group, window, zone, zones, mixed), cells)
    collector.add({ cells, gone: false, isNew: !existed })
  }

  private previousState(
    group: number,
    window: Window,
    zone: TimeZone,
    zones: readonly TimeZone[],
    mixed: boolean,
  ): Float64Array | null {
    if (!this.state.compiled.usesPrevious) return null
    const previous = this.windows.previous(window, zone)
    this.foldWindow(this.previousScratch, group, { ...previous, zone }, zones, mixed)
    return this.state.rowCount(this.previousScratch) === 0 ? null : this.previousScratch
  }

  /** Folds all readings of the window into `s` and returns how many there were. */
  private foldWindow(
    s: Float64Array,
    group: number,
    window: Window & { zone: TimeZone },
    zones: readonly TimeZone[],
    mixed: boolean,
  ): number {
    this.state.init(s)
    if (mixed) return this.foldMixed(s, group, window.id, zones)
    if (this.parts !== null) return this.parts.fold(s, group, window, window.zone)
    return this.state.fold(s, group, window.start, window.end)
  }

  /** The station changed its zone: a reading belongs to the window that its own zone says. */
  private foldMixed(s: Float64Array, group: number, id: number, zones: readonly TimeZone[]): number {
    const spans = zones.map((zone) => this.windows.window(id, zone))
    const from = Math.min(...spans.map((span) => span.start))
    const to = Math.max(...spans.map((span) => span.end))
    const belongs = (instant: number, place: number) => liesIn(this.windows, instant, this.source.zoneOfPlace(place), id)
    const { parts } = this.windows
    if (parts === undefined || !this.state.compiled.mergeable) return this.state.fold(s, group, from, to, belongs)
    // Where all readings of the window are of one zone, the runs are the parts, so that the same readings give the same bits
    // whether or not another zone was ever seen; days of several zones overlap and are cut at each change.
    this.state.foldRuns(s, group, from, to, (instant, place) => {
      if (!belongs(instant, place)) return Number.NaN
      let part = Number.NaN
      parts.forEachWindow(instant, this.source.zoneOfPlace(place), (window) => {
        part = window.id
      })
      return part
    })
    return this.state.rowCount(s)
  }
}

/** True when the instant lies in the window of this id. */
function liesIn(windows: Windower, instant: number, zone: TimeZone, id: number): boolean {
  let found = false
  windows.forEachWindow(instant, zone, (window) => {
    found ||= window.id === id
  })
  return found
}
