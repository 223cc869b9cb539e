import { messageOf } from '../core/errors.ts'
import type { EventType } from '../events/event-type.ts'
import { registerEvent } from '../events/schema-evolution.ts'
import { endsOf } from '../log/ends-of.ts'
import type { GroupMember, Topic } from '../log/port.ts'
import { allowedLatenessMs } from './allowed-lateness.ts'
import { type DeadLetterTopic, ensureDeadLetters } from './dead-letter-output.ts'
import { engineGroup } from './engine-group.ts'
import { latenessSettings, viewFingerprints } from './fingerprints.ts'
import { watchGenerations } from './generations.ts'
import { ensureViews, type LiveView } from './live-views.ts'
import { patiently } from './retry-patiently.ts'
import { Supervisor, type SupervisorOptions, type SupervisorStatus } from './supervisor.ts'
import { parseTaskProgress, type TaskProgress } from './task-progress.ts'
import { watchTopics } from './watch-topics.ts'

/** What the tasks need, but for what is found out at the start. */
export interface RunnerOptions extends Omit<SupervisorOptions, 'generations' | 'deadLetters' | 'groupOf'> {
  /** Partitions of topics that are made. */
  readonly partitions: number
  /** The name of an event's topic where it is not the default one. */
  readonly topicNames?: ReadonlyMap<string, string>
  /** Ends the wait for room on a full disk at the start. */
  readonly signal?: AbortSignal
}

/** Ends of a topic's partitions, from partition 0. */
export interface TopicEnds {
  readonly topic: Topic
  readonly ends: readonly number[]
}

export interface Runner {
  /** The generations that are current by now, as far as this process's logic makes them. */
  readonly views: ReadonlyMap<string, LiveView>
  readonly readingTopics: ReadonlyMap<string, Topic>
  readonly deadLetters: DeadLetterTopic
  status(): SupervisorStatus
  /**
   * Waits until everything that was in the reading topics at the call has been processed, by this process or another, and gives the
   * ends of the view topics then. Rejects with the error of a task that failed.
   */
  untilEnd(signal: AbortSignal): Promise<readonly TopicEnds[]>
  /** Commits what is pending, saves the local state and leaves the groups. */
  stop(): Promise<void>
}

/** How often the progress of other processes is looked at. */
const LOOK_MS = 20

/** Joins the groups of all reading topics that the topologies need and runs a task for each partition it is given. */
export async function startRunner(options: RunnerOptions): Promise<Runner> {
  const { log, clock, logger, topologies } = options
  const events = new Map(topologies.map(({ event }) => [event.name, event]))
  const { readingTopics, views, others, fingerprints, deadLetters } = await withRoom(options, () => prepare(options))
  const stopping = new AbortController()
  const generations = watchGenerations({ ...options, views, others, fingerprints, stop: stopping.signal })
  const supervisor = new Supervisor({ ...options, generations, deadLetters, groupOf: engineGroup })
  const members: GroupMember[] = []
  for (const [name, topic] of readingTopics) {
    members.push(await withRoom(options, () => supervisor.join(events.get(name) as EventType, topic)))
  }
  const watching = watchTopics({
    log,
    clock,
    topics: [...readingTopics.values()],
    stop: stopping.signal,
    onChanged: (...change) => supervisor.tellChanged(...change),
  }).catch((error: unknown) => logger.error({}, `topics are not watched any more: ${messageOf(error)}`))
  return {
    views: generations.views,
    readingTopics,
    deadLetters,
    status: () => supervisor.status(),
    async untilEnd(signal) {
      for (const [event, topic] of readingTopics) {
        const views = new Set(topologies.filter((each) => each.event.name === event).map(({ view }) => view.name))
        const current = (): LiveView[] => [...generations.views.values()].filter(({ view }) => views.has(view.name))
        const ends = await endsOf(log, topic)
        const latenessMs = allowedLatenessMs(options.allowedLatenessMinutes, event)
        await untilProcessed(options, { topic, ends, current, latenessMs, signal, check: () => supervisor.rethrow() })
      }
      return Promise.all([...generations.views.values()].map(async ({ topic }) => ({ topic, ends: await endsOf(log, topic) })))
    },
    async stop() {
      stopping.abort()
      await Promise.all([watching, generations.ended])
      await Promise.all(members.map((member) => member.leave()))
      await supervisor.stopAll()
      logger.debug({}, 'the runner has stopped')
    },
  }
}

/** Makes the topics and the views where they are missing; to be called again where that failed halfway. */
async function prepare(options: RunnerOptions) {
  const { log, clock, topologies } = options
  const readingTopics = await ensureReadingTopics(options)
  const settings = latenessSettings(options.allowedLatenessMinutes ?? new Map())
  const { views, others } = await ensureViews({ log, clock, topologies, readingTopics, settings })
  const fingerprints = viewFingerprints({ topologies, readingTopics, settings })
  return { readingTopics, views, others, fingerprints, deadLetters: await ensureDeadLetters(log, options.partitions) }
}

/** Waits while the disk is full. */
function withRoom<T>({ clock, logger, signal }: RunnerOptions, action: () => Promise<T>): Promise<T> {
  let told = false
  return patiently(action, {
    clock,
    signal: signal ?? new AbortController().signal,
    codes: ['WR_DISK_FULL'],
    onFailure: ({ code, message, remedy }) => {
      if (!told) logger.error({ code, remedy }, message)
      told = true
    },
  })
}

/** The topic of readings of each event that the topologies need, by the event's name; made where it is missing. */
export async function ensureReadingTopics({
  log,
  topologies,
  partitions,
  topicNames,
}: Pick<RunnerOptions, 'log' | 'topologies' | 'partitions' | 'topicNames'>): Promise<Map<string, Topic>> {
  const topics = new Map<string, Topic>()
  for (const event of new Set(topologies.map((topology) => topology.event))) {
    const name = topicNames?.get(event.name) ?? event.defaultTopic
    topics.set(event.name, await log.ensureTopic({ name, partitions, cleanup: 'keep' }))
    await registerEvent(log.registry, name, event)
  }
  return topics
}

interface Wanted {
  readonly topic: Topic
  readonly ends: readonly number[]
  /** The generations that are to have everything up to the ends. */
  readonly current: () => readonly LiveView[]
  /** What the ledger is to be counted with. */
  readonly latenessMs: number
  readonly signal: AbortSignal
  /** Throws where waiting would have no end. */
  readonly check: () => void
}

async function untilProcessed({ log, clock }: RunnerOptions, wanted: Wanted): Promise<void> {
  const { topic, ends, current, latenessMs, signal, check } = wanted
  while (!signal.aborted) {
    check()
    const found = await log.groupProgress(engineGroup(topic.name), topic)
    const progress = new Map(found.map((each) => [each.partition, each]))
    const hasAll = (end: number, partition: number): boolean => {
      const committed = progress.get(partition)
      if (end === 0) return true
      if (committed === undefined || committed.offset < end) return false
      const now = parseTaskProgress(committed.metadata)
      return now.allowedLatenessMs === latenessMs && isInLine(now, current())
    }
    if (ends.every(hasAll)) return
    await clock.sleep(LOOK_MS, signal)
  }
}

function isInLine({ generations }: TaskProgress, views: readonly LiveView[]): boolean {
  return views.every(({ view, generation }) => (generations.get(view.name) ?? 1) === generation)
}
