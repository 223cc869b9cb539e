import type { TimeZone } from '../../core/time-zone.ts'
import type { Window, Windower } from '../windows/windower.ts'
import type { WindowState } from './window-state.ts'

/** More doubles than this are kept neither of parts nor of beginnings: 8 MiB each. */
const MOST_SLOTS = 1024 * 1024
/** A month is looked at when it changes and when the one after it does. */
const MOST_BEGINNINGS = 4

/** What the readings from `start` to `end` make. */
interface Folded {
  readonly start: number
  readonly end: number
  readonly state: Float64Array
  readonly readings: number
}

interface Group {
  /** By the id of the part. */
  readonly parts: Map<number, Folded>
  /** By the id of the window: its parts before the last one that has readings, merged in the order of time. */
  readonly beginnings: Map<number, Folded>
}

/**
 * The states of the parts (local days) of long windows (months), so that a change of one reading does not read a whole month
 * again; and of each month the parts before its last one as a whole, since it is mostly the last one that changes. Both are what
 * the readings make of them, folded in the same order every time, so losing them costs time only.
 */
export class PartCache {
  private readonly state: WindowState
  private readonly windows: Windower
  private readonly groups: Array<Group | undefined> = []
  /** The window whose part is known to be gone already. */
  private readonly invalid: Array<Window | undefined> = []
  private partSlots = 0
  private beginningSlots = 0

  constructor(state: WindowState, windows: Windower) {
    this.state = state
    this.windows = windows
  }

  /** A reading at this instant, with this place, changed. */
  invalidate(group: number, instant: number, place: number): void {
    const known = this.invalid[group]
    if (known !== undefined && instant >= known.start && instant < known.end) return
    const { slots } = this.state.compiled
    const kept = this.groups[group]
    this.windows.forEachWindow(instant, this.state.source.zoneOfPlace(place), (window) => {
      if (kept?.parts.delete(window.id)) this.partSlots -= slots
      this.invalid[group] = window
    })
    if (kept === undefined) return
    for (const [id, { start, end }] of kept.beginnings) {
      if (instant < start || instant >= end) continue
      kept.beginnings.delete(id)
      this.beginningSlots -= slots
    }
  }

  /** To be called when no window is dirty any more: parts computed since then may become invalid again. */
  settle(): void {
    this.invalid.length = 0
    if (this.partSlots > MOST_SLOTS) {
      for (const kept of this.groups) kept?.parts.clear()
      this.partSlots = 0
    }
    if (this.beginningSlots > MOST_SLOTS) {
      for (const kept of this.groups) kept?.beginnings.clear()
      this.beginningSlots = 0
    }
  }

  /** Folds the window from its parts into a state that was just made; returns the number of readings. */
  fold(s: Float64Array, group: number, window: Window, zone: TimeZone): number {
    const kept = this.groups[group] ?? { parts: new Map(), beginnings: new Map() }
    this.groups[group] = kept
    const beginning = kept.beginnings.get(window.id)
    if (beginning !== undefined) s.set(beginning.state)
    let readings = beginning?.readings ?? 0
    let isLonger = false
    let part = this.partFrom(kept, group, beginning?.end ?? window.start, window.end, zone)
    while (part !== null) {
      const next = this.partFrom(kept, group, part.end, window.end, zone)
      if (next === null && isLonger) {
        this.keepBeginning(kept, window.id, { start: window.start, end: part.start, state: s.slice(), readings })
      }
      this.state.merge(s, part.state)
      readings += part.readings
      isLonger = true
      part = next
    }
    return readings
  }

  /** The first part with readings that begins at `from` (where a part begins) or later and before `to`. */
  private partFrom(kept: Group, group: number, from: number, to: number, zone: TimeZone): Folded | null {
    let instant = from
    while (instant < to) {
      const window = this.partAt(instant, zone)
      let part = kept.parts.get(window.id)
      if (part === undefined) {
        // The readings of a part that is known may be on disk alone, so they are asked for only here.
        instant = this.state.source.nextTimestamp(group, instant)
        if (instant >= window.end) continue
        part = this.compute(group, window)
        kept.parts.set(window.id, part)
        this.partSlots += this.state.compiled.slots
      }
      if (part.readings > 0) return part
      instant = part.end
    }
    return null
  }

  private partAt(instant: number, zone: TimeZone): Window {
    let found: Window | undefined
    this.windows.forEachWindow(instant, zone, (window) => {
      found = window
    })
    return found as Window
  }

  private compute(group: number, { start, end }: Window): Folded {
    const state = this.state.create()
    this.state.init(state)
    return { start, end, state, readings: this.state.fold(state, group, start, end) }
  }

  private keepBeginning({ beginnings }: Group, id: number, beginning: Folded): void {
    const { slots } = this.state.compiled
    if (beginnings.delete(id)) this.beginningSlots -= slots
    const [oldest] = beginnings.keys()
    if (oldest !== undefined && beginnings.size >= MOST_BEGINNINGS) {
      beginnings.delete(oldest)
      this.beginningSlots -= slots
    }
    beginnings.set(id, beginning)
    this.beginningSlots += slots
  }
}
