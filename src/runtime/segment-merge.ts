import { arrivalOfBoth } from '../events/arrival.ts'
import { type ReadingBatch, ROW_ARRIVAL, ROW_INTERVAL, ROW_TIMESTAMP } from '../events/reading-batch.ts'
import type { ChangeLog } from './change-log.ts'
import type { Ledger } from './ledger.ts'
import { resolveRevision } from './revision.ts'
import type { Segment } from './segment.ts'

/**
 * Merges readings that do not simply append into the rows of their segment. `indexes` are their places in the batch, in the order of the
 * log; they are sorted here. What changed goes to the log of changes, what became of each reading to the ledger.
 */
export function mergeReadings(segment: Segment, batch: ReadingBatch, indexes: number[], log: ChangeLog, ledger: Ledger): void {
  const { width } = batch
  const at = (i: number) => batch.rows[i * width + ROW_TIMESTAMP] as number
  indexes.sort((a, b) => at(a) - at(b) || a - b)
  const starts = groupStarts(batch, indexes)
  const inserts = countInserts(segment, batch, indexes, starts)
  if (inserts > 0) makeRoom(segment, inserts, batch.rows[(indexes[0] as number) * width + ROW_INTERVAL] as number)
  insertRows(segment, batch, indexes, starts, inserts, log, ledger)
  segment.settleEnds()
}

/** The positions at which a new start begins in the sorted list. */
function groupStarts({ rows, width }: ReadingBatch, indexes: readonly number[]): number[] {
  const starts: number[] = []
  let previous = Number.NaN
  for (let k = 0; k < indexes.length; k++) {
    const timestamp = rows[(indexes[k] as number) * width + ROW_TIMESTAMP] as number
    if (timestamp !== previous) starts.push(k)
    previous = timestamp
  }
  return starts
}

/** How many of the starts no row has yet. */
function countInserts(
  segment: Segment,
  { rows, width }: ReadingBatch,
  indexes: readonly number[],
  starts: readonly number[],
): number {
  let inserts = 0
  for (const k of starts) {
    const timestamp = rows[(indexes[k] as number) * width + ROW_TIMESTAMP] as number
    const row = segment.lowerBound(timestamp)
    if (row >= segment.count || segment.rows[row * width + ROW_TIMESTAMP] !== timestamp) inserts += 1
  }
  return inserts
}

function makeRoom(segment: Segment, inserts: number, intervalMinutes: number): void {
  while ((segment.count + inserts) * segment.width > segment.rows.length) {
    const { count } = segment
    segment.count = segment.rows.length / segment.width
    segment.reserve(intervalMinutes)
    segment.count = count
  }
}

/** From the end, in place: rows move up once, and only as far as there is something to insert below them. */
function insertRows(
  segment: Segment,
  batch: ReadingBatch,
  indexes: readonly number[],
  starts: readonly number[],
  inserts: number,
  log: ChangeLog,
  ledger: Ledger,
): void {
  const { rows, width } = segment
  let top = segment.count
  let shift = inserts
  for (let g = starts.length - 1; g >= 0; g--) {
    const from = starts[g] as number
    const group = indexes.slice(from, starts[g + 1] ?? indexes.length)
    const timestamp = batch.rows[(group[0] as number) * width + ROW_TIMESTAMP] as number
    const row = lowerBoundIn(rows, width, top, timestamp)
    const exists = row < top && rows[row * width + ROW_TIMESTAMP] === timestamp
    // The rows above, and the row itself where there is one, make room for the new ones that are still to come below.
    if (shift > 0) rows.copyWithin((row + shift) * width, row * width, top * width)
    if (!exists) shift -= 1
    decide(segment, batch, group, (row + shift) * width, exists, log, ledger)
    top = row
  }
  segment.count += inserts
}

/** Decides between the readings of one start, in the order of the log; the winner stands at `base`, with the arrivals of all. */
function decide(
  segment: Segment,
  batch: ReadingBatch,
  group: readonly number[],
  base: number,
  exists: boolean,
  log: ChangeLog,
  ledger: Ledger,
): void {
  const { rows, width } = segment
  let occupied = exists
  for (const i of group) {
    const from = i * width
    if (occupied) {
      const fate = resolveRevision(rows, base, batch.rows, from, width)
      ledger[fate] += 1
      const before = rows[base + ROW_ARRIVAL] as number
      const arrival = arrivalOfBoth(before, batch.rows[from + ROW_ARRIVAL] as number, fate === 'duplicate')
      if (fate === 'superseded') {
        log.replaced(batch, i, rows, base)
        segment.noteLeaving(base)
        rows.set(batch.rows.subarray(from, from + width), base)
        segment.noteEntered(base)
        rows[base + ROW_ARRIVAL] = arrival
      } else if (arrival !== before) {
        rows[base + ROW_ARRIVAL] = arrival
        log.arrived(batch, i, rows, base)
      }
    } else {
      log.inserted(batch, i)
      ledger.current += 1
      occupied = true
      rows.set(batch.rows.subarray(from, from + width), base)
      segment.noteEntered(base)
    }
  }
}

function lowerBoundIn(rows: Float64Array, width: number, count: number, instant: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((rows[middle * width + ROW_TIMESTAMP] as number) < instant) low = middle + 1
    else high = middle
  }
  return low
}
