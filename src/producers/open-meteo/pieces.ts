import { DAY_MS } from '../../core/calendar.ts'
import type { Stretch } from '../hourly-poll.ts'

export interface OpenMeteoPiece extends Stretch {
  readonly endpoint: 'archive' | 'forecast'
}

/** Days that the archive may lag behind: until then only the forecast endpoint, which is asked for days gone by, has them. */
const ARCHIVE_LAG_DAYS = 7
/** With today and tomorrow no call has more than 14 days: it counts as one, while a longer one would count as several. */
const MAX_PAST_DAYS = 12
/** And one day more, for the sum of the last hour. */
const ARCHIVE_DAYS = 13

/**
 * Cuts a stretch into what is asked at once. The days up to the first that the forecast endpoint is asked for are the archive's: which of the two an hour is
 * asked of follows from its age alone, so the two never contradict each other at one age.
 */
export function openMeteoPieces({ from, to }: Stretch, now: number, revisionsMs: number): readonly OpenMeteoPiece[] {
  const today = Math.floor(now / DAY_MS) * DAY_MS
  const recentDays = Math.min(Math.max(ARCHIVE_LAG_DAYS, Math.ceil(revisionsMs / DAY_MS)), MAX_PAST_DAYS)
  const recent = today - recentDays * DAY_MS
  const pieces: OpenMeteoPiece[] = []
  let start = from
  while (start < Math.min(to, recent)) {
    const end = Math.min(Math.floor(start / DAY_MS) * DAY_MS + ARCHIVE_DAYS * DAY_MS, to, recent)
    pieces.push({ endpoint: 'archive', from: start, to: end })
    start = end
  }
  if (start < to) pieces.push({ endpoint: 'forecast', from: start, to })
  return pieces
}

/** The UTC days that a piece needs: also the one in which its last hour ends. */
export function daysOf({ from, to }: Stretch): { readonly first: number; readonly last: number } {
  return { first: Math.floor(from / DAY_MS), last: Math.floor(to / DAY_MS) }
}
