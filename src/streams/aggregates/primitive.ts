import { ROW_INTERVAL, ROW_PLACE, ROW_TIMESTAMP } from '../../events/reading-batch.ts'

/**
 * A small running state over rows in time order, `slots` doubles from `s[at]` on. Folding the parts of a window one after
 * another with `merge` gives the same bits every time, whatever order the readings arrived in, since rows are always visited in
 * time order and parts are always the same.
 */
export interface Primitive {
  /** Equal for primitives that compute the same, so that they are computed once. */
  readonly id: string
  readonly slots: number
  init(s: Float64Array, at: number): void
  /** Rows lo (inclusive) to hi (exclusive). */
  fold(s: Float64Array, at: number, rows: Float64Array, width: number, lo: number, hi: number): void
  /** Takes in the state of a later part; absent where a state cannot be merged, then windows are never cut in parts. */
  readonly merge?: (s: Float64Array, at: number, later: Float64Array, laterAt: number) => void
}

/** Slots: number of values, their sum, its compensation (Neumaier's: the sum is slot 1 + slot 2). */
export function moments(column: number): Primitive {
  return {
    id: `moments(${column})`,
    slots: 3,
    init(s, at) {
      s[at] = 0
      s[at + 1] = 0
      s[at + 2] = 0
    },
    fold(s, at, rows, width, lo, hi) {
      let n = s[at] as number
      let sum = s[at + 1] as number
      let low = s[at + 2] as number
      for (let p = lo * width + column, end = hi * width + column; p < end; p += width) {
        const v = rows[p] as number
        if (Number.isNaN(v)) continue
        const total = sum + v
        low += Math.abs(sum) >= Math.abs(v) ? sum - total + v : v - total + sum
        sum = total
        n += 1
      }
      s[at] = n
      s[at + 1] = sum
      s[at + 2] = low
    },
    merge(s, at, later, laterAt) {
      const sum = s[at + 1] as number
      const v = later[laterAt + 1] as number
      const total = sum + v
      s[at] = (s[at] as number) + (later[laterAt] as number)
      s[at + 2] =
        (s[at + 2] as number) +
        (Math.abs(sum) >= Math.abs(v) ? sum - total + v : v - total + sum) +
        (later[laterAt + 2] as number)
      s[at + 1] = total
    },
  }
}

/** Slots: least and greatest value; Infinity and -Infinity while there is none. */
export function extremes(column: number): Primitive {
  return {
    id: `extremes(${column})`,
    slots: 2,
    init(s, at) {
      s[at] = Number.POSITIVE_INFINITY
      s[at + 1] = Number.NEGATIVE_INFINITY
    },
    fold(s, at, rows, width, lo, hi) {
      let least = s[at] as number
      let greatest = s[at + 1] as number
      for (let p = lo * width + column, end = hi * width + column; p < end; p += width) {
        const v = rows[p] as number
        if (v < least) least = v
        if (v > greatest) greatest = v
      }
      s[at] = least
      s[at + 1] = greatest
    },
    merge(s, at, later, laterAt) {
      if ((later[laterAt] as number) < (s[at] as number)) s[at] = later[laterAt] as number
      if ((later[laterAt + 1] as number) > (s[at + 1] as number)) s[at + 1] = later[laterAt + 1] as number
    },
  }
}

/** Slots: first and last value that is not null, NaN while there is none. */
export function ends(column: number): Primitive {
  return {
    id: `ends(${column})`,
    slots: 2,
    init(s, at) {
      s[at] = Number.NaN
      s[at + 1] = Number.NaN
    },
    fold(s, at, rows, width, lo, hi) {
      for (let p = lo * width + column, end = hi * width + column; p < end; p += width) {
        const v = rows[p] as number
        if (Number.isNaN(v)) continue
        if (Number.isNaN(s[at] as number)) s[at] = v
        s[at + 1] = v
      }
    },
    merge(s, at, later, laterAt) {
      if (Number.isNaN(s[at] as number)) s[at] = later[laterAt] as number
      if (!Number.isNaN(later[laterAt + 1] as number)) s[at + 1] = later[laterAt + 1] as number
    },
  }
}

/**
 * Minutes covered by readings whose column is not null (any reading for column -1): each covers its interval, but no further
 * than the start of the next. Slots: minutes of all but the last, first start, last start, last interval, number of readings.
 * `allAt` is the slot of the same for all readings, where that is folded before: while no value is missing the two are equal.
 */
export function coveredMinutes(column: number, allAt = -1): Primitive {
  return {
    id: `coveredMinutes(${column})`,
    slots: 5,
    init(s, at) {
      s[at] = 0
      s[at + 1] = Number.NaN
      s[at + 2] = Number.NaN
      s[at + 3] = 0
      s[at + 4] = 0
    },
    fold(s, at, rows, width, lo, hi) {
      if (allAt >= 0 && (s[at + 4] as number) + hi - lo === s[allAt + 4] && hasAll(rows, width, column, lo, hi)) {
        for (let i = 0; i < 5; i++) s[at + i] = s[allAt + i] as number
        return
      }
      let minutes = s[at] as number
      let lastStart = s[at + 2] as number
      let lastInterval = s[at + 3] as number
      let n = s[at + 4] as number
      for (let base = lo * width, end = hi * width; base < end; base += width) {
        if (column >= 0) {
          const v = rows[base + column] as number
          if (Number.isNaN(v)) continue
        }
        const start = rows[base + ROW_TIMESTAMP] as number
        if (n === 0) s[at + 1] = start
        else minutes += Math.min(lastInterval, (start - lastStart) / 60_000)
        lastStart = start
        lastInterval = rows[base + ROW_INTERVAL] as number
        n += 1
      }
      s[at] = minutes
      s[at + 2] = lastStart
      s[at + 3] = lastInterval
      s[at + 4] = n
    },
    merge(s, at, later, laterAt) {
      if ((later[laterAt + 4] as number) === 0) return
      if ((s[at + 4] as number) === 0) {
        for (let i = 0; i < 5; i++) s[at + i] = later[laterAt + i] as number
        return
      }
      const gap = ((later[laterAt + 1] as number) - (s[at + 2] as number)) / 60_000
      s[at] = (s[at] as number) + Math.min(s[at + 3] as number, gap) + (later[laterAt] as number)
      s[at + 2] = later[laterAt + 2] as number
      s[at + 3] = later[laterAt + 3] as number
      s[at + 4] = (s[at + 4] as number) + (later[laterAt + 4] as number)
    },
  }
}

/** True when no value of the column is missing in the rows. */
function hasAll(rows: Float64Array, width: number, column: number, lo: number, hi: number): boolean {
  for (let p = lo * width + column, end = hi * width + column; p < end; p += width) {
    if (Number.isNaN(rows[p] as number)) return false
  }
  return true
}

/** Slots: sum of weight(row) over rows for which it is not NaN, its compensation, and their number. */
export function weighted(id: string, weight: (rows: Float64Array, base: number) => number): Primitive {
  return {
    id,
    slots: 3,
    init(s, at) {
      s[at] = 0
      s[at + 1] = 0
      s[at + 2] = 0
    },
    fold(s, at, rows, width, lo, hi) {
      let sum = s[at] as number
      let low = s[at + 1] as number
      let n = s[at + 2] as number
      for (let base = lo * width, end = hi * width; base < end; base += width) {
        const v = weight(rows, base)
        if (Number.isNaN(v)) continue
        const total = sum + v
        low += Math.abs(sum) >= Math.abs(v) ? sum - total + v : v - total + sum
        sum = total
        n += 1
      }
      s[at] = sum
      s[at + 1] = low
      s[at + 2] = n
    },
    merge(s, at, later, laterAt) {
      const sum = s[at] as number
      const v = later[laterAt] as number
      const total = sum + v
      s[at + 1] =
        (s[at + 1] as number) +
        (Math.abs(sum) >= Math.abs(v) ? sum - total + v : v - total + sum) +
        (later[laterAt + 1] as number)
      s[at] = total
      s[at + 2] = (s[at + 2] as number) + (later[laterAt + 2] as number)
    },
  }
}

/** The number of rows: one slot. */
export const rowCount: Primitive = {
  id: 'rowCount',
  slots: 1,
  init(s, at) {
    s[at] = 0
  },
  fold(s, at, _rows, _width, lo, hi) {
    s[at] = (s[at] as number) + hi - lo
  },
  merge(s, at, later, laterAt) {
    s[at] = (s[at] as number) + (later[laterAt] as number)
  },
}

/** The row with the latest start: slots are its start, interval and place, NaN while there is none. Of equal starts the later row. */
export const newestRow: Primitive = {
  id: 'newestRow',
  slots: 3,
  init(s, at) {
    s[at] = Number.NaN
    s[at + 1] = Number.NaN
    s[at + 2] = Number.NaN
  },
  fold(s, at, rows, width, lo, hi) {
    if (hi <= lo) return
    for (let i = 0; i < 3; i++) s[at + i] = rows[(hi - 1) * width + NEWEST_COLUMNS[i]!] as number
  },
  merge(s, at, later, laterAt) {
    if (Number.isNaN(later[laterAt] as number)) return
    for (let i = 0; i < 3; i++) s[at + i] = later[laterAt + i] as number
  },
}

const NEWEST_COLUMNS = [ROW_TIMESTAMP, ROW_INTERVAL, ROW_PLACE] as const
