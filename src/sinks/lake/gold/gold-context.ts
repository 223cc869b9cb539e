import type { Clock } from '../../../core/clock.ts'
import type { Logger } from '../../../core/logger.ts'
import type { Log } from '../../../log/port.ts'
import type { RefusedRow } from '../../refused-row.ts'
import type { LakeDatabase } from '../lake-database.ts'
import type { LakeStorage } from '../storage/storage.ts'

export interface GoldTuning {
  /** A part of a month has about so many rows at most. */
  readonly rowsPerFile: number
  readonly batchBytes: number
  /** How long the log keeps tombstones in compacted topics at least. */
  readonly tombstoneRetentionMs: number
  /** A view that is up to date says so anew so often, and its files are looked at: whether they are those that were written. */
  readonly touchIntervalMs: number
}

export const DEFAULT_GOLD_TUNING: GoldTuning = {
  rowsPerFile: 1_000_000,
  batchBytes: 1024 * 1024,
  tombstoneRetentionMs: 86_400_000,
  touchIntervalMs: 3_600_000,
}

/** What the views of a lake are written with, by one owner of the lake. */
export interface GoldContext {
  readonly storage: LakeStorage
  readonly log: Log
  readonly clock: Clock
  readonly logger: Logger
  /** Of the right to write. */
  readonly epoch: number
  /** Throws where the right to write is lost. Called before every write. */
  readonly assertHeld: () => void
  readonly signal: AbortSignal
  readonly database: LakeDatabase
  readonly tuning: GoldTuning
  /** Puts a row that no file can have into dead letters. */
  readonly refuse: (row: RefusedRow) => Promise<void>
}

/** The name of the lake as a sink, in the origin of dead letters. */
export const LAKE_SINK = 'lake'
