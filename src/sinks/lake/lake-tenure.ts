import { isWindrowError, messageOf, WindrowError } from '../../core/errors.ts'
import { untilAnyAborts } from '../../core/until-any-aborts.ts'
import type { PartitionLease } from '../../log/port.ts'
import { Backoff } from '../backoff.ts'
import { type LakeDatabase, openLakeDatabase } from './lake-database.ts'
import { lakeGroup } from './lake-group.ts'
import type { LakeLayer, LakeWork, LakeWriter } from './lake-layer.ts'
import type { LakeOptions } from './lake-runner.ts'
import type { LakeTuning } from './lake-tuning.ts'
import type { LayerStats } from './layer-stats.ts'

export interface LakeTenureOptions extends Omit<LakeOptions, 'tuning'> {
  readonly tuning: LakeTuning
  readonly lease: PartitionLease
  readonly stats: ReadonlyMap<string, LayerStats>
  readonly once: boolean
  readonly random: () => number
}

/** The time for which this process has a lake. Each layer works by itself: what keeps one from going on does not hold up the others. */
export class LakeTenure {
  private readonly options: LakeTenureOptions
  private readonly ending = new AbortController()
  /** Aborts when what is buffered is to be written and nothing more to be read. */
  private readonly settling = new AbortController()
  private running: Promise<unknown> = Promise.resolve()

  constructor(options: LakeTenureOptions) {
    this.options = options
  }

  /** Resolves to true when every layer has all that there was (with `once`), to false when it was ended; rejects with what a person has to mend. */
  run(): Promise<boolean> {
    const running = this.work()
    this.running = running.catch(() => undefined)
    return running
  }

  /** Resolves when what is buffered is written, unless it is much or cannot be written now. */
  async settle(): Promise<void> {
    this.settling.abort()
    await this.running
  }

  async end(): Promise<void> {
    this.ending.abort()
    await this.running
  }

  private async work(): Promise<boolean> {
    const { layers, lease, tuning, storage, log, clock, logger, once } = this.options
    const signal = AbortSignal.any([this.ending.signal, lease.lost])
    if (signal.aborted) return false
    const database = await this.openDatabase(signal)
    if (database === null) return false
    try {
      const confirm = async (): Promise<void> => {
        await lease.commit(lease.progress ?? { offset: 0, metadata: '' }, [])
      }
      const own = { lease: lakeGroup(storage), epoch: lease.epoch }
      const writer = { storage, log, database, tuning, clock, logger, once, signal, confirm, ...own }
      const isHeld = (): boolean => lease.isHeld() && !signal.aborted
      const all = await Promise.allSettled(layers.map((layer) => this.keep(layer, { ...writer, isHeld })))
      const failed = all.find((each) => each.status === 'rejected')
      if (failed !== undefined) throw failed.reason
      return all.every((each) => each.status === 'fulfilled' && each.value)
    } finally {
      await database.close()
    }
  }

  /** Null where it was ended before that could be done. */
  private async openDatabase(signal: AbortSignal): Promise<LakeDatabase | null> {
    const { layers, stats } = this.options
    const { scratch, memoryMb, threads } = this.options.tuning
    const backoff = this.newBackoff()
    while (!this.isOver(signal)) {
      try {
        return await openLakeDatabase({ scratch, memoryMb, threads })
      } catch (error) {
        if (this.isOver(signal)) break
        // No layer can do anything meanwhile.
        for (const { name } of layers) this.recover(name, error, stats.get(name) as LayerStats, backoff)
        await this.wait(backoff, signal)
      }
    }
    return null
  }

  /** Whatever goes wrong, the layer is opened anew, and goes on from what its files say. */
  private async keep(layer: LakeLayer, writer: LakeWriter): Promise<boolean> {
    const stats = this.options.stats.get(layer.name) as LayerStats
    const backoff = this.newBackoff()
    let isDone = false
    while (!isDone && !this.isOver(writer.signal)) {
      try {
        isDone = await this.follow(layer, writer, stats, backoff)
      } catch (error) {
        if (this.isOver(writer.signal)) break
        this.recover(layer.name, error, stats, backoff)
        await this.wait(backoff, writer.signal)
      } finally {
        await this.close(layer.name, stats)
      }
    }
    stats.state = writer.signal.aborted && !this.ending.signal.aborted ? 'waiting' : 'stopped'
    return isDone
  }

  /** What fails here has failed before, or is nobody's concern any more: it must not end the layer. */
  private async close(layer: string, stats: LayerStats): Promise<void> {
    const { work } = stats
    stats.work = null
    try {
      await work?.close()
    } catch (error) {
      this.options.logger.debug({ layer, error: messageOf(error) }, 'what a layer of the lake had open could not be closed')
    }
  }

  private newBackoff(): Backoff {
    const { tuning, random } = this.options
    return new Backoff({ firstMs: tuning.firstBackoffMs, mostMs: tuning.mostBackoffMs, random })
  }

  private isOver(signal: AbortSignal): boolean {
    return signal.aborted || this.settling.signal.aborted
  }

  private async follow(layer: LakeLayer, writer: LakeWriter, stats: LayerStats, backoff: Backoff): Promise<boolean> {
    const { once, tuning } = this.options
    const work = await layer.open(writer)
    stats.work = work
    while (!writer.signal.aborted) {
      if (this.settling.signal.aborted) {
        if (work.buffered > 0 && work.buffered <= tuning.flushRows) await this.flush(layer.name, work, writer, stats, backoff)
        return false
      }
      const hasMore = await work.read()
      stats.state = hasMore ? 'catching_up' : 'running'
      if (work.dueInMs() <= 0 || (once && !hasMore)) {
        await this.flush(layer.name, work, writer, stats, backoff)
      } else if (!hasMore) await this.waitForMore(work, writer)
      if (once && !hasMore) return true
    }
    return false
  }

  /** What is buffered took its time: while the storage is away it is kept. */
  private async flush(layer: string, work: LakeWork, writer: LakeWriter, stats: LayerStats, backoff: Backoff): Promise<void> {
    const { clock } = this.options
    for (;;) {
      try {
        stats.wrote(await work.flush(), clock.now())
        backoff.succeeded()
        return
      } catch (error) {
        if (!isWindrowError(error, 'WR_LAKE_AWAY') || this.isOver(writer.signal)) throw error
        this.recover(layer, error, stats, backoff)
        await this.wait(backoff, writer.signal)
      }
    }
  }

  private async wait(backoff: Backoff, signal: AbortSignal): Promise<void> {
    const waitMs = Math.round(backoff.next())
    await untilAnyAborts([signal, this.settling.signal], (ends) => this.options.clock.sleep(waitMs, ends))
  }

  private async waitForMore(work: LakeWork, { clock, signal }: LakeWriter): Promise<void> {
    await untilAnyAborts([signal, this.settling.signal], async (ends) => {
      const waiting = new AbortController()
      const end = (): void => waiting.abort()
      ends.addEventListener('abort', end)
      await Promise.race([work.whenMore(waiting.signal), clock.sleep(work.dueInMs(), waiting.signal)])
      end()
    })
  }

  private recover(layer: string, error: unknown, stats: LayerStats, backoff: Backoff): void {
    const { clock, logger, once, storage } = this.options
    const { code, message } = stats.failed(error, clock.now())
    const mayPass = isWindrowError(error) && (error.canRetry || error.kind !== 'usage')
    // Whoever waits for the end hears what it takes.
    if (once && (!(error instanceof WindrowError) || !mayPass)) {
      this.ending.abort()
      throw error
    }
    const remedy = isWindrowError(error) ? error.remedy : undefined
    const facts = { lake: storage.describe(), layer, code, remedy }
    // To find the files changed, or the lake taken, is nothing that anybody has to know.
    const usual = code === 'WR_FENCED' || code === 'WR_LAKE_CHANGED'
    const level = backoff.tries === 0 && !usual ? 'warn' : 'debug'
    logger[level](facts, `the lake cannot be written for now, and is tried again: ${message}`)
  }
}
