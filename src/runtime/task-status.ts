import type { Ledger } from './ledger.ts'

export type TaskState =
  | 'recovering'
  | 'running'
  | 'waiting for disk space'
  | 'waiting for the schema registry'
  | 'stopped'
  | 'failed'

/** What a task is doing, for metrics, the page and `doctor`. */
export interface TaskStatus {
  readonly topic: string
  readonly partition: number
  readonly state: TaskState
  /** While recovering, the part of what the local state lacks that has been read from the log again, 0 to 1; null otherwise. */
  readonly recovered: number | null
  /** The next offset to process. */
  readonly committed: number
  readonly ledger: Readonly<Ledger>
  /** Bytes of readings in memory. */
  readonly stateBytes: number
  /** Start of the newest reading processed, null before the first. */
  readonly lastEventTime: number | null
  /** When the log took the newest record processed, null before the first. */
  readonly lastAppendAt: number | null
  readonly rows: number
  readonly commits: number
  readonly lastCommitMs: number | null
  /** When the last commit of this task was acknowledged, null before the first. */
  readonly lastCommitAt: number | null
}
