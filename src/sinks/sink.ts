import type { Topic } from '../log/port.ts'
import type { Cell, StoreName, View } from '../views/view.ts'
import type { FinalRows } from './final-rows.ts'
import type { LastRecord } from './last-record.ts'

/** One partition of the topic of a view's current generation. */
export interface SinkTarget {
  readonly view: View
  readonly topic: Topic
  readonly partition: number
}

/** The latest change of one key in a batch. */
export interface SinkRow {
  /** The canonical JSON array of the key's cells. */
  readonly key: string
  /** The cells of the key columns alone. */
  readonly keyCells: readonly Cell[]
  /** All cells in the view's order, null where the row is gone. */
  readonly cells: readonly Cell[] | null
  /** Of the record in the view topic. */
  readonly offset: number
  /** The record's value as the log has it, null for a tombstone: a window into the batch that was read. */
  readonly value: Uint8Array | null
  /** True only where the store certainly has no row of this key yet. */
  readonly isNew: boolean
}

/** How far a partition has been written. */
export interface PartitionProgress {
  /** The first offset that has not been written. */
  readonly nextOffset: number
  /** One of the last records before it; null where that is not known. */
  readonly last: LastRecord | null
}

/** The same, as the store itself says. */
export interface SinkProgress extends PartitionProgress {
  readonly topicId: string
  /** Since the progress was last written, by the store's own clock. */
  readonly ageMs: number
}

/** What a claim gives: the right to write, until somebody else claims. */
export interface SinkClaim {
  readonly epoch: number
  /** Null when the store does not know how what it holds came about, so that it has to be compared whole. */
  readonly progress: SinkProgress | null
}

/** With it the progress once the rows are written. */
export interface SinkBatch extends PartitionProgress {
  readonly target: SinkTarget
  /** Of the claim. */
  readonly epoch: number
  /** At most one a key, by ascending offset. */
  readonly rows: readonly SinkRow[]
}

/** The final state of a view topic, for comparing a store with it. */
export interface MendSource {
  readonly view: View
  readonly topic: Topic
  /** The end of a partition as it is now. */
  end(partition: number): Promise<number>
  /** The changes in [from, to), in bounded batches of at most one row a key, by ascending offset. Rejects when the signal aborts. */
  read(partition: number, from: number, to: number): AsyncIterable<readonly SinkRow[]>
  /** The last record of a partition that `read` has given up to now, whatever it was; null where there was none. */
  lastRecord(partition: number): LastRecord | null
  /** The last row of each key, in memory and on disk. The caller closes it. */
  finalRows(): Promise<FinalRows>
  /** The cells of a record's value that `read` has given. */
  cellsOf(value: Uint8Array): readonly Cell[]
  /** For a row that the store refuses for ever: it goes to dead letters, and the mending goes on without it. */
  refuse(row: SinkRow, partition: number, reason: Error): Promise<void>
}

export interface MendReport {
  /** Rows that were missing or different, and are written now. */
  readonly written: number
  /** Rows that the view does not have. */
  readonly deleted: number
}

/**
 * A store that holds views. It keeps its own progress, together with the rows where it can, so that rows are in it once whatever ends
 * when. Calls reject with WR_FENCED when another owner has claimed the partition since (nothing was written), with WR_ROW_REFUSED
 * when the store refuses something in the batch for ever (nothing was written), with an error of `canRetry` while it is away (of
 * `tooMuchAtOnce` too, where fewer rows may do), and with any other for what a person has to mend.
 */
export interface Sink {
  /** For instance `postgres`: part of the consumer group's name and of the origin of dead letters. */
  readonly name: string
  /** Views that name this store are written to it. */
  readonly store: StoreName
  /**
   * True where the store itself keeps what an old owner still writes from standing. False: it is asked for by the clock whether the
   * lease is held before each write, and the whole is compared now and then.
   */
  readonly isFenced: boolean
  /** Makes what is missing for these views. Called before anything else, and again after a failure that is not `canRetry`. */
  open(views: readonly View[]): Promise<void>
  /** Becomes the only one who may write. `leaseEpoch` is that of the log's lease: a holder of an older one is refused with WR_FENCED. */
  claim(target: SinkTarget, leaseEpoch: number): Promise<SinkClaim>
  /** How far the store has the view from this topic, by partition; 0 where it has nothing of it, also before it was ever opened. */
  progress(view: View, topic: Topic): Promise<readonly number[]>
  /** Writes the rows and the progress: both or neither where the store can. No rows: the progress alone. */
  apply(batch: SinkBatch): Promise<void>
  /**
   * Compares the whole view with the topic, writes what differs, deletes what is too much, and sets the progress of every partition.
   * Claims of all partitions end by it. WR_SINK_MENDING (`canRetry`) while another process does the same.
   */
  mend(source: MendSource, signal: AbortSignal): Promise<MendReport>
  /** All rows that the store holds of the view (none where it was never opened, or has lost the table), in any order, some thousands at a time: pages are read as they are asked for. */
  rows(view: View): AsyncIterable<ReadonlyArray<readonly Cell[]>>
  /** Where it writes, without secrets. */
  describe(): string
  close(): Promise<void>
}
