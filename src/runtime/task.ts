import { isWindrowError, messageOf } from '../core/errors.ts'
import type { RecordBatch } from '../core/record-block.ts'
import { indexOfOffset, sliceBatch } from '../core/slice-batch.ts'
import { traced } from '../core/tracing.ts'
import { untilAnyAborts } from '../core/until-any-aborts.ts'
import { Dictionaries } from '../events/dictionaries.ts'
import type { ReadingBatch } from '../events/reading-batch.ts'
import { createReadingDecoder, type ReadingDecoder } from '../events/reading-decoder.ts'
import { schemaCache } from '../events/schema-cache.ts'
import { Branches } from './branches.ts'
import { CheckpointRhythm } from './checkpoint-rhythm.ts'
import { countAgain } from './count-again.ts'
import { DeadLetterOutput, tooLate } from './dead-letter-output.ts'
import { emission } from './emission.ts'
import { emptyLedger, type Ledger } from './ledger.ts'
import { ReadingStore } from './reading-store.ts'
import { firstOffset, readAgain } from './recovery.ts'
import { patiently } from './retry-patiently.ts'
import { openSegmentDisk } from './segment-disk.ts'
import { standStill } from './stand-still.ts'
import type { TaskOptions } from './task-options.ts'
import { parseTaskProgress, type TaskProgress, taskProgressText } from './task-progress.ts'
import type { TaskState, TaskStatus } from './task-status.ts'

const WAITING = {
  WR_DISK_FULL: 'waiting for disk space',
  WR_REGISTRY_UNREACHABLE: 'waiting for the schema registry',
} as const satisfies Readonly<Record<string, TaskState>>

/** A reading of before this long ago is one to catch up with. */
const BEHIND_MS = 5_000

/**
 * Runs every topology of an event on one partition of its readings: the unit of order, state, commit and recovery. It pulls from the
 * log, so a slow disk makes it wait and never grow.
 */
export class Task {
  private readonly options: TaskOptions
  private readonly dictionaries = new Dictionaries()
  private readonly decoder: ReadingDecoder
  private readonly schemas: ReturnType<typeof schemaCache>
  private readonly letters: DeadLetterOutput | null
  /** As of the last commit before this task. */
  private readonly before: TaskProgress
  private branches: Branches | null = null
  private store: ReadingStore
  private decoded: ReadingBatch | undefined
  private ledger: Ledger
  private state: TaskState = 'recovering'
  private recovered = 0
  /** What the group has committed: in order with all views, and counted. */
  private committed: number
  /** The next offset to take; behind what is committed where a view is brought up to the others. */
  private position: number
  private stoodStillFor: string | null
  private pendingRecords = 0
  private pendingSince = 0
  private rowsAReading = 1
  private readonly checkpoints: CheckpointRhythm
  private lastEventTime: number | null = null
  private lastAppendAt: number | null = null
  private commits = 0
  private lastCommitMs: number | null = null
  private lastCommitAt: number | null = null

  constructor(options: TaskOptions) {
    this.options = options
    const { lease, event, log } = options
    this.schemas = schemaCache(log.registry)
    const { topic, partition } = lease
    this.decoder = createReadingDecoder({
      event,
      dictionaries: this.dictionaries,
      partition,
      partitions: topic.partitions,
      schemas: this.schemas,
      ...(options.asOf === undefined ? {} : { asOf: options.asOf }),
    })
    this.letters = options.deadLetters === null ? null : new DeadLetterOutput(options.deadLetters, topic, partition)
    this.committed = options.progress?.offset ?? 0
    this.position = this.committed
    this.before = parseTaskProgress(options.progress?.metadata ?? '')
    this.ledger = { ...this.before.ledger }
    this.stoodStillFor = this.before.stoodStillFor
    this.store = this.newStore(null)
    this.checkpoints = new CheckpointRhythm(options.tuning.checkpointReadings)
  }

  status(): TaskStatus {
    const { topic, partition } = this.options.lease
    return {
      topic: topic.name,
      partition,
      state: this.state,
      recovered: this.state === 'recovering' ? this.recovered : null,
      committed: this.committed,
      ledger: { ...this.ledger },
      stateBytes: this.store.bytes,
      lastEventTime: this.lastEventTime,
      lastAppendAt: this.lastAppendAt,
      rows: this.branches?.rows ?? 0,
      commits: this.commits,
      lastCommitMs: this.lastCommitMs,
      lastCommitAt: this.lastCommitAt,
    }
  }

  /**
   * Runs until the signal aborts or the lease is lost; then what is pending is committed where that is still allowed, and the
   * local state is saved. Rejects when it cannot go on; the partition stays where the last commit left it.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { lease } = this.options
    const stop = AbortSignal.any([signal, lease.lost])
    try {
      await this.recover(stop)
      if (!stop.aborted) await this.process(stop)
      this.state = 'stopped'
      if (lease.lost.aborted && !signal.aborted) this.tellLost()
    } catch (error) {
      if (isWindrowError(error, 'WR_FENCED') || lease.lost.aborted) {
        this.state = 'stopped'
        this.tellLost()
        return
      }
      // It was ended while it waited: what it had not committed is in the log.
      if (signal.aborted && isWindrowError(error, 'WR_REGISTRY_UNREACHABLE')) {
        this.state = 'stopped'
        return
      }
      this.state = 'failed'
      throw error
    } finally {
      this.store.close()
    }
  }

  private tellLost(): void {
    const { lease, logger } = this.options
    const facts = { topic: lease.topic.name, partition: lease.partition, reason: messageOf(lease.lost.reason) }
    logger.info(facts, 'the partition is not held here any more; whoever gets it next goes on from what is committed')
  }

  /** Brings the reading store up to where the views begin, from what the disk has and the log, without emitting. */
  private async recover(stop: AbortSignal): Promise<void> {
    const { lease, topologies, generations } = this.options
    this.state = 'recovering'
    const { committed, before } = this
    this.branches = new Branches({ lease, topologies, generations, progress: before, committed })
    this.position = this.branches.start
    if (committed > 0 && before.allowedLatenessMs !== this.options.allowedLatenessMs) {
      await this.countAgain(stop)
      if (stop.aborted || this.position === committed) return
    }
    // What is on disk may hold readings of after an earlier start.
    const discard = this.options.discardState || this.position < committed
    const uncounted = emptyLedger()
    await this.restore(this.position, discard, stop, async (batch) => {
      this.store.apply(await this.decode(batch, stop), uncounted, [], true)
    })
  }

  /** The views may be of what is allowed now already (a replay has seen to it); the counts and the dead letters are not. */
  private async countAgain(stop: AbortSignal): Promise<void> {
    const { log, lease, clock, logger, allowedLatenessMs, tuning } = this.options
    const { letters, before, committed } = this
    this.ledger = await countAgain({
      ...{ log, lease, clock, logger, letters, before, committed, allowedLatenessMs, stop },
      maxLetters: tuning.batchRecords,
      read: (take) => this.restore(committed, true, stop, async (batch) => take(batch, await this.decode(batch, stop))),
      apply: (decoded, ledger, late) => void this.store.apply(decoded, ledger, late, false),
      commit: (metadata, writes) => this.patiently(stop, () => lease.commit({ offset: committed, metadata }, writes)),
    })
  }

  /** Brings a new reading store up to an offset, from what the disk has and the log, without emitting. */
  private async restore(
    to: number,
    discard: boolean,
    stop: AbortSignal,
    take: (batch: RecordBatch) => Promise<void>,
  ): Promise<void> {
    const { kv, log, lease, clock, logger, event, allowedLatenessMs, asOf } = this.options
    const { dictionaries } = this
    const { width } = this.decoder
    const wanted = { event, lease, dictionaries, width, committed: to, discard, allowedLatenessMs, asOf }
    const disk = kv === null ? null : await this.patiently(stop, () => openSegmentDisk({ kv, ...wanted }))
    this.store.close()
    this.store = this.newStore(disk)
    const from = disk?.offset ?? 0
    if (from >= to) return
    this.recovered = 0
    await readAgain({
      log,
      lease,
      from,
      to,
      batchBytes: this.options.tuning.batchBytes,
      stop,
      clock,
      logger,
      take: async (batch) => {
        await take(batch)
        this.noteTimes(batch)
        if (this.store.overBudget) await this.store.relieve()
      },
      onProgress: (part) => {
        this.recovered = part
      },
    })
    this.store.settle()
  }

  private async process(stop: AbortSignal): Promise<void> {
    const { lease, log, tuning, logger } = this.options
    this.state = 'running'
    const from = await firstOffset({ log, lease, from: this.position, logger }, 'what was not processed yet is not in the views')
    const reader = log.reader(lease.topic, lease.partition, from)
    try {
      while (!stop.aborted) {
        await this.followGenerations(stop)
        const { changed } = this.options.generations
        const batch = await reader.next(tuning.batchBytes)
        if (batch === null) {
          // Marks of transactions take offsets too, which no record brings: they are behind when the end is reached.
          this.position = Math.max(this.position, reader.position)
          const owesCommit = this.position > this.committed || !(this.branches as Branches).areNoted(this.position)
          if (this.pendingRecords > 0 || owesCommit) await this.commit(stop)
          else await untilAnyAborts([stop, changed], (signal) => reader.whenMore(signal))
          continue
        }
        await this.takeInSlices(batch, stop)
        this.position = Math.max(this.position, batch.nextOffset)
      }
      if (lease.lost.aborted) return
      if (this.pendingRecords > 0) await this.commit(stop)
      if (this.options.isStateOfUse?.() !== false) await this.checkpoint()
    } finally {
      await reader.close()
    }
  }

  private async takeInSlices(batch: RecordBatch, stop: AbortSignal): Promise<void> {
    const { branches, options } = this
    for (let at = 0; at < batch.count; ) {
      const boundary = (branches as Branches).boundaryAfter(this.position)
      const to = Math.min(batch.count, at + options.tuning.batchRecords, indexOfOffset(batch, boundary))
      if (to > at) await this.take(sliceBatch(batch, at, to), stop)
      // What begins here begins with a commit, so that it knows what was before.
      const begins = to < batch.count && (batch.offsets[to] as number) >= boundary
      if (begins) this.position = Math.max(this.position, boundary)
      if (this.pendingRecords > 0 && (begins || this.isDue())) await this.commit(stop)
      at = to
    }
  }

  /** Stands still for a replay that asks for it, and turns to generations that became current. */
  private async followGenerations(stop: AbortSignal): Promise<void> {
    const { generations, event, clock } = this.options
    const branches = this.branches as Branches
    const replay = generations.handoverOf(event.name)
    if (replay !== null && replay !== this.stoodStillFor && this.position >= this.committed) {
      this.stoodStillFor = replay
      await this.commit(stop)
      await standStill({ generations, event: event.name, replay, clock, stop })
    }
    if (stop.aborted || !branches.areOutdated()) return
    if (this.pendingRecords > 0) await this.commit(stop)
    branches.turn(this.committed)
  }

  private isDue(): boolean {
    const { tuning, clock } = this.options
    const { pendingRecords } = this
    if (pendingRecords === 0) return false
    if (pendingRecords >= tuning.commitReadings || pendingRecords * this.rowsAReading >= tuning.commitRows) return true
    if (this.store.overBudget) return true
    const isBehind = clock.now() - (this.lastAppendAt ?? 0) > BEHIND_MS
    return clock.monotonic() - this.pendingSince >= (isBehind ? tuning.catchUpIntervalMs : tuning.commitIntervalMs)
  }

  private async decode(batch: RecordBatch, stop: AbortSignal): Promise<ReadingBatch> {
    const unknown = this.decoder.unknownSchemaIds(batch)
    if (unknown.length > 0) await this.patiently(stop, () => this.schemas.load(unknown))
    this.decoded = this.decoder.decode(batch, this.decoded)
    return this.decoded
  }

  /** Takes records into the store and lets every topology note what they touched. */
  private async take(batch: RecordBatch, stop: AbortSignal): Promise<void> {
    const { clock, allowedLatenessMs } = this.options
    if (this.pendingRecords === 0) this.pendingSince = clock.monotonic()
    const decoded = await this.decode(batch, stop)
    const late: number[] = []
    const first = batch.offsets[0] as number
    // What is read a second time, for one of the views, was counted the first time.
    const isCounted = first >= this.committed
    const changes = this.store.apply(decoded, isCounted ? this.ledger : emptyLedger(), late, false)
    ;(this.branches as Branches).note(changes, first)
    if (isCounted) {
      for (const fault of decoded.faults) this.letters?.add(fault, clock.now())
      for (const i of late) this.letters?.add(tooLate(batch, decoded.offsets[i] as number, allowedLatenessMs), clock.now())
      this.ledger.deadLettered += decoded.faults.length
      this.ledger.accepted += batch.count
    }
    this.pendingRecords += batch.count
    this.position = batch.nextOffset
    this.noteTimes(batch)
    for (let i = 0; i < decoded.count; i++) {
      const timestamp = decoded.rows[i * decoded.width] as number
      if (this.lastEventTime === null || timestamp > this.lastEventTime) this.lastEventTime = timestamp
    }
  }

  private noteTimes(batch: RecordBatch): void {
    if (batch.count > 0) this.lastAppendAt = batch.appendedAt[batch.count - 1] as number
  }

  private commit(stop: AbortSignal): Promise<void> {
    const { pendingRecords: readings, branches } = this
    const { topic, partition } = this.options.lease
    const before = branches?.rows ?? 0
    const attributes = () => ({
      'windrow.topic': topic.name,
      'windrow.partition': partition,
      'windrow.readings': readings,
      'windrow.rows': (branches?.rows ?? 0) - before,
    })
    return traced('task commit', attributes, () => this.commitNow(stop))
  }

  /** Emits the rows that changed and commits them with the offset, in one transaction. */
  private async commitNow(stop: AbortSignal): Promise<void> {
    const { lease, clock, allowedLatenessMs } = this.options
    const started = clock.monotonic()
    const branches = this.branches as Branches
    const rowsBefore = branches.rows
    const { position } = this
    const rows = branches.emit(emission(this.store, this.options.event), position)
    if (this.pendingRecords > 0) this.rowsAReading = (branches.rows - rowsBefore) / this.pendingRecords
    const writes = [...rows, ...(this.letters?.take() ?? [])]
    const offset = Math.max(position, this.committed)
    const { ledger, stoodStillFor } = this
    const metadata = taskProgressText({ ledger, allowedLatenessMs, stoodStillFor, ...branches.progressAt(position) })
    await this.patiently(stop, () => lease.commit({ offset, metadata }, writes))
    this.committed = offset
    this.store.settle()
    this.checkpoints.committed(this.pendingRecords)
    this.pendingRecords = 0
    this.commits += 1
    this.lastCommitMs = clock.monotonic() - started
    this.options.onCommit?.(lease.topic.name, this.lastCommitMs / 1000)
    this.lastCommitAt = clock.now()
    if (this.store.overBudget) await this.patiently(stop, () => this.store.relieve())
    if (this.checkpoints.isDue(() => this.store.unsavedReadings())) await this.checkpoint()
  }

  /** The state may lag, so a checkpoint that finds no room is left for later. */
  private async checkpoint(): Promise<void> {
    const { lease, logger } = this.options
    try {
      await this.store.checkpoint(Math.min(this.position, this.committed))
      this.checkpoints.saved()
    } catch (error) {
      if (!isWindrowError(error, 'WR_DISK_FULL')) throw error
      logger.warn(
        { topic: lease.topic.name, partition: lease.partition, code: error.code },
        'no room to save the local state; it will be read from the log again',
      )
    }
  }

  /** Tries again while the disk is full, or the registry that knows a schema is away: the task waits and holds what it has. */
  private async patiently<T>(stop: AbortSignal, action: () => Promise<T>): Promise<T> {
    const { clock, logger, lease, waitsForRoom = true } = this.options
    const { state } = this
    try {
      return await patiently(action, {
        clock,
        signal: stop,
        codes: Object.keys(WAITING).filter((code) => waitsForRoom || code !== 'WR_DISK_FULL'),
        onFailure: ({ code, remedy, message }) => {
          if (this.state === state) logger.error({ topic: lease.topic.name, partition: lease.partition, code, remedy }, message)
          this.state = WAITING[code as keyof typeof WAITING]
        },
      })
    } finally {
      if (this.state !== state) this.state = state
    }
  }

  private newStore(disk: Awaited<ReturnType<typeof openSegmentDisk>> | null): ReadingStore {
    const { dictionaries, decoder, options } = this
    const { event, budget, allowedLatenessMs } = options
    return new ReadingStore({ event, dictionaries, width: decoder.width, disk, budget, allowedLatenessMs })
  }
}
