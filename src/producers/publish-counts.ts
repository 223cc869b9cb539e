/** What became of what a source said. Every item is counted once. */
export interface PublishCounts {
  /** Readings that were never published before. */
  published: number
  /** Readings of which another content or a later revision was published. */
  revised: number
  /** Readings that were published before as they are. */
  unchanged: number
  /** Readings of which something newer was published before. */
  stale: number
  /** What was no reading, and is in the dead letters now. */
  deadLettered: number
  /** What was no reading, and was in the dead letters before. */
  deadLetteredBefore: number
}

export function noCounts(): PublishCounts {
  return { published: 0, revised: 0, unchanged: 0, stale: 0, deadLettered: 0, deadLetteredBefore: 0 }
}

export function addCounts(into: PublishCounts, more: PublishCounts): void {
  into.published += more.published
  into.revised += more.revised
  into.unchanged += more.unchanged
  into.stale += more.stale
  into.deadLettered += more.deadLettered
  into.deadLetteredBefore += more.deadLetteredBefore
}

/** For log lines, in snake_case like everything that leaves the process. */
export function countFacts(counts: PublishCounts): Record<string, number> {
  return {
    published: counts.published,
    revised: counts.revised,
    unchanged: counts.unchanged,
    stale: counts.stale,
    dead_lettered: counts.deadLettered,
    dead_lettered_before: counts.deadLetteredBefore,
  }
}
