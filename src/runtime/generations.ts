import type { Clock } from '../core/clock.ts'
import { WindrowError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { followLatest } from '../log/latest-records.ts'
import type { Log } from '../log/port.ts'
import type { Topology } from '../streams/topology.ts'
import type { CurrentView } from '../views/views-current.ts'
import { viewsCurrent } from '../views/views-current.ts'
import { type ViewReplay, viewsReplays } from '../views/views-replays.ts'
import { byView, type LiveView, liveView } from './live-views.ts'

/** Which generation of each view its tasks write, as far as known by now. */
export interface Generations {
  /** WR_TOPOLOGY_REPLACED where other logic than this process's makes the view's rows by now. */
  live(view: string): LiveView
  /** Views that other processes' topologies make and none of this one's: which generation of each is current. */
  readonly others: ReadonlyMap<string, number>
  /** What a replay asks that waits for the tasks of the event to stand still; null: none does. */
  handoverOf(event: string): string | null
  /** Aborts when one of the answers may be another; a new one stands here then. */
  readonly changed: AbortSignal
}

/** Generations that stay what they are. */
export function fixedGenerations(views: ReadonlyMap<string, LiveView>): Generations {
  return {
    live: (view) => views.get(view) as LiveView,
    others: new Map(),
    handoverOf: () => null,
    changed: new AbortController().signal,
  }
}

export interface WatchGenerationsOptions {
  readonly log: Log
  readonly clock: Clock
  readonly logger: Logger
  readonly topologies: readonly Topology[]
  /** As they are now, by view. */
  readonly views: ReadonlyMap<string, LiveView>
  /** The current generations of the views that it does not make. */
  readonly others: ReadonlyMap<string, number>
  /** Of this process's logic, by view. */
  readonly fingerprints: ReadonlyMap<string, string>
  readonly stop: AbortSignal
}

export interface WatchedGenerations extends Generations {
  /** As far as they are this process's own. */
  readonly views: ReadonlyMap<string, LiveView>
  /** Resolves after `stop`. */
  readonly ended: Promise<void>
}

/** How long a log that cannot be read is left alone. */
const AWAY_MS = 1_000
/** A request that is older was left by somebody who died. */
const OLDEST_REQUEST_MS = 30_000

/** Follows which generations are current and which replays wait for the tasks, until it is stopped. */
export function watchGenerations(options: WatchGenerationsOptions): WatchedGenerations {
  const { log, stop } = options
  const watch = new Watch(options)
  const ended = Promise.all([
    patiently(options, () => followLatest(log, viewsCurrent, stop, (current) => watch.takeCurrent(current))),
    patiently(options, () => followLatest(log, viewsReplays, stop, (replay) => watch.takeReplay(replay))),
  ])
  return {
    live: (view) => watch.live(view),
    others: watch.others,
    handoverOf: (event) => watch.handoverOf(event),
    get changed() {
      return watch.changed
    },
    views: watch.views,
    ended: ended.then(() => undefined),
  }
}

async function patiently({ clock, logger, stop }: WatchGenerationsOptions, follow: () => Promise<void>): Promise<void> {
  while (!stop.aborted) {
    try {
      await follow()
    } catch (error) {
      if (stop.aborted) return
      logger.debug({ err: error }, 'the generations of the views cannot be followed for now')
      await clock.sleep(AWAY_MS, stop)
    }
  }
}

class Watch {
  readonly views: Map<string, LiveView>
  readonly others: Map<string, number>
  private readonly options: WatchGenerationsOptions
  private readonly topologies: ReadonlyMap<string, readonly Topology[]>
  private readonly replaced = new Set<string>()
  private readonly replays = new Map<string, ViewReplay>()
  private changing = new AbortController()

  constructor(options: WatchGenerationsOptions) {
    this.options = options
    this.views = new Map(options.views)
    this.others = new Map(options.others)
    this.topologies = byView(options.topologies)
  }

  get changed(): AbortSignal {
    return this.changing.signal
  }

  live(view: string): LiveView {
    if (this.replaced.has(view)) throw replaced(view)
    return this.views.get(view) as LiveView
  }

  /**
   * Replays follow each other, and each says at its beginning that what others had asked is void: at most one asks. Beside it there may be one
   * that is done but whose generations are not known here yet, and which needs no answer any more.
   */
  handoverOf(event: string): string | null {
    let found: ViewReplay | null = null
    for (const replay of this.replays.values()) {
      const isOfEvent = this.topologies.get(replay.view)?.some((topology) => topology.event.name === event) === true
      if (isOfEvent && this.isUnderWay(replay) && found?.state !== 'handover') found = replay
    }
    return found?.request ?? null
  }

  async takeCurrent(current: CurrentView): Promise<void> {
    const topologies = this.topologies.get(current.view)
    const known = this.views.get(current.view)
    if (topologies === undefined || known === undefined) {
      this.others.set(current.view, current.generation)
      return
    }
    const isOwn = this.options.fingerprints.get(current.view) === current.fingerprint
    if (isOwn && known.topic.id === current.topicId && !this.replaced.has(current.view)) return
    if (isOwn) {
      this.views.set(current.view, await liveView(this.options.log, known.view, current))
      this.replaced.delete(current.view)
    } else this.replaced.add(current.view)
    this.options.logger.info({ view: current.view, generation: current.generation }, 'another generation of a view is current')
    this.tell()
  }

  takeReplay(replay: ViewReplay): void {
    const before = this.replays.get(replay.view)
    this.replays.set(replay.view, replay)
    if (before?.state === 'handover' || replay.state === 'handover') this.tell()
  }

  /** From the request on until the new generation is known here to be current, or it is clear that it will not be. */
  private isUnderWay({ view, state, topicId, updatedAt }: ViewReplay): boolean {
    if (this.options.clock.now() - updatedAt >= OLDEST_REQUEST_MS) return false
    const isTurned = this.replaced.has(view) || this.views.get(view)?.topic.id === topicId
    return state === 'handover' || (state === 'done' && !isTurned)
  }

  private tell(): void {
    const { changing } = this
    this.changing = new AbortController()
    changing.abort()
  }
}

function replaced(view: string): WindrowError {
  return new WindrowError('WR_TOPOLOGY_REPLACED', {
    message: `The rows of ${view} are made by other logic by now than that of this process: a replay has replaced it.`,
    remedy: 'Start the version of windrow (or of the modules) that replayed the view; this process is of another.',
    facts: { view },
  })
}
