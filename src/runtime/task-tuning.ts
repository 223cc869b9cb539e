/** How often a task commits and how much it takes at once. */
export interface TaskTuning {
  /** While readings that the log took just now keep coming, rows are committed at the latest after this. */
  readonly commitIntervalMs: number
  /** The same while catching up, when nobody waits for a single row: the rarer, the fewer times a window is computed. */
  readonly catchUpIntervalMs: number
  /** Rows are committed after so many readings at the latest. */
  readonly commitReadings: number
  /** Rows are committed when about so many have changed, since all rows of a commit are in memory at once. */
  readonly commitRows: number
  /** Bytes of records taken at once. */
  readonly batchBytes: number
  /** Records taken at once. */
  readonly batchRecords: number
  /**
   * The local state is brought up to the log after so many readings; a start reads at most about as many again. Ten times as many where
   * readings come in no order of time, since nearly all segments would be written each time.
   */
  readonly checkpointReadings: number
}

export const DEFAULT_TUNING: TaskTuning = {
  commitIntervalMs: 100,
  catchUpIntervalMs: 1_000,
  commitReadings: 200_000,
  commitRows: 50_000,
  batchBytes: 1024 * 1024,
  batchRecords: 20_000,
  checkpointReadings: 100_000,
}
