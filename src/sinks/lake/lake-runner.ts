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
import type { LakeStorage } from './storage.ts'

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
  }

  status(): Promise<readonly LakeLayerStatus[]> {
    return Promise.all([...this.stats.values()].map((stats) => stats.status()))
  }

  stop(): Promise<void> {
    this.stopped ??= this.end()
    return this.stopped
  }

  private async end(): Promise<void> {
    await this.tenure?.settle()
    await this.endTenure()
    await this.member?.leave()
    // A lease that was given in the meantime.
    await this.endTenure()
    await this.options.storage.close()
    this.finish()
  }

  private begin(lease: PartitionLease): void {
    if (this.stopped !== null) return
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
