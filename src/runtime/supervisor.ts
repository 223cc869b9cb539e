import type { Clock } from '../core/clock.ts'
import { isWindrowError, messageOf, WindrowError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { untilAnyAborts } from '../core/until-any-aborts.ts'
import type { EventType } from '../events/event-type.ts'
import type { KeyValueStore } from '../kv/port.ts'
import type { GroupMember, GroupProgress, GroupTrouble, Log, PartitionLease, Progress, Topic } from '../log/port.ts'
import type { Topology } from '../streams/topology.ts'
import type { DeadLetterTopic } from './dead-letter-output.ts'
import type { Generations } from './generations.ts'
import { currentViews } from './live-views.ts'
import { MemoryBudget } from './memory-budget.ts'
import { type CommitListener, Task } from './task.ts'
import type { TaskStatus } from './task-status.ts'
import { DEFAULT_TUNING, type TaskTuning } from './task-tuning.ts'

export interface SupervisorOptions {
  readonly log: Log
  /** Where the local state goes; null keeps all in memory. */
  readonly kv: KeyValueStore | null
  readonly topologies: readonly Topology[]
  readonly generations: Generations
  /** Null: nobody is told what cannot be used. */
  readonly deadLetters: DeadLetterTopic | null
  /** The group of a topic of readings, by the topic's name. */
  readonly groupOf: (topic: string) => string
  /** Minutes by event; an event that is not named takes readings of any age. */
  readonly allowedLatenessMinutes?: ReadonlyMap<string, number>
  readonly memoryBytes: number
  readonly tuning?: Partial<TaskTuning>
  /** False: tasks end on a full disk. Default: they wait for room. */
  readonly waitsForRoom?: boolean
  readonly clock: Clock
  readonly logger: Logger
  /** See TaskOptions. */
  readonly isStateOfUse?: () => boolean
  readonly onCommit?: CommitListener
}

export interface SupervisorStatus {
  readonly tasks: readonly TaskStatus[]
  readonly failures: readonly TaskFailure[]
  readonly stateBytes: number
  readonly stateLimitBytes: number
}

export interface TaskFailure {
  readonly topic: string
  readonly partition: number
  readonly error: unknown
}

interface Running {
  readonly stop: AbortController
  done: Promise<void>
  task: Task
}

/** How often a log that is away is asked whether it is back. */
const AWAY_MS = 1_000

/** After these a task may go on, from what is committed. */
const MEMORY_IN_DOUBT: ReadonlySet<string> = new Set(['WR_COMMIT_UNKNOWN', 'WR_STATE_TAKEN'])

/** After these the local state is of no use; it is a cache, and is read from the log again. */
const STATE_DAMAGED: ReadonlySet<string> = new Set(['WR_SEGMENT_CORRUPT', 'WR_SEGMENT_MISSING'])

/** Starts a task for each lease, ends it when the lease goes, and starts it again where only its memory is in doubt. */
export class Supervisor {
  private readonly options: SupervisorOptions
  private readonly budget: MemoryBudget
  private readonly running = new Map<PartitionLease, Running>()
  private readonly troubles = new Map<string, string>()
  private failures: TaskFailure[] = []

  constructor(options: SupervisorOptions) {
    this.options = options
    this.budget = new MemoryBudget(options.memoryBytes)
  }

  /** Takes part in the group of the event's topic. Throws WR_TOPOLOGY_REPLACED. */
  async join(event: EventType, topic: Topic): Promise<GroupMember> {
    const { log, topologies, generations, groupOf } = this.options
    const own = topologies.filter((topology) => topology.event === event)
    return log.joinGroup({
      group: groupOf(topic.name),
      topics: [topic],
      writesTo: own.map(({ view }) => generations.live(view.name).topic),
      onAssigned: (lease) => this.start(event, lease),
      onRevoked: (lease) => this.end(lease),
      onTrouble: (trouble) => this.tellTrouble(trouble),
    })
  }

  /** Once for each partition and what is wrong with it, until it is taken. */
  private tellTrouble({ topic, partition, error }: GroupTrouble): void {
    const { code, remedy } = isWindrowError(error) ? error : { code: 'UNEXPECTED', remedy: null }
    const name = `${topic.name}/${partition}`
    if (this.troubles.get(name) === code) return
    this.troubles.set(name, code)
    const what = partition === null ? 'the group cannot be joined for now' : 'the partition cannot be taken for now'
    this.options.logger.warn({ topic: topic.name, partition, code, remedy }, `${what}: ${messageOf(error)}`)
  }

  status(): SupervisorStatus {
    const tasks = [...this.running.values()].map(({ task }) => task.status())
    tasks.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
    return { tasks, failures: this.failures, stateBytes: this.budget.bytes, stateLimitBytes: this.budget.limitBytes }
  }

  /** Nobody takes the partitions that a topic was given while it was read; what became of the others, their tasks tell. */
  tellChanged(topic: Topic, now: Topic | null, error: WindrowError): void {
    const { code, message, remedy } = error
    this.options.logger.error({ topic: topic.name, code, remedy }, message)
    for (let partition = topic.partitions; partition < (now?.partitions ?? 0); partition++) {
      this.failures.push({ topic: topic.name, partition, error })
    }
  }

  /** Throws the error of the first task that failed. */
  rethrow(): void {
    const failure = this.failures[0]
    if (failure !== undefined) throw failure.error
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.running.keys()].map((lease) => this.end(lease)))
  }

  private start(event: EventType, lease: PartitionLease): void {
    const stop = new AbortController()
    const running: Running = { stop, task: this.newTask(event, lease, lease.progress, false), done: Promise.resolve() }
    this.running.set(lease, running)
    // Whatever was wrong before is tried anew.
    const { topic, partition } = lease
    for (const mended of [partition, null]) this.troubles.delete(`${topic.name}/${mended}`)
    this.failures = this.failures.filter((failure) => failure.topic !== topic.name || failure.partition !== partition)
    running.done = this.supervise(event, lease, running)
  }

  private async supervise(event: EventType, lease: PartitionLease, running: Running): Promise<void> {
    const facts = { topic: lease.topic.name, partition: lease.partition }
    try {
      while (!(await this.runToItsEnd(event, lease, running))) {
        // The task of a partition whose memory or local state is in doubt has been replaced.
      }
    } catch (error) {
      this.failures.push({ ...facts, error })
      const { code, remedy } = error instanceof WindrowError ? error : { code: undefined, remedy: undefined }
      this.options.logger.error({ ...facts, code, remedy }, `a task has failed: ${messageOf(error)}`)
    } finally {
      // Nobody says of a lease that was lost that it is to end; another process has the partition now.
      if (lease.lost.aborted) this.running.delete(lease)
    }
  }

  /** False when the task could not go on but another in its place can, which it then has. */
  private async runToItsEnd(event: EventType, lease: PartitionLease, running: Running): Promise<boolean> {
    const { logger, waitsForRoom = true } = this.options
    try {
      await running.task.run(running.stop.signal)
      return true
    } catch (error) {
      if (!isWindrowError(error) || (!waitsForRoom && error.code === 'WR_DISK_FULL')) throw error
      const damaged = STATE_DAMAGED.has(error.code)
      const superseded = await this.isSuperseded(error, AbortSignal.any([running.stop.signal, lease.lost]))
      if (!damaged && !superseded && !error.canRetry && !MEMORY_IN_DOUBT.has(error.code)) throw error
      const what = damaged
        ? 'the local state is damaged and is read from the log again'
        : `${error.message}; the task starts again from what is committed`
      const { code, remedy } = error
      logger.warn({ topic: lease.topic.name, partition: lease.partition, code, remedy }, what)
      const stop = AbortSignal.any([running.stop.signal, lease.lost])
      if (error.code === 'WR_STATE_TAKEN') await this.untilHeld(lease, stop)
      const progress = await this.progressOnceThere(lease, stop)
      if (stop.aborted) return true
      const committed = progress.find(({ partition }) => partition === lease.partition) ?? null
      running.task = this.newTask(event, lease, committed, damaged)
      return false
    }
  }

  /** True where what is gone is the topic of a generation in whose place another is current, which then is known here. */
  private async isSuperseded({ code, facts }: WindrowError, stop: AbortSignal): Promise<boolean> {
    if (code !== 'WR_TOPIC_GONE') return false
    const { log, clock, generations, topologies } = this.options
    const view = topologies.find((topology) => /^views\.(.+)\.g\d+$/.exec(String(facts.topic))?.[1] === topology.view.name)?.view
    const current = view === undefined ? undefined : (await currentViews(log)).get(view.name)
    if (view === undefined || current === undefined || current.topicId === facts.topicId) return false
    // Throws WR_TOPOLOGY_REPLACED where other logic makes the rows by now.
    while (!stop.aborted && generations.live(view.name).topic.id === facts.topicId)
      await untilAnyAborts([stop, generations.changed], (signal) => clock.sleep(AWAY_MS, signal))
    return true
  }

  /** Whoever has taken the state may be the one who holds the partition now: to take it back would only have him take it again. */
  private async untilHeld(lease: PartitionLease, stop: AbortSignal): Promise<void> {
    while (!stop.aborted && !lease.isHeld()) await this.options.clock.sleep(AWAY_MS, stop)
  }

  /** What the group has committed, however long the log is away; nothing once the signal aborts. */
  private async progressOnceThere(lease: PartitionLease, stop: AbortSignal): Promise<readonly GroupProgress[]> {
    const { log, clock } = this.options
    while (!stop.aborted) {
      try {
        return await log.groupProgress(lease.group, lease.topic)
      } catch (error) {
        if (!(isWindrowError(error) && error.canRetry)) throw error
        await clock.sleep(AWAY_MS, stop)
      }
    }
    return []
  }

  private async end(lease: PartitionLease): Promise<void> {
    const running = this.running.get(lease)
    if (running === undefined) return
    running.stop.abort()
    await running.done
    this.running.delete(lease)
  }

  private newTask(event: EventType, lease: PartitionLease, progress: Progress | null, discardState: boolean): Task {
    const {
      log,
      kv,
      topologies,
      generations,
      deadLetters,
      allowedLatenessMinutes,
      waitsForRoom,
      clock,
      logger,
      onCommit,
      isStateOfUse,
    } = this.options
    const minutes = allowedLatenessMinutes?.get(event.name)
    return new Task({
      log,
      lease,
      progress,
      event,
      topologies: topologies.filter((topology) => topology.event === event),
      generations,
      deadLetters,
      kv,
      discardState,
      budget: this.budget,
      allowedLatenessMs: minutes === undefined ? Number.POSITIVE_INFINITY : minutes * 60_000,
      tuning: { ...DEFAULT_TUNING, ...this.options.tuning },
      ...(waitsForRoom === undefined ? {} : { waitsForRoom }),
      clock,
      logger,
      ...(isStateOfUse === undefined ? {} : { isStateOfUse }),
      ...(onCommit === undefined ? {} : { onCommit }),
    })
  }
}
