import type { Clock } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { GroupMember, Log, PartitionLease } from '../../log/port.ts'
import { VIEWS_CURRENT_TOPIC } from '../../views/views-current.ts'
import { lakeGroup } from './lake-group.ts'
import type { LakeLayer, LakeLayerStatus } from './lake-layer.ts'
import { LakeTenure } from './lake-tenure.ts'
import { DEFAULT_LAKE_TUNING, type LakeTuning } from './lake-tuning.ts'
import { LayerStats } from './layer-stats.ts'
import type { LakeStorage } from './storage/storage.ts'

export interface LakeOptions {
  readonly storage: LakeStorage
  readonly log: Log
  readonly layers: readonly LakeLayer[]
  readonly clock: Clock
  readonly logger: Logger
  readonly tuning?: Partial<LakeTuning>
  /** Ends by itself when every layer has what was in the log at its opening. */
  readonly once?: boolean
  /** For the jitter of waits; Math.random unless a test holds it. */
  readonly random?: () => number
}

/** One who has not got the lake by then says that it waits. */
const TELL_MS = 3_000
/** Within which a writer that is to end writes what it has. What is not answered by then is given up: it is as if it had been killed. */
const SETTLE_MS = 20_000

export interface LakeRunner {
  status(): Promise<readonly LakeLayerStatus[]>
  /** With `once`: resolves when all is written, rejects with what a person has to mend. Else it resolves after `stop`. */
  readonly done: Promise<void>
  /** Writes what is buffered, if it is little, ends, and closes the storage. */
  stop(): Promise<void>
}

/** The one who writes a lake has the lease of this topic's only partition: it is there in every log, and small. */
const LEASE_TOPIC = VIEWS_CURRENT_TOPIC

/**
 * Writes a lake for as long as this process has its lease; of several processes that are started for one lake the others wait.
 */
export async function startLake(options: LakeOptions): Promise<LakeRunner> {
  const runner = new Runner(options)
  await runner.join()
  return { status: () => runner.status(), done: runner.done, stop: () => runner.stop() }
}

class Runner {
  readonly done: Promise<void>
  private readonly options: LakeOptions
  private readonly tuning: LakeTuning
  private readonly stats: ReadonlyMap<string, LayerStats>
  private member: GroupMember | null = null
  private tenure: LakeTenure | null = null
  private stopped: Promise<void> | null = null
  private readonly waiting = new AbortController()
  private finish: () => void = () => {}
  private fail: (error: unknown) => void = () => {}

  constructor(options: LakeOptions) {
    this.options = options
    this.tuning = { ...DEFAULT_LAKE_TUNING, ...options.tuning }
    this.stats = new Map(options.layers.map(({ name }) => [name, new LayerStats(name)]))
    this.done = new Promise((resolve, reject) => {
      this.finish = resolve
      this.fail = reject
    })
    // Whoever does not wait for it hears of it by the status.
    this.done.catch(() => undefined)
  }

  async join(): Promise<void> {
    const { log } = this.options
    const topic = await log.ensureTopic({ name: LEASE_TOPIC, partitions: 1, cleanup: 'compact' })
    this.member = await log.joinGroup({
      group: lakeGroup(this.options.storage),
      topics: [topic],
      onAssigned: (lease) => this.begin(lease),
      onRevoked: () => this.endTenure(),
      onTrouble: ({ error }) =>
        this.options.logger.warn({ error: messageOf(error) }, 'the lease of the lake cannot be taken for now'),
    })
    void this.tellIfWaiting()
  }

  /** Whoever waits for the end would wonder why there is none. */
  private async tellIfWaiting(): Promise<void> {
    const { clock, logger, storage, once = false } = this.options
    const { signal } = this.waiting
    await clock.sleep(TELL_MS, signal)
    if (signal.aborted) return
    logger[once ? 'warn' : 'info'](
      { lake: storage.describe() },
      'another process writes the lake: this one waits until that one ends, and goes on from there',
    )
  }

  status(): Promise<readonly LakeLayerStatus[]> {
    return Promise.all([...this.stats.values()].map((stats) => stats.status()))
  }

  stop(): Promise<void> {
    this.stopped ??= this.end()
    return this.stopped
  }

  private async end(): Promise<void> {
    this.waiting.abort()
    await this.settle()
    await this.endTenure()
    await this.member?.leave()
    // A lease that was given in the meantime.
    await this.endTenure()
    await this.options.storage.close()
    this.finish()
  }

  private async settle(): Promise<void> {
    const { clock, storage, logger } = this.options
    const settled = new AbortController()
    const late = clock.sleep(SETTLE_MS, settled.signal).then(async () => {
      if (settled.signal.aborted) return
      logger.warn({ lake: storage.describe() }, 'the lake does not answer: what is not in it yet is written after the next start')
      await storage.close()
    })
    await this.tenure?.settle()
    settled.abort()
    await late
  }

  private begin(lease: PartitionLease): void {
    if (this.stopped !== null) return
    this.waiting.abort()
    const { storage, log, layers, clock, logger, once = false, random = Math.random } = this.options
    const before = this.tenure?.end() ?? Promise.resolve()
    const tenure = new LakeTenure({
      storage,
      log,
      layers,
      clock,
      logger,
      once,
      random,
      tuning: this.tuning,
      lease,
      stats: this.stats,
    })
    this.tenure = tenure
    const work = before.then(() => tenure.run())
    work.then(
      (isDone) => isDone && this.finish(),
      (error: unknown) => this.fail(error),
    )
  }

  private async endTenure(): Promise<void> {
    const { tenure } = this
    await tenure?.end()
    if (this.tenure === tenure) this.tenure = null
  }
}
