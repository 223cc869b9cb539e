import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import { endsOf } from '../log/ends-of.ts'
import { followLatest, readLatest } from '../log/latest-records.ts'
import type { Log, Topic } from '../log/port.ts'
import type { View } from '../views/view.ts'
import { viewTopicLost } from '../views/view-topic-lost.ts'
import { type CurrentView, viewsCurrent } from '../views/views-current.ts'
import { canPass, PreparedStore } from './prepared-store.ts'
import type { Sink } from './sink.ts'
import { DEFAULT_SINK_TUNING, newsOf, type SinkContext, type SinkRunnerOptions, viewCounts } from './sink-options.ts'
import type { SinkStatus } from './sink-status.ts'
import { ViewSink } from './view-sink.ts'

/** Ends of a view topic's partitions, from partition 0. */
export interface ViewEnds {
  readonly topic: Topic
  readonly ends: readonly number[]
}

/** Keeps the views in one store as their topics say. */
export interface SinkRunner {
  /** Of the partitions that this process writes. */
  statuses(): Promise<SinkStatus[]>
  /**
   * Waits until the store has all up to these ends, whichever process writes it. Topics of views that are not for this store are left out.
   * Rejects when the signal aborts, and with what a person has to mend in the store before anything can be written.
   */
  untilCaughtUp(ends: readonly ViewEnds[], signal: AbortSignal): Promise<void>
  /** Ends after the batches under way, then closes the sink. */
  stop(): Promise<void>
}

/** How long a start waits for a store's first answer. */
const OPENING_MS = 5_000
/** How often the store is asked how far it is. */
const LOOK_MS = 50
/** How often it is looked whether another generation is what it should have. */
const LOOK_FOR_OTHERS_MS = 1_000

/**
 * Starts to write the views. Rejects when the store says something that a person has to mend (a wrong password, a table that is not
 * the view's); one that is away is waited for.
 */
export async function startSinkRunner(options: SinkRunnerOptions): Promise<SinkRunner> {
  const { sink, views } = options
  const written = views.filter((view) => view.stores.includes(sink.store))
  const context: SinkContext = {
    ...options,
    tuning: { ...DEFAULT_SINK_TUNING, ...options.tuning },
    random: options.random ?? Math.random,
    isNews: newsOf(options.clock),
    countsOf: viewCounts(),
  }
  const store = new PreparedStore(sink, written)
  await firstOpening(store, context.clock)
  const runner = new Runner(context, store, written)
  runner.begin()
  return {
    statuses: () => runner.statuses(),
    untilCaughtUp: (ends, signal) => untilCaughtUp(context, store, written, ends, signal),
    stop: () => runner.stop(),
  }
}

/** Whoever starts hears what a person has to mend; a store that takes its time, or is away, is waited for by those who write. */
async function firstOpening(store: PreparedStore, clock: Clock): Promise<void> {
  const waiting = new AbortController()
  const opened = store.open().catch((error: unknown) => {
    // After the patience the partitions' own tries tell it.
    if (!waiting.signal.aborted && !canPass(error)) throw error
  })
  await Promise.race([opened, clock.sleep(OPENING_MS, waiting.signal)])
  waiting.abort()
}

class Runner {
  private readonly context: SinkContext
  private readonly store: PreparedStore
  private readonly views: ReadonlyMap<string, View>
  private readonly stopping = new AbortController()
  private readonly sinks = new Map<string, ViewSink>()
  private following: Promise<void> = Promise.resolve()

  constructor(context: SinkContext, store: PreparedStore, views: readonly View[]) {
    this.context = context
    this.store = store
    this.views = new Map(views.map((view) => [view.name, view]))
  }

  begin(): void {
    this.following = this.follow()
  }

  async statuses(): Promise<SinkStatus[]> {
    const all = await Promise.all([...this.sinks.values()].map((sink) => sink.statuses()))
    return all.flat().sort((a, b) => (a.view < b.view ? -1 : a.view > b.view ? 1 : a.partition - b.partition))
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.following
    await Promise.all([...this.sinks.values()].map((sink) => sink.stop()))
    await this.context.sink.close()
  }

  /** A log that fails for a while is asked again; what runs goes on meanwhile. */
  private async follow(): Promise<void> {
    const { log, clock, logger, tuning, sink } = this.context
    const { signal } = this.stopping
    let told = ''
    while (!signal.aborted) {
      try {
        await followLatest(log, viewsCurrent, signal, (current) => this.take(current))
      } catch (error) {
        if (signal.aborted) return
        const level = messageOf(error) === told ? 'debug' : 'warn'
        told = messageOf(error)
        logger[level]({ sink: sink.name }, `the current generations of the views cannot be followed for now: ${told}`)
        await clock.sleep(tuning.mostBackoffMs / 10, signal)
      }
    }
  }

  private async take(current: CurrentView): Promise<void> {
    const view = this.views.get(current.view)
    const before = this.sinks.get(current.view)
    if (view === undefined || before?.topic.id === current.topicId || this.stopping.signal.aborted) return
    const topic = await this.context.log.findTopic(current.topic)
    // Looked for again: it may have been made a moment ago, or a replay may make another generation current.
    if (topic === null || topic.id !== current.topicId) throw viewTopicLost(view.name, current.topic)
    // The new generation takes over from the store's own progress, so nothing is written by both.
    await before?.stop()
    this.sinks.delete(view.name)
    const sink = new ViewSink(this.context, this.store, view, topic)
    // Only one that has started is known: any other is tried again, for instance when the disk has room.
    await sink.start()
    this.sinks.set(view.name, sink)
  }
}

/** Asks the store itself: the log's group only repeats what some process found there, and may be of another day. */
async function untilCaughtUp(
  { sink, log, clock }: SinkContext,
  store: PreparedStore,
  views: readonly View[],
  ends: readonly ViewEnds[],
  signal: AbortSignal,
): Promise<void> {
  const throwIfRefused = store.watchRefusals()
  for (const asked of ends) {
    const view = views.find(({ name }) => name === viewOfTopic(asked.topic.name))
    if (view === undefined) continue
    let wanted = asked
    let lookedAt = clock.monotonic()
    while (!(await hasAll(sink, log, view, wanted.topic, wanted.ends))) {
      await clock.sleep(LOOK_MS, signal)
      signal.throwIfAborted()
      throwIfRefused()
      if (clock.monotonic() - lookedAt < LOOK_FOR_OTHERS_MS) continue
      wanted = await ofCurrentGeneration(log, view, wanted)
      lookedAt = clock.monotonic()
    }
  }
}

/** A replay may have made another generation current since, which then is what the store is to have. */
async function ofCurrentGeneration(log: Log, view: View, wanted: ViewEnds): Promise<ViewEnds> {
  const current = (await readLatest(log, viewsCurrent)).get(view.name)
  if (current === undefined || current.topicId === wanted.topic.id) return wanted
  const topic = await log.findTopic(current.topic)
  return topic === null ? wanted : { topic, ends: await endsOf(log, topic) }
}

/** A store that is away for a while has not; nor has one that is ahead of the log, which was put back to an older state. */
async function hasAll(sink: Sink, log: Log, view: View, topic: Topic, wanted: readonly number[]): Promise<boolean> {
  try {
    const progress = await sink.progress(view, topic)
    for (const [partition, end] of wanted.entries()) {
      const offset = progress[partition] ?? 0
      if (offset < end || offset > (await log.bounds(topic, partition)).end) return false
    }
    return true
  } catch (error) {
    if (canPass(error)) return false
    throw error
  }
}

/** `weather_hourly` of `views.weather_hourly.g3`. */
function viewOfTopic(topic: string): string {
  return topic.split('.')[1] ?? ''
}
