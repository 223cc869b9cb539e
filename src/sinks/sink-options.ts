import { createHash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Log, Write } from '../log/port.ts'
import type { View } from '../views/view.ts'
import type { RefusedRow } from './refused-row.ts'
import type { Sink } from './sink.ts'
import type { SinkCounts } from './sink-status.ts'

export interface SinkTuning {
  /** Read from the log and held in memory at once, a partition. */
  readonly batchBytes: number
  /** Written to the store at once. Halved after a timeout, for as long as it takes. */
  readonly batchRows: number
  /** The store's progress is told to the log's group so often, for lag to be seen; the store's own is exact. */
  readonly progressIntervalMs: number
  /** A store that is up to date says so anew so often, for it not to look as if it had been away. */
  readonly touchIntervalMs: number
  /** A store without a fence of its own is compared whole with the view topic so often. */
  readonly scrubIntervalMs: number
  /** How long the log keeps tombstones in compacted topics at least. */
  readonly tombstoneRetentionMs: number
  /** A write under way that is not done after so long is given up when the work ends: the store knows how far it is. */
  readonly stopGraceMs: number
  readonly firstBackoffMs: number
  readonly mostBackoffMs: number
}

export const DEFAULT_SINK_TUNING: SinkTuning = {
  batchBytes: 512 * 1024,
  batchRows: 5_000,
  progressIntervalMs: 1_000,
  touchIntervalMs: 3_600_000,
  scrubIntervalMs: 86_400_000,
  tombstoneRetentionMs: 86_400_000,
  stopGraceMs: 5_000,
  firstBackoffMs: 100,
  mostBackoffMs: 30_000,
}

export interface SinkRunnerOptions {
  readonly sink: Sink
  readonly log: Log
  /** Those that do not name the sink's store are left out. */
  readonly views: readonly View[]
  /** Makes the dead letter of a row, to be committed with the group's progress. */
  readonly deadLetter: (row: RefusedRow) => Write
  readonly logger: Logger
  readonly clock: Clock
  readonly tuning?: Partial<SinkTuning>
  /** For the jitter of waits; Math.random unless a test holds it. */
  readonly random?: () => number
}

/** What every part of a runner is given. */
export interface SinkContext extends Omit<SinkRunnerOptions, 'tuning' | 'random'> {
  readonly tuning: SinkTuning
  readonly random: () => number
  /** True once in a while for the same text: what keeps one partition from being written mostly keeps all of them. */
  readonly isNews: (text: string) => boolean
  /** Of a view, by its name. */
  readonly countsOf: (view: string) => SinkCounts
}

export function viewCounts(): SinkContext['countsOf'] {
  const counts = new Map<string, SinkCounts>()
  return (view) => {
    const known = counts.get(view) ?? { rowsWritten: 0, retries: 0, deadLettered: 0 }
    counts.set(view, known)
    return known
  }
}

/** The same is news again after so long. */
const NEWS_MS = 60_000

export function newsOf(clock: Clock): SinkContext['isNews'] {
  const toldAt = new Map<string, number>()
  return (text) => {
    const now = clock.monotonic()
    if (now - (toldAt.get(text) ?? Number.NEGATIVE_INFINITY) < NEWS_MS) return false
    toldAt.set(text, now)
    return true
  }
}

/**
 * The consumer group of a sink in a view topic. A topic made anew has another, and so has the same kind of store at another address: those who
 * share a group share the writing, so that each would have a part of the rows only.
 */
export function sinkGroup(sink: Sink, topicId: string): string {
  const place = createHash('sha256').update(sink.describe()).digest('hex').slice(0, 8)
  return `sink-${sink.name}-${place}.${topicId}`
}
