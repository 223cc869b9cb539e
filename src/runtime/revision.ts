import { ROW_REVISED_AT } from '../events/reading-batch.ts'

/**
 * What happens when a reading meets one of the same identity: `superseded` (the old one gives way), `stale` (the new one is an
 * older revision) or `duplicate` (they are equal). Null is the lowest revision; of equal revisions with other content the later offset wins.
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
  for (let c = 0; c < width; c++) {
    const a = current[currentBase + c] as number
    const b = candidate[candidateBase + c] as number
    if (a !== b && !(Number.isNaN(a) && Number.isNaN(b))) return 'superseded'
  }
  return 'duplicate'
}

function revision(revisedAt: number): number {
  return Number.isNaN(revisedAt) ? Number.NEGATIVE_INFINITY : revisedAt
}
