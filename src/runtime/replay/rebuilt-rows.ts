import { DAY_MS, HOUR_MS } from '../../core/calendar.ts'
import type { Log, Topic } from '../../log/port.ts'
import type { Topology } from '../../streams/topology.ts'
import type { Cell, View } from '../../views/view.ts'
import type { LiveView } from '../live-views.ts'

/** Of each partition of a topic of readings, the latest event time (ms) that a reading can have which the log holds no longer; null: it holds all. */
export type LostUntil = readonly (number | null)[]

/** A reading may be so far ahead of the clock of whoever published it; see the check of readings. */
const MOST_AHEAD_MS = 24 * HOUR_MS

/** What a trimmed log can have lost: whatever was appended before the first record that is left. */
export async function lostUntil(log: Log, topic: Topic): Promise<LostUntil> {
  return Promise.all(
    Array.from({ length: topic.partitions }, async (_, partition) => {
      const { start, end } = await log.bounds(topic, partition)
      if (start === 0) return null
      // Nothing is left that could say when: whatever it was, it was before now.
      if (start >= end) return Number.POSITIVE_INFINITY
      const reader = log.reader(topic, partition, start)
      try {
        const batch = await reader.next(1)
        return batch === null || batch.count === 0 ? Number.POSITIVE_INFINITY : (batch.appendedAt[0] as number) + MOST_AHEAD_MS
      } finally {
        await reader.close()
      }
    }),
  )
}

export interface RebuiltRowsOptions {
  readonly view: View
  readonly topologies: readonly Topology[]
  /** Rows of windows that end after this instant are built (and, since a key does not say its zone, some before); null: all. */
  readonly from: number | null
  /** By the name of the event. */
  readonly lost: ReadonlyMap<string, LostUntil>
}

/** Says of a row by its key whether a replay builds it; all others are taken over from the generation before. Null where all rows are built. */
export function rebuiltRows({ view, topologies, from, lost }: RebuiltRowsOptions): LiveView['isBuilt'] | null {
  const limits = topologies.map(({ event }) => lost.get(event.name) ?? [])
  const isTrimmed = limits.some((each) => each.some((until) => until !== null))
  if (from === null && !isTrimmed) return null
  const at = view.key.findIndex(({ type }) => type === 'instant' || type === 'day' || type === 'month')
  const reachMs = Math.max(0, ...topologies.map(reachBack))
  return (partition, key) => {
    const until = Math.max(...limits.map((each) => each[partition] ?? Number.NEGATIVE_INFINITY))
    const isKnown = until === Number.NEGATIVE_INFINITY
    // Without a time a row is of all readings: built where they are all there.
    if (at < 0) return isKnown
    const cell = key[at] as Cell
    return (
      (from === null || mayEndAfter(cell, from, reachMs)) &&
      (isKnown || (until !== Number.POSITIVE_INFINITY && begins(cell, until + reachMs)))
    )
  }
}

/** Local days and months are within so much of those in UTC. */
const MOST_OFFSET_MS = 26 * HOUR_MS

/** True of every window that ends after the instant. */
function mayEndAfter(cell: Cell, instant: number, reachMs: number): boolean {
  if (typeof cell === 'number') return cell >= instant - Math.max(HOUR_MS, reachMs)
  const day = isoDay(instant - MOST_OFFSET_MS)
  return typeof cell === 'string' && cell >= day.slice(0, cell.length)
}

/** True only of windows that begin after the instant, with the month before where it may count too. */
function begins(cell: Cell, instant: number): boolean {
  if (typeof cell === 'number') return cell > instant
  if (typeof cell !== 'string') return false
  const isMonth = cell.length === 'YYYY-MM'.length
  const day = isoDay(instant + MOST_OFFSET_MS + (isMonth ? 31 * DAY_MS : 0))
  return cell > day.slice(0, cell.length)
}

function isoDay(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10)
}

/** Milliseconds before its key's instant that a row's readings may begin, or after that a window's may end. */
function reachBack({ plan }: Topology): number {
  const lengths = plan.flatMap(({ boundMs, sizeMs }) => [boundMs, sizeMs])
  return Math.max(0, ...lengths.map((length) => (typeof length === 'number' ? length : 0)))
}
