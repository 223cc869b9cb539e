import type { PartitionBounds, Topic } from '../log/port.ts'
import type { SinkProgress } from './sink.ts'

/** Where a sink goes on, or why it has to compare its whole view first. */
export type ResumePoint =
  | { readonly kind: 'resume'; readonly offset: number }
  | { readonly kind: 'mend'; readonly reason: string }

/**
 * Decides by what the store says of itself. It cannot simply go on when it was filled from another topic, when it is ahead of the log (which
 * was restored from an older copy), or when it was away so long that tombstones which it has not seen may be gone.
 */
export function resumePoint(
  progress: Omit<SinkProgress, 'last'> | null,
  topic: Topic,
  bounds: PartitionBounds,
  tombstoneRetentionMs: number,
): ResumePoint {
  if (progress === null) return { kind: 'mend', reason: 'the store does not know what its rows were made from' }
  if (progress.topicId !== topic.id) return { kind: 'mend', reason: 'its rows were made from another topic' }
  if (progress.nextOffset > bounds.end) return { kind: 'mend', reason: 'it is ahead of the log' }
  if (progress.nextOffset < bounds.end && progress.ageMs > tombstoneRetentionMs / 2) {
    return { kind: 'mend', reason: 'it was away so long that deletions may have been forgotten' }
  }
  return { kind: 'resume', offset: Math.max(progress.nextOffset, bounds.start) }
}
