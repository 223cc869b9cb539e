import type { Span } from '../core/time-zone.ts'
import { MIN_TIME } from '../events/reading-limits.ts'
import type { BadInput, FoundReading } from './source.ts'

/** What an element of an answer came to. */
export type FoundItem = FoundReading | BadInput

/** In the order of time, and of revisions of the same time; what is no reading last. For `sort`, which leaves equal ones as they stand. */
export function byTime(a: FoundItem, b: FoundItem): number {
  if (a.kind === 'bad' || b.kind === 'bad') return a.kind === b.kind ? 0 : a.kind === 'bad' ? 1 : -1
  if (a.reading.timestamp !== b.reading.timestamp) return a.reading.timestamp - b.reading.timestamp
  return (a.reading.revisedAt ?? MIN_TIME) - (b.reading.revisedAt ?? MIN_TIME)
}

/** Whether it begins in that time; what is no reading has no time. */
export function isIn(item: FoundItem, { start, end }: Span): boolean {
  return item.kind === 'bad' || (item.reading.timestamp >= start && item.reading.timestamp < end)
}
