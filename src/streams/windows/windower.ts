import type { TimeZone } from '../../core/time-zone.ts'
import type { Cell } from '../../views/view.ts'
import type { PlanStep } from '../plan.ts'

/** A window: start inclusive, end exclusive, milliseconds since the epoch. Windows of one windower with the same id are one row. */
export interface Window {
  readonly id: number
  readonly start: number
  readonly end: number
}

/** Says in which windows an instant lies. Pure: no clock, no state but caches. */
export interface Windower {
  readonly step: PlanStep
  /** The camelCase name of the key column that a window adds. */
  readonly labelName: string
  label(window: Window): Cell
  /** Calls `visit` for every window that contains the instant, earliest first. */
  forEachWindow(instant: number, zone: TimeZone, visit: (window: Window) => void): void
  /** True when an instant lies in several windows. */
  readonly overlapping: boolean
  /** The bounds of the window with this id in this zone. */
  window(id: number, zone: TimeZone): Window
  /** The id of the window that follows, for aggregates that look at the window before. */
  next(window: Window, zone: TimeZone): Window
  previous(window: Window, zone: TimeZone): Window
  /** Shorter windows that this one is exactly made of; long windows are folded from them. */
  readonly parts?: Windower
  /** True when a zone decides which instants lie in a window, so that readings of one instant may lie in different ones. */
  readonly zoned: boolean
}

/** A session windower has no fixed grid: see `sessions`. */
export interface SessionWindows {
  readonly kind: 'sessions'
  readonly step: PlanStep
  readonly labelName: string
  /** Readings further apart than this (start to start) belong to different sessions. */
  readonly gapMs: number
  /** No session crosses a multiple of this, counted from the epoch. */
  readonly boundMs: number
}

export type AnyWindows = Windower | SessionWindows

export function isSessions(windows: AnyWindows): windows is SessionWindows {
  return 'kind' in windows
}
