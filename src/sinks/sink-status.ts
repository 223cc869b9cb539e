/** Something that keeps a sink from writing. */
export interface SinkProblem {
  readonly code: string
  readonly message: string
  readonly remedy: string
  /** Milliseconds since the epoch. */
  readonly since: number
}

/** What went wrong the last time that something did. */
export interface SinkError {
  readonly code: string
  readonly message: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** What a process has done for a view in a store since it started, also for partitions that others write by now: none of these ever falls. */
export interface SinkCounts {
  rowsWritten: number
  retries: number
  deadLettered: number
}

/** `waiting`: its store is away, or refuses what a person has to mend; it tries again by itself. */
export type SinkState = 'starting' | 'catching_up' | 'running' | 'waiting' | 'stopped'

/** Where one partition of a view stands in one store; only of partitions that this process writes. */
export interface SinkStatus {
  readonly sink: string
  readonly view: string
  readonly topic: string
  readonly partition: number
  readonly state: SinkState
  /** The first offset that the store does not have. */
  readonly nextOffset: number
  readonly endOffset: number
  /** Records of the view topic not yet written. */
  readonly lag: number
  /** Changes written since the start. */
  readonly rowsWritten: number
  /** Over about the last ten seconds of writing. */
  readonly rowsPerSecond: number
  /** Failed tries since the start. */
  readonly retries: number
  readonly deadLettered: number
  /** Times the whole view was compared and mended. */
  readonly mended: number
  readonly ofView: Readonly<SinkCounts>
  readonly lastWriteAt: number | null
  readonly problem: SinkProblem | null
  /** Also when all is well again. */
  readonly lastError: SinkError | null
}

const HALF_LIFE_MS = 5_000

/** A rate that forgets: what was written long ago counts less and less. */
export class DecayingRate {
  private weighted = 0
  private at = 0

  /** `now` in milliseconds that only grow. */
  add(count: number, now: number): void {
    this.weighted = this.weighted * decay(now - this.at) + count
    this.at = now
  }

  perSecond(now: number): number {
    return (this.weighted * decay(now - this.at) * Math.LN2 * 1000) / HALF_LIFE_MS
  }
}

function decay(elapsedMs: number): number {
  return 2 ** (-elapsedMs / HALF_LIFE_MS)
}
