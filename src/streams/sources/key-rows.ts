import type { TimeZone } from '../../core/time-zone.ts'
import type { Dictionary } from '../../events/dictionaries.ts'
import { ROW_PAYLOAD, ROW_PLACE, ROW_TIMESTAMP } from '../../events/reading-batch.ts'
import type { Cell } from '../../views/view.ts'
import { type Changes, type ReadingView, Runs } from '../changes.ts'
import type { RowEffect, RowSource, SourceColumn } from '../row-source.ts'

/** The columns of the event's payload under their camelCase names. */
export function payloadColumns(view: ReadingView): ReadonlyMap<string, SourceColumn> {
  return new Map(view.event.payload.map((column, i) => [column.name, { index: ROW_PAYLOAD + i, kind: column.kind }]))
}

/** What all sources that read a view directly have in common. */
abstract class ViewRows implements RowSource {
  readonly width: number
  readonly columns: ReadonlyMap<string, SourceColumn>
  readonly texts: Dictionary
  readonly sharesPlaces = false
  readonly hasOwnWatermark: boolean = true
  protected readonly view: ReadingView

  constructor(view: ReadingView) {
    this.view = view
    this.width = view.width
    this.columns = payloadColumns(view)
    this.texts = view.dictionaries.texts
  }

  zoneOfPlace(place: number): TimeZone {
    return this.view.zoneOfPlace(place)
  }

  placeOf(place: number) {
    return this.view.dictionaries.places.placeOf(place)
  }

  protected fill(changes: Changes, i: number, effect: RowEffect): void {
    effect.now = changes.rows[(changes.rowAt[i] as number) * this.width + ROW_PLACE] as number
    const before = changes.previousAt[i] as number
    effect.before = before < 0 ? -1 : (changes.previous[before * this.width + ROW_PLACE] as number)
  }

  protected scanOne(key: number, subKey: number, from: number, to: number, runs: Runs): number {
    const first = runs.count
    this.view.scan(key, subKey, from, to, runs)
    return lengthFrom(runs, first)
  }

  abstract keyCells(group: number): readonly Cell[]
  abstract groupOf(changes: Changes, i: number, effect: RowEffect): number
  abstract scan(group: number, from: number, to: number, runs: Runs): number
  abstract nextTimestamp(group: number, from: number): number
  abstract lastTimestamp(group: number): number
  abstract watermark(group: number): number
  abstract watermarkBefore(group: number): number
  abstract zonesOf(group: number): readonly TimeZone[]
}

/** Groups are the keys of an event without sub-keys. */
export class KeyRows extends ViewRows {
  keyCells(group: number): readonly Cell[] {
    return [this.view.dictionaries.keys.textOf(group)]
  }

  groupOf(changes: Changes, i: number, effect: RowEffect): number {
    this.fill(changes, i, effect)
    return changes.keys[i] as number
  }

  scan(group: number, from: number, to: number, runs: Runs): number {
    return this.scanOne(group, 0, from, to, runs)
  }

  nextTimestamp(group: number, from: number): number {
    return this.view.nextTimestamp(group, 0, from)
  }

  lastTimestamp(group: number): number {
    return this.view.lastTimestamp(group, 0)
  }

  watermark(group: number): number {
    return this.view.watermark(group, 0)
  }

  watermarkBefore(group: number): number {
    return this.view.watermarkBefore(group, 0)
  }

  zonesOf(group: number): readonly TimeZone[] {
    return this.view.zonesOf(group, 0)
  }
}

/** Groups are (key, sub-key) pairs. */
export class SubKeyRows extends ViewRows {
  private readonly groups = new Map<number, number>()
  private readonly keys: number[] = []
  private readonly subKeys: number[] = []

  keyCells(group: number): readonly Cell[] {
    return [this.view.dictionaries.keys.textOf(this.key(group)), this.view.dictionaries.subKeys.textOf(this.subKey(group))]
  }

  groupOf(changes: Changes, i: number, effect: RowEffect): number {
    this.fill(changes, i, effect)
    const key = changes.keys[i] as number
    const subKey = changes.subKeys[i] as number
    const pair = key * SUB_KEY_LIMIT + subKey
    let group = this.groups.get(pair)
    if (group === undefined) {
      group = this.keys.length
      this.groups.set(pair, group)
      this.keys.push(key)
      this.subKeys.push(subKey)
    }
    return group
  }

  scan(group: number, from: number, to: number, runs: Runs): number {
    return this.scanOne(this.key(group), this.subKey(group), from, to, runs)
  }

  nextTimestamp(group: number, from: number): number {
    return this.view.nextTimestamp(this.key(group), this.subKey(group), from)
  }

  lastTimestamp(group: number): number {
    return this.view.lastTimestamp(this.key(group), this.subKey(group))
  }

  watermark(group: number): number {
    return this.view.watermark(this.key(group), this.subKey(group))
  }

  watermarkBefore(group: number): number {
    return this.view.watermarkBefore(this.key(group), this.subKey(group))
  }

  zonesOf(group: number): readonly TimeZone[] {
    return this.view.zonesOf(this.key(group), this.subKey(group))
  }

  private key(group: number): number {
    return this.keys[group] as number
  }

  private subKey(group: number): number {
    return this.subKeys[group] as number
  }
}

/** More sub-keys than this a partition are not expected; the product with a key's index stays a safe integer. */
const SUB_KEY_LIMIT = 2 ** 20

/** Groups are the keys of an event with sub-keys; the readings of all sub-keys stand together in time order, then by sub-key. */
export class MergedRows extends ViewRows {
  override readonly hasOwnWatermark = false
  private readonly parts = new Runs()

  keyCells(group: number): readonly Cell[] {
    return [this.view.dictionaries.keys.textOf(group)]
  }

  groupOf(changes: Changes, i: number, effect: RowEffect): number {
    this.fill(changes, i, effect)
    return changes.keys[i] as number
  }

  scan(group: number, from: number, to: number, runs: Runs): number {
    const subKeys = this.sortedSubKeys(group)
    if (subKeys.length === 1) return this.scanOne(group, subKeys[0] as number, from, to, runs)
    const collected: Float64Array[] = []
    for (const subKey of subKeys) {
      this.parts.clear()
      this.view.scan(group, subKey, from, to, this.parts)
      for (let r = 0; r < this.parts.count; r++) {
        const rows = this.parts.rows[r] as Float64Array
        for (let i = this.parts.lo[r] as number; i < (this.parts.hi[r] as number); i++) {
          collected.push(rows.subarray(i * this.width, (i + 1) * this.width))
        }
      }
    }
    // A stable sort keeps the order of the sub-keys' names among equal times, so the order does not depend on arrival.
    collected.sort((a, b) => (a[ROW_TIMESTAMP] as number) - (b[ROW_TIMESTAMP] as number))
    const merged = new Float64Array(collected.length * this.width)
    for (let i = 0; i < collected.length; i++) merged.set(collected[i] as Float64Array, i * this.width)
    runs.add(merged, 0, collected.length)
    return collected.length
  }

  nextTimestamp(group: number, from: number): number {
    let next = Number.POSITIVE_INFINITY
    for (const subKey of this.view.subKeysOf(group)) next = Math.min(next, this.view.nextTimestamp(group, subKey, from))
    return next
  }

  lastTimestamp(group: number): number {
    let last = Number.NEGATIVE_INFINITY
    for (const subKey of this.view.subKeysOf(group)) last = Math.max(last, this.view.lastTimestamp(group, subKey))
    return last
  }

  watermark(group: number): number {
    return leastOver(this.view.subKeysOf(group), (subKey) => this.view.watermark(group, subKey))
  }

  watermarkBefore(group: number): number {
    return leastOver(this.view.subKeysOf(group), (subKey) => this.view.watermarkBefore(group, subKey))
  }

  zonesOf(group: number): readonly TimeZone[] {
    return [...new Set(this.view.subKeysOf(group).flatMap((subKey) => this.view.zonesOf(group, subKey)))]
  }

  private sortedSubKeys(group: number): number[] {
    const { subKeys } = this.view.dictionaries
    return [...this.view.subKeysOf(group)].sort((a, b) => (subKeys.textOf(a) < subKeys.textOf(b) ? -1 : 1))
  }
}

/** The least over the sub-keys that have readings, -Infinity when none has. */
function leastOver(subKeys: readonly number[], of: (subKey: number) => number): number {
  let least = Number.POSITIVE_INFINITY
  for (const subKey of subKeys) {
    const value = of(subKey)
    if (value > Number.NEGATIVE_INFINITY && value < least) least = value
  }
  return least === Number.POSITIVE_INFINITY ? Number.NEGATIVE_INFINITY : least
}

/** The number of rows in the runs from `first` on. */
export function lengthFrom(runs: Runs, first: number): number {
  let total = 0
  for (let r = first; r < runs.count; r++) total += (runs.hi[r] as number) - (runs.lo[r] as number)
  return total
}
