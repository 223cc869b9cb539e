import type { Clock } from '../../core/clock.ts'
import { isWindrowError, messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { KeyValueStore } from '../../kv/port.ts'
import { endsOf } from '../../log/ends-of.ts'
import type { Log, Topic } from '../../log/port.ts'
import type { Topology } from '../../streams/topology.ts'
import type { ReplayState, ViewReplay } from '../../views/views-replays.ts'
import { latenessSettings } from '../fingerprints.ts'
import { type BuildHelpers, type InputOffsets, startBuilder } from './builder.ts'
import { cleanUp, isUnfinished } from './clean-up.ts'
import { flip } from './flip.ts'
import { replayGroup } from './replay-groups.ts'
import { inputsOf, type PlannedView, planReplay, type ReplayPlan } from './replay-plan.ts'
import { openReplayRecords, type ReplayRecords } from './replay-record.ts'
import { untilStandingStill } from './stand-still.ts'
import { takeOverRows } from './take-over-rows.ts'

/** What a replay has done when it is told of: a process may die after each, and the next replay goes on. */
export type ReplayStep = 'planned' | 'told' | 'caught-up' | 'asked' | 'standing-still' | 'built' | 'flipped' | 'done'

export interface ReplayProgress {
  readonly step: ReplayStep
  /** Records of the topics of readings. */
  readonly read: number
  readonly toRead: number
}

export interface ReplayOptions {
  readonly log: Log
  /** For the local state of the tasks that build; null keeps all in memory. */
  readonly kv: KeyValueStore | null
  /** All that this process knows. */
  readonly topologies: readonly Topology[]
  /** Names of the views, each made by one of the topologies. */
  readonly views: readonly string[]
  /** The topic of each event's readings, by the event's name. */
  readonly readingTopics: ReadonlyMap<string, Topic>
  /** Minutes by event; an event that is not named takes readings of any age. */
  readonly allowedLatenessMinutes: ReadonlyMap<string, number>
  /** Back to the generations before, brought up to date. */
  readonly rollback?: boolean
  /** Rows of windows that end before this instant (ms since the epoch) are taken over as they are; null: all are built. */
  readonly from?: number | null
  /** Shared by all processes that build. */
  readonly memoryBytes: number
  /** Where it says nothing this process builds alone. */
  readonly helpers?: BuildHelpers
  /** How long a generation that is not current any more is kept for the way back. */
  readonly keepMs: number
  readonly clock: Clock
  readonly logger: Logger
  /** Ends it where it is: the next replay of the same views goes on. */
  readonly signal: AbortSignal
  /** False where nobody runs the topologies of the topic, so that nobody can be asked to stand still. */
  readonly isRunning: (topic: Topic) => Promise<boolean>
  readonly onProgress?: (progress: ReplayProgress) => Promise<void> | void
  /** Called when it is certain that it begins, and `views.replays` says so. */
  readonly onBegun?: (replay: BegunReplay) => void
}

export interface BegunReplay {
  readonly id: string
  /** True when it goes on with one that was cut short. */
  readonly resumed: boolean
  readonly views: ReadonlyArray<{ readonly view: string; readonly generation: number }>
}

export interface ReplayedView {
  readonly view: string
  readonly generation: number
  readonly topic: Topic
  readonly topicEnds: readonly number[]
}

/** How often the state is looked at and told. */
const LOOK_MS = 100
const TELL_MS = 2_000

/**
 * Builds a new generation of each view from the log beside the current ones, in one read, and lets all become current at once. Whatever
 * happens, each view is either old or new. WR_REPLAY_RUNNING, WR_ROLLBACK_…; the error of a task that cannot go on; an abort.
 */
export async function replayViews(options: ReplayOptions): Promise<readonly ReplayedView[]> {
  const { log, clock } = options
  const records = await openReplayRecords(log, clock)
  try {
    const settings = latenessSettings(options.allowedLatenessMinutes)
    const plan = await planReplay({
      ...options,
      settings,
      rollback: options.rollback === true,
      from: options.from ?? null,
      before: records.latest,
      now: clock.now(),
    })
    const replay = new Replay(options, plan, records)
    try {
      return await replay.run()
    } catch (error) {
      await replay.ended(error)
      throw error
    }
  } finally {
    await records.close()
  }
}

class Replay {
  private readonly options: ReplayOptions
  private readonly plan: ReplayPlan
  private readonly records: ReplayRecords
  private readonly inputs: ReadonlyMap<string, Topic>
  private progress: ReplayProgress = { step: 'planned', read: 0, toRead: 0 }
  private state: ReplayState = 'building'
  private toldAt = Number.NEGATIVE_INFINITY
  private error: unknown = null
  private isRemoved = false
  /** Groups of replays that are gone, which it was too early to remove. */
  private left: readonly string[] = []

  constructor(options: ReplayOptions, plan: ReplayPlan, records: ReplayRecords) {
    this.options = options
    this.plan = plan
    this.records = records
    this.inputs = inputsOf(plan.views, options.readingTopics)
  }

  async run(): Promise<readonly ReplayedView[]> {
    const { log, clock, signal, isRunning } = this.options
    const { plan, inputs } = this
    this.tellTakenOver()
    await this.reached('planned')
    // Before the records are overwritten that say what there is.
    this.left = await this.cleanUp((replay) => isUnfinished(replay) && (replay.id === plan.id || !this.isOfView(replay)))
    await this.tell()
    await this.reached('told')
    this.options.onBegun?.(begun(plan))
    let copied: ReadonlyMap<string, InputOffsets> = new Map()
    let isDone = false
    const builder = await startBuilder(this.options, plan, inputs)
    try {
      await builder.untilCaughtUp(LOOK_MS, (read, toRead) => this.advanced(read, toRead), signal)
      await this.reached('caught-up')
      const others = await takeOverRows(log, plan.views, (writes) => this.records.commit(writes))
      await others.advance(signal)
      this.state = 'handover'
      await this.tell()
      await this.reached('asked')
      await untilStandingStill({ log, clock, signal, request: plan.request, topics: [...inputs.values()], isRunning })
      await this.reached('standing-still')
      // What is copied after it has at least that.
      copied = await others.standAt(inputs)
      await others.advance(signal)
      await builder.untilAtEnd(signal)
      isDone = true
    } finally {
      await builder.stop(isDone)
    }
    signal.throwIfAborted()
    this.progress = { ...this.progress, ...(await builder.left()) }
    await this.reached('built')
    await flip({ log, clock, plan, inputs, built: await builder.offsets(), copied })
    await this.reached('flipped')
    this.state = 'done'
    await this.tell()
    await this.reached('done')
    await this.removeLeftovers(this.options.clock.now() - this.options.keepMs)
    return Promise.all(plan.views.map((view) => replayed(log, view)))
  }

  /** To be called when `run` has rejected. One that was ended, or lost its place, is gone on with by the next; any other has failed. */
  async ended(error: unknown): Promise<void> {
    if (this.state === 'done') return
    const isFull = isWindrowError(error, 'WR_DISK_FULL')
    const isOver = !this.options.signal.aborted && (isFull || !(isWindrowError(error) && error.canRetry))
    if (isOver) {
      this.state = 'failed'
      this.error = error
      await this.removeLeftovers(Number.NEGATIVE_INFINITY)
    } else if (this.state === 'handover' && this.options.signal.aborted) {
      this.state = 'building'
      await this.tell()
    }
  }

  private groupsOf(topologies: readonly Topology[]): readonly string[] {
    const topics = new Set(topologies.map(({ event }) => (this.inputs.get(event.name) as Topic).name))
    return [...topics].map((topic) => replayGroup(this.plan.id, topic))
  }

  private isOfView({ view }: ViewReplay): boolean {
    return this.plan.views.some(({ target }) => target.view.name === view)
  }

  /** After the end, and tells of it. What cannot be removed now, the next replay removes. A full disk has room for the rest by it. */
  private async removeLeftovers(keptSince: number): Promise<void> {
    try {
      this.left = await this.cleanUp((replay) => isUnfinished(replay) && replay.id !== this.plan.id, keptSince)
      this.isRemoved = true
    } catch (error) {
      this.warn('what the replay leaves behind is removed by the next one', error)
    }
    try {
      await this.tell()
    } catch (error) {
      this.warn('how the replay has ended cannot be told to others', error)
    }
  }

  private warn(what: string, error: unknown): void {
    const { code, remedy } = isWindrowError(error) ? error : { code: undefined, remedy: undefined }
    this.options.logger.warn({ code, remedy }, `${what}: ${messageOf(error)}`)
  }

  private cleanUp(isNeeded: (replay: ViewReplay) => boolean, keptSince = Number.NEGATIVE_INFINITY): Promise<readonly string[]> {
    const { log, clock, kv } = this.options
    const targets = this.state === 'failed' ? [] : this.plan.views.map(({ target }) => target.topic.id)
    const replays = this.records.latest.values()
    return cleanUp({ log, clock, kv, replays, isNeeded, targets, groups: this.left, keptSince })
  }

  private tellTakenOver(): void {
    const { options, plan } = this
    if (plan.from !== null || plan.views.every(({ target }) => target.isBuilt === undefined)) return
    options.logger.warn(
      {},
      'the log has lost its oldest readings: rows of windows that it does not hold whole are taken over as they are, not built anew',
    )
  }

  private async advanced(read: number, toRead: number): Promise<void> {
    this.progress = { ...this.progress, read, toRead }
    await this.options.onProgress?.(this.progress)
    if (this.options.clock.monotonic() - this.toldAt >= TELL_MS) await this.tell()
  }

  private async reached(step: ReplayStep): Promise<void> {
    this.progress = { ...this.progress, step }
    this.options.logger.debug({ replay: this.plan.id, step }, 'replay')
    await this.options.onProgress?.(this.progress)
  }

  private async tell(): Promise<void> {
    const { plan, progress, state, error } = this
    this.toldAt = this.options.clock.monotonic()
    const why = isWindrowError(error) ? { errorCode: error.code, remedy: error.remedy } : { errorCode: null, remedy: null }
    await this.records.write(
      plan.views.map(({ target, fingerprint, topologies }) => ({
        id: plan.id,
        view: target.view.name,
        state,
        generation: target.generation,
        topic: target.topic.name,
        topicId: target.topic.id,
        fingerprint,
        from: plan.from,
        rollback: plan.rollback,
        read: progress.read,
        toRead: progress.toRead,
        startedAt: plan.startedAt,
        error: error === null ? null : messageOf(error),
        ...why,
        request: plan.request,
        groups: [...(this.isRemoved ? [] : this.groupsOf(topologies)), ...this.left],
      })),
    )
  }
}

function begun({ id, resumed, views }: ReplayPlan): BegunReplay {
  return { id, resumed, views: views.map(({ target: { view, generation } }) => ({ view: view.name, generation })) }
}

async function replayed(log: Log, { target }: PlannedView): Promise<ReplayedView> {
  const { view, generation, topic } = target
  return { view: view.name, generation, topic, topicEnds: await endsOf(log, topic) }
}
