import { ROW_INTERVAL, ROW_PAYLOAD, ROW_PLACE, ROW_REVISED_AT } from '../events/reading-batch.ts'

/**
 * What happens when a reading meets one of the same identity: `superseded` (the old one gives way), `stale` (the new one is an
 * older revision) or `duplicate` (they are equal but for how they arrived). Null is the lowest revision; of equal revisions with other content the later offset wins.
 */
export function resolveRevision(
  current: Float64Array,
  currentBase: number,
  candidate: Float64Array,
  candidateBase: number,
  width: number,
): 'superseded' | 'stale' | 'duplicate' {
  const now = revision(current[currentBase + ROW_REVISED_AT] as number)
  const then = revision(candidate[candidateBase + ROW_REVISED_AT] as number)
  if (then < now) return 'stale'
  if (then > now) return 'superseded'
  if (!isSame(current, currentBase + ROW_INTERVAL, candidate, candidateBase + ROW_INTERVAL)) return 'superseded'
  if (!isSame(current, currentBase + ROW_PLACE, candidate, candidateBase + ROW_PLACE)) return 'superseded'
  // How they arrived does not matter.
  for (let c = ROW_PAYLOAD; c < width; c++)
    if (!isSame(current, currentBase + c, candidate, candidateBase + c)) return 'superseded'
  return 'duplicate'
}

function isSame(current: Float64Array, at: number, candidate: Float64Array, candidateAt: number): boolean {
  const a = current[at] as number
  const b = candidate[candidateAt] as number
  return a === b || (Number.isNaN(a) && Number.isNaN(b))
}

function revision(revisedAt: number): number {
  return Number.isNaN(revisedAt) ? Number.NEGATIVE_INFINITY : revisedAt
}
