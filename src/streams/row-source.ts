import type { TimeZone } from '../core/time-zone.ts'
import type { Dictionary } from '../events/dictionaries.ts'
import type { PayloadKind } from '../events/event-type.ts'
import type { Cell } from '../views/view.ts'
import type { Changes, Runs } from './changes.ts'

/** A column that operators can read: where it stands in a row and what it holds. */
export interface SourceColumn {
  readonly index: number
  readonly kind: PayloadKind
}

/** What a change did to its group of rows. A place is an index into the view's dictionary. */
export interface RowEffect {
  /** The place named by the row that is there now; -1 when there is none. */
  now: number
  /** The place named by the row that it replaced; -1 when there was none. */
  before: number
}

/**
 * The rows that an operator works on: the view's readings by group (a key, with or without its sub-key), perhaps filtered or
 * joined. Groups are small whole numbers. All rows begin with the common fields of a ReadingBatch.
 */
export interface RowSource {
  readonly width: number
  readonly columns: ReadonlyMap<string, SourceColumn>
  readonly texts: Dictionary
  /** True when the place of a row may be that of another reading than the one that changed. */
  readonly sharesPlaces: boolean
  /** True when a group's watermark is the latest end of its own readings: what begins at or after it came later. */
  readonly hasOwnWatermark: boolean
  /** The cells of the group's key columns. */
  keyCells(group: number): readonly Cell[]
  /** The group that change i belongs to, -1 when it concerns none; fills `effect` when it does. */
  groupOf(changes: Changes, i: number, effect: RowEffect): number
  /** Appends the rows with from <= timestamp < to, in time order, and returns how many readings they were made of. */
  scan(group: number, from: number, to: number, runs: Runs): number
  nextTimestamp(group: number, from: number): number
  lastTimestamp(group: number): number
  /** Latest end among the group's readings, the least over the sub-keys that the source uses. */
  watermark(group: number): number
  watermarkBefore(group: number): number
  zonesOf(group: number): readonly TimeZone[]
  zoneOfPlace(place: number): TimeZone
  placeOf(place: number): { readonly city: string | null; readonly country: string | null }
}

/** A batch of changes together with the way to read the rows that they concern. `Columns` and `Key` carry types only. */
export interface Keyed<Columns, Key> {
  readonly changes: Changes
  readonly source: RowSource
  readonly keyNames: readonly string[]
  readonly types?: { readonly columns: Columns; readonly key: Key }
}
