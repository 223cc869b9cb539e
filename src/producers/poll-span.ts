import { HOUR_MS } from '../core/calendar.ts'
import type { Stretch } from './hourly-poll.ts'
import type { SourceContext } from './source.ts'
import type { UpstreamSourceOptions } from './upstream-kind.ts'

/** What a poll of hours asks for: the history that was asked for, or from where the last poll ended, or may have been revised, until the last hour that is over. */
export function pollSpan(
  { range, backfillMs, revisionsMs }: Pick<UpstreamSourceOptions, 'range' | 'backfillMs' | 'revisionsMs'>,
  readThrough: SourceContext['readThrough'],
  now: number,
): Stretch {
  const end = Math.floor(now / HOUR_MS) * HOUR_MS
  if (range !== null) return { from: hourFrom(range.from), to: Math.min(hourFrom(range.to), end) }
  const from = readThrough === null ? now - backfillMs : Math.min(readThrough, now - revisionsMs)
  return { from: Math.floor(from / HOUR_MS) * HOUR_MS, to: end }
}

/** The first hour that begins then or later. */
function hourFrom(instant: number): number {
  return Math.ceil(instant / HOUR_MS) * HOUR_MS
}
