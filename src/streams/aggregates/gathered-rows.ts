import { Runs } from '../changes.ts'
import type { Primitive } from './primitive.ts'

/** The rows of a window, as they are until the next change, and what was already made of them. */
export class GatheredRows {
  readonly runs = new Runs()
  width = 0
  private readonly made = new Map<object, unknown>()

  clear(): void {
    this.runs.clear()
    this.made.clear()
  }

  add(rows: Float64Array, width: number, lo: number, hi: number): void {
    this.width = width
    this.runs.add(rows, lo, hi)
    this.made.clear()
  }

  /** What `make` makes of the rows, made once for all aggregates that ask with the same key. */
  once<T>(key: object, make: (rows: GatheredRows) => T): T {
    let found = this.made.get(key) as T | undefined
    if (found === undefined) {
      found = make(this)
      this.made.set(key, found)
    }
    return found
  }
}

const gathered = new WeakMap<Float64Array, GatheredRows>()

/** The rows behind the state of a window, for aggregates that use `gatherRows`. */
export function rowsBehind(s: Float64Array): GatheredRows {
  return gathered.get(s) as GatheredRows
}

/** Keeps hold of the rows behind a state, for what can only be said of all of them together. */
export const gatherRows: Primitive = {
  id: 'gatherRows',
  slots: 0,
  init(s) {
    const own = gathered.get(s) ?? new GatheredRows()
    own.clear()
    gathered.set(s, own)
  },
  fold(s, _at, rows, width, lo, hi) {
    rowsBehind(s).add(rows, width, lo, hi)
  },
}
