import type { TimeZone } from '../../core/time-zone.ts'
import type { Window, Windower } from '../windows/windower.ts'
import type { WindowState } from './window-state.ts'

/** More doubles than this are not kept: 16 MiB. */
const MOST_SLOTS = 2 * 1024 * 1024

interface Part {
  readonly state: Float64Array
  readonly readings: number
}

/**
 * The states of the parts (local days) of long windows (months), so that a change of one reading does not read a whole month
 * again. A part is what its readings make of it, so losing one costs time only.
 */
export class PartCache {
  private readonly state: WindowState
  private readonly windows: Windower
  private readonly groups: Array<Map<number, Part> | undefined> = []
  /** The window whose part is known to be gone already. */
  private readonly invalid: Array<Window | undefined> = []
  private slots = 0

  constructor(state: WindowState, windows: Windower) {
    this.state = state
    this.windows = windows
  }

  /** A reading at this instant, with this place, changed. */
  invalidate(group: number, instant: number, place: number): void {
    const known = this.invalid[group]
    if (known !== undefined && instant >= known.start && instant < known.end) return
    this.windows.forEachWindow(instant, this.state.source.zoneOfPlace(place), (window) => {
      if (this.groups[group]?.delete(window.id)) this.slots -= this.state.compiled.slots
      this.invalid[group] = window
    })
  }

  /** To be called when no window is dirty any more: parts computed since then may become invalid again. */
  settle(): void {
    this.invalid.length = 0
    if (this.slots <= MOST_SLOTS) return
    this.groups.length = 0
    this.slots = 0
  }

  /** Folds the window from its parts; returns the number of readings. */
  fold(s: Float64Array, group: number, window: Window, zone: TimeZone): number {
    const parts = this.groups[group] ?? new Map<number, Part>()
    this.groups[group] = parts
    let readings = 0
    let part: Window | undefined
    this.windows.forEachWindow(window.start, zone, (first) => {
      part = first
    })
    while (part !== undefined && part.start < window.end) {
      let known = parts.get(part.id)
      if (known === undefined) {
        const state = this.state.create()
        this.state.init(state)
        known = { state, readings: this.state.fold(state, group, part.start, part.end) }
        parts.set(part.id, known)
        this.slots += this.state.compiled.slots
      }
      readings += known.readings
      if (known.readings > 0) this.state.merge(s, known.state)
      part = this.windows.next(part, zone)
    }
    return readings
  }
}
