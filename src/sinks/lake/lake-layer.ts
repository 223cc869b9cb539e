import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { Log } from '../../log/port.ts'
import type { LakeDatabase } from './lake-database.ts'
import type { LakeTuning } from './lake-tuning.ts'
import type { LakeStorage } from './storage/storage.ts'

/** What a layer is given while the lake is this process's to write. */
export interface LakeWriter {
  readonly storage: LakeStorage
  readonly log: Log
  readonly database: LakeDatabase
  readonly tuning: LakeTuning
  readonly clock: Clock
  readonly logger: Logger
  /** The name of the lake's lease, and its epoch: files of state carry both, and one who finds a later epoch of the same lease there is refused. */
  readonly lease: string
  readonly epoch: number
  /** Aborts when the lake is not this process's any more, or all is to end. */
  readonly signal: AbortSignal
  /** True while nobody else can have the lake yet: asked before files are removed, for which there is no fence. */
  isHeld(): boolean
  /** Rejects with WR_FENCED when the log says that another process has the lake by now. */
  confirm(): Promise<void>
  /** Only as far as the log reaches when the layer is opened. */
  readonly once: boolean
}

/** A part of a lake with files and progress of its own: it follows topics of the log, and goes on whatever becomes of the others. */
export interface LakeLayer {
  readonly name: string
  /**
   * Reads how far its files are, and marks them as this writer's. Called first, and again after whatever went wrong: all that was buffered is
   * gone then. Rejects with what a person has to mend (kind `usage`), or with what may pass.
   */
  open(writer: LakeWriter): Promise<LakeWork>
}

export interface LakeWork {
  /** Reads on and buffers: about a megabyte of each partition. False when there is nothing more for now. */
  read(): Promise<boolean>
  /** Rows that were read and are in no file yet. */
  readonly buffered: number
  /** In how many milliseconds that has to be written: 0 now, Infinity where nothing is buffered. */
  dueInMs(): number
  /** Writes what is buffered, and then how far it came: what a crash in between leaves is found and kept by the next try. */
  flush(): Promise<Written>
  /** Resolves when there may be more to read, or when the signal aborts. */
  whenMore(signal: AbortSignal): Promise<void>
  statuses(): Promise<readonly LakeProgress[]>
  close(): Promise<void>
}

/** What a flush wrote: rows that were new to it, and whole files. */
export interface Written {
  readonly rows: number
  readonly files: number
  readonly bytes: number
}

export const NOTHING: Written = { rows: 0, files: 0, bytes: 0 }

export function sumOf(parts: readonly Written[]): Written {
  return parts.reduce(
    (sum, { rows, files, bytes }) => ({ rows: sum.rows + rows, files: sum.files + files, bytes: sum.bytes + bytes }),
    NOTHING,
  )
}

/** How far a part of a layer is in one partition of what it follows. */
export interface LakeProgress {
  readonly topic: string
  readonly partition: number
  /** All before it is in the files. */
  readonly nextOffset: number
  readonly endOffset: number
  readonly lag: number
}

export type LakeLayerState = 'waiting' | 'catching_up' | 'running' | 'retrying' | 'stopped'

export interface LakeLayerStatus {
  readonly layer: string
  /** `waiting`: another process has the lake. */
  readonly state: LakeLayerState
  readonly progress: readonly LakeProgress[]
  readonly rowsWritten: number
  readonly filesWritten: number
  readonly bytesWritten: number
  readonly retries: number
  /** Milliseconds since the epoch; null before the first. */
  readonly lastFlushAt: number | null
  readonly lastError: { readonly code: string; readonly message: string; readonly at: number } | null
}
