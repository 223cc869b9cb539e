import { isWindrowError, WindrowError } from '../core/errors.ts'
import { type SpanAttributes, traced } from '../core/tracing.ts'
import type { LogReader, PartitionLease } from '../log/port.ts'
import type { View } from '../views/view.ts'
import { Backoff } from './backoff.ts'
import { GroupProgressKeeper } from './group-progress.ts'
import { isOtherRecord, type LastRecord, lastRecordOf } from './last-record.ts'
import { logMendSource } from './log-mend-source.ts'
import { isUsual, PartitionStats } from './partition-stats.ts'
import type { PreparedStore } from './prepared-store.ts'
import { type RefusedRow, refusedRecord, refusedRow } from './refused-row.ts'
import { type ResumePoint, resumePoint } from './resume-point.ts'
import { RowRecords } from './row-records.ts'
import type { SinkClaim, SinkRow, SinkTarget } from './sink.ts'
import type { SinkContext } from './sink-options.ts'
import type { SinkStatus } from './sink-status.ts'
import { offsetAfter, splitRefused } from './split-refused.ts'

export interface PartitionSinkOptions {
  readonly context: SinkContext
  readonly view: View
  readonly lease: PartitionLease
  readonly store: PreparedStore
  /** Ends the work after the batch under way. */
  readonly stop: AbortSignal
  /** Called where the rows are of a newer version's making, which has to write them. */
  readonly onNewer: () => void
}

/**
 * Writes one partition of a view topic into a store, for as long as its lease is held. Whatever goes wrong, it waits, claims anew, and goes
 * on from what the store says it has: so it makes no difference whether a call that failed was carried out.
 */
export class PartitionSink {
  private readonly context: SinkContext
  private readonly lease: PartitionLease
  private readonly store: PreparedStore
  private readonly target: SinkTarget
  private readonly stopping: AbortSignal
  private readonly onNewer: () => void
  private readonly records: RowRecords
  private readonly stats: PartitionStats
  private readonly progress: GroupProgressKeeper
  private readonly backoff: Backoff
  private nextOffset = 0
  /** One of the last records before it. */
  private last: LastRecord | null = null
  private endOffset = 0
  private batchRows: number
  /** The store was once as this topic says. */
  private owned = false
  private scrubAt = Number.POSITIVE_INFINITY

  constructor({ context, view, lease, store, stop, onNewer }: PartitionSinkOptions) {
    const { clock, log, tuning, random } = context
    this.context = context
    this.lease = lease
    this.store = store
    this.onNewer = onNewer
    this.target = { view, topic: lease.topic, partition: lease.partition }
    this.stopping = AbortSignal.any([stop, lease.lost])
    this.records = new RowRecords(view, log.registry)
    this.stats = new PartitionStats(clock, context.countsOf(view.name))
    this.progress = new GroupProgressKeeper(lease, clock, tuning.progressIntervalMs)
    this.backoff = new Backoff({ firstMs: tuning.firstBackoffMs, mostMs: tuning.mostBackoffMs, random })
    this.batchRows = tuning.batchRows
    this.scheduleScrub()
  }

  /** Resolves when it has stopped. Never rejects: what goes wrong is logged, shown in the status, and tried again. */
  async run(): Promise<void> {
    while (!this.stopping.aborted) {
      try {
        await this.store.open()
        // What others find missing of the view concerns all its partitions, also those that have nothing to write.
        const doubted = this.store.doubted(this.target.view)
        const claim = await this.claim()
        if (claim === null) await this.mend()
        else await this.goOn(claim, doubted)
      } catch (error) {
        if (!this.stopping.aborted) await this.recover(error)
      }
    }
    this.stats.works('stopped')
  }

  async status(): Promise<SinkStatus> {
    const { topic, partition, view } = this.target
    this.endOffset = Math.max(this.endOffset, await this.endNow())
    const { state, rowsWritten, retries, deadLettered, mended, ofView, lastWriteAt, problem, lastError } = this.stats
    return {
      sink: this.context.sink.name,
      view: view.name,
      topic: topic.name,
      partition,
      state,
      nextOffset: this.nextOffset,
      endOffset: this.endOffset,
      lag: Math.max(0, this.endOffset - this.nextOffset),
      rowsWritten,
      rowsPerSecond: this.stats.rowsPerSecond(),
      retries,
      deadLettered,
      mended,
      ofView: { ...ofView },
      lastWriteAt,
      problem,
      lastError,
    }
  }

  /** A generation that is not current any more may be deleted at any time: it has no more then than was seen of it. */
  private async endNow(): Promise<number> {
    const { topic, partition } = this.target
    try {
      return (await this.context.log.bounds(topic, partition)).end
    } catch (error) {
      if (!isWindrowError(error, 'WR_TOPIC_GONE')) throw error
      return this.endOffset
    }
  }

  /**
   * Null where the store knows an epoch that the log has not given yet: it was written before the log was put back to an older state, and
   * what it holds, also how far it is, is of records that this log may never have had.
   */
  private async claim(): Promise<SinkClaim | null> {
    const { sink, logger, isNews } = this.context
    const { view } = this.target
    try {
      return await sink.claim(this.target, this.lease.epoch)
    } catch (error) {
      if (!isWindrowError(error, 'WR_FENCED')) throw error
      // The log refuses this where another process has a later epoch by now.
      await this.progress.commitWith(this.nextOffset, [])
      if (this.owned) throw shared(view, sink.describe())
      const told = `${view.name} was written from a later state of the log than this one: it is compared as a whole`
      // Each of its partitions finds it.
      logger[isNews(told) ? 'warn' : 'debug'](this.facts(), told)
      return null
    }
  }

  private async goOn(claim: SinkClaim, doubted: AbortSignal): Promise<void> {
    const { log, tuning, logger } = this.context
    const { topic, partition, view } = this.target
    const bounds = await log.bounds(topic, partition)
    const point = await this.checked(resumePoint(claim.progress, topic, bounds, tuning.tombstoneRetentionMs), claim)
    const isScrubDue = this.scrubAt <= this.context.clock.monotonic()
    if (isScrubDue) {
      logger.debug(this.facts(), `${view.name} is compared with its topic, as it is now and then`)
      await this.mend()
      return
    }
    if (point.kind === 'mend') {
      if (this.owned && claim.progress !== null && claim.progress.topicId !== topic.id)
        throw shared(view, this.context.sink.describe())
      logger.debug({ ...this.facts(), reason: point.reason }, `${view.name} is compared as a whole with its topic`)
      await this.mend()
      return
    }
    this.owned = true
    this.nextOffset = point.offset
    this.last = claim.progress?.last ?? null
    const reader = log.reader(topic, partition, point.offset)
    try {
      await this.follow(reader, claim.epoch, doubted)
    } finally {
      await reader.close()
    }
    await this.progress.commit(this.nextOffset)
  }

  /** Offsets alone do not tell a log that was put back to an older state, and has grown past the store's progress since. */
  private async checked(point: ResumePoint, { progress }: SinkClaim): Promise<ResumePoint> {
    const { topic, partition } = this.target
    const last = progress?.last ?? null
    if (point.kind === 'mend' || last === null || !(await isOtherRecord(this.context.log, topic, partition, last))) return point
    return { kind: 'mend', reason: 'the log does not have the record any more that was written last' }
  }

  private async follow(reader: LogReader, epoch: number, doubted: AbortSignal): Promise<void> {
    const { tuning, clock } = this.context
    // So many records may have been written without the store keeping the progress, before it was left the last time.
    let doubtful = tuning.batchRows
    let lastWrite = clock.monotonic()
    while (!this.stopping.aborted && !doubted.aborted) {
      const batch = await reader.next(tuning.batchBytes)
      if (batch !== null) {
        this.endOffset = Math.max(this.endOffset, batch.nextOffset)
        const { rows, bad } = await this.records.decode(batch, doubtful <= 0)
        doubtful -= batch.count
        if (bad.length > 0) await this.bury(bad.map((record) => refusedRecord(this.context.sink.name, this.target, record)))
        await this.writeInParts(rows, batch.nextOffset, epoch, lastRecordOf(batch))
        lastWrite = clock.monotonic()
        this.stats.works(this.nextOffset < this.endOffset ? 'catching_up' : 'running')
      } else {
        this.stats.works('running')
        // Marks of transactions take offsets too, which no record brings: they are behind when the end is reached.
        const isBehindMarks = reader.position > this.nextOffset
        if (isBehindMarks || clock.monotonic() - lastWrite >= tuning.touchIntervalMs) {
          await this.write([], Math.max(this.nextOffset, reader.position), epoch)
          lastWrite = clock.monotonic()
        }
      }
      await this.progress.commitWhenDue(this.nextOffset)
      if (batch !== null) continue
      if (this.scrubAt <= clock.monotonic()) return
      await this.waitForMore(reader, lastWrite, doubted)
    }
  }

  private async writeInParts(
    rows: readonly SinkRow[],
    nextOffset: number,
    epoch: number,
    last: LastRecord | null,
  ): Promise<void> {
    const write = (part: readonly SinkRow[], next: number) => {
      // A part's own last record is not known.
      return this.write(part, next, epoch, next === nextOffset ? last : null)
    }
    const refuse = (row: SinkRow, reason: Error) => this.bury([refusedRow(this.context.sink.name, this.target, row, reason)])
    let from = 0
    do {
      const part = rows.slice(from, from + this.batchRows)
      from += part.length
      await splitRefused(part, from === rows.length ? nextOffset : offsetAfter(part), write, refuse)
      this.batchRows = Math.min(this.context.tuning.batchRows, this.batchRows * 2)
    } while (from < rows.length)
  }

  private async write(
    rows: readonly SinkRow[],
    nextOffset: number,
    epoch: number,
    newLast: LastRecord | null = null,
  ): Promise<void> {
    const { sink } = this.context
    const last = newLast ?? this.last
    if (!sink.isFenced && !this.lease.isHeld()) throw notHeld(this.target)
    const write = () => sink.apply({ target: this.target, epoch, rows, nextOffset, last })
    // A write of no rows notes the progress alone.
    await (rows.length === 0 ? write() : traced('sink write', () => this.spanAttributes(rows.length), write))
    this.nextOffset = nextOffset
    this.last = last
    this.stats.wrote(rows.length)
    this.backoff.succeeded()
  }

  private async mend(): Promise<void> {
    const { sink, log, logger, tuning, deadLetter } = this.context
    const { view, topic } = this.target
    const refuse = async (row: RefusedRow): Promise<void> => {
      await log.append([deadLetter(row)])
      this.buried([row])
    }
    const source = logMendSource({
      log,
      sink: sink.name,
      view,
      topic,
      batchBytes: tuning.batchBytes,
      signal: this.stopping,
      refuse,
    })
    const report = await sink.mend(source, this.stopping)
    this.owned = true
    this.scheduleScrub()
    this.stats.mended += 1
    this.stats.wrote(report.written + report.deleted)
    this.backoff.succeeded()
    logger.debug({ ...this.facts(), ...report }, `${view.name} is as its topic says`)
  }

  /**
   * Puts rows into dead letters, with the group's progress in one transaction. Should the store's progress be lost, the same dead letters
   * are written again under the same keys.
   */
  private async bury(rows: readonly RefusedRow[]): Promise<void> {
    await this.progress.commitWith(this.nextOffset, rows.map(this.context.deadLetter))
    this.buried(rows)
  }

  private buried(rows: readonly RefusedRow[]): void {
    this.stats.refused(rows.length)
    for (const { code, message, offset } of rows) {
      this.context.logger.warn({ ...this.facts(), code, offset }, `a row went to dead letters: ${message}`)
    }
  }

  /** Until there is more to read, something is due, or the work ends. */
  private async waitForMore(reader: LogReader, lastWrite: number, doubted: AbortSignal): Promise<void> {
    const { clock, tuning } = this.context
    // Not AbortSignal.any, which would hold on to memory with every wait for as long as the lease is held.
    const waiting = new AbortController()
    const end = (): void => waiting.abort()
    const ends = [this.stopping, doubted]
    for (const signal of ends) signal.addEventListener('abort', end)
    if (ends.some(({ aborted }) => aborted)) end()
    const dueInMs = Math.min(lastWrite + tuning.touchIntervalMs, this.scrubAt) - clock.monotonic()
    const slept = clock.sleep(Math.max(0, Math.min(dueInMs, this.progress.dueInMs(this.nextOffset))), waiting.signal)
    await Promise.race([reader.whenMore(waiting.signal), slept])
    end()
    for (const signal of ends) signal.removeEventListener('abort', end)
  }

  /** Who has the first partition compares the whole view. */
  private scheduleScrub(): void {
    const { sink, clock, tuning } = this.context
    if (!sink.isFenced && this.target.partition === 0) this.scrubAt = clock.monotonic() + tuning.scrubIntervalMs
  }

  private async recover(error: unknown): Promise<void> {
    const { clock, logger, sink, isNews } = this.context
    if (error instanceof WindrowError && error.tooMuchAtOnce) this.batchRows = Math.max(1, this.batchRows >> 1)
    if (!isWindrowError(error, 'WR_FENCED') && !(error instanceof WindrowError && error.canRetry))
      this.store.doubt(this.target.view)
    const { code, message } = this.stats.failed(error)
    if (code === 'WR_ROW_NEWER') this.onNewer()
    const waitMs = Math.round(this.backoff.next())
    const facts = { ...this.facts(), code, tries: this.backoff.tries, wait_ms: waitMs }
    if (this.backoff.tries === 1 && !isUsual(code) && isNews(`${code} ${message}`)) {
      const remedy = isWindrowError(error) ? error.remedy : undefined
      logger.warn({ sink: sink.name, code, remedy }, `cannot be written for now, and is tried again: ${message}`)
    } else logger.debug(facts, `${this.target.view.name} still cannot be written: ${message}`)
    await clock.sleep(waitMs, this.stopping)
  }

  private spanAttributes(rows: number): SpanAttributes {
    const { view, partition } = this.target
    return {
      'windrow.sink': this.context.sink.name,
      'windrow.view': view.name,
      'windrow.partition': partition,
      'windrow.rows': rows,
    }
  }

  private facts(): object {
    const { view, topic, partition } = this.target
    return { sink: this.context.sink.name, view: view.name, topic: topic.name, partition }
  }
}

function notHeld({ view, partition }: SinkTarget): WindrowError {
  return new WindrowError('WR_FENCED', {
    message: `partition ${partition} of ${view.name} may be written by another process by now`,
    remedy: 'Nothing needs to be done: this process goes on when the partition is its own again.',
    facts: { view: view.name, partition },
    canRetry: true,
  })
}

function shared(view: View, where: string): WindrowError {
  return new WindrowError('WR_SINK_SHARED', {
    message: `${view.name} in ${where} is written by another windrow too, from another log`,
    remedy: 'Give each windrow a database or schema of its own, or let them share one log.',
    facts: { view: view.name, where },
    kind: 'usage',
  })
}
