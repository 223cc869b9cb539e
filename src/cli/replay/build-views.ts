import { systemClock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { traced } from '../../core/tracing.ts'
import type { BuildHelpers } from '../../runtime/replay/builder.ts'
import { type ReplayedView, type ReplayOptions, replayViews } from '../../runtime/replay/replay-views.ts'
import { ensureReadingTopics } from '../../runtime/runner.ts'
import { formatInstant } from '../../views/instant.ts'
import { latenessMinutes } from '../allowed-lateness.ts'
import { topicNames } from '../engine.ts'
import { showProgress } from '../progress.ts'
import { runnersOfTopic } from '../runner-of.ts'
import type { Session } from '../session.ts'

export interface BuildOptions extends Pick<ReplayOptions, 'onBegun'> {
  readonly session: Session
  readonly logger: Logger
  /** For a progress bar; null: log lines. */
  readonly terminal: NodeJS.WriteStream | null
  /** Names of views that there are, each once. */
  readonly views: readonly string[]
  /** Back to the generations before. */
  readonly rollback: boolean
  /** Other processes that build too; undefined: none. */
  readonly helpers?: BuildHelpers | undefined
  /** Instant from which on the rows are built anew, ms since the epoch; null: all. */
  readonly from: number | null
  readonly signal: AbortSignal
}

export interface BuiltViews {
  readonly views: readonly ReplayedView[]
  /** Records of the topics of readings that were read. */
  readonly readings: number
}

const MEBIBYTE = 1024 * 1024
const HOUR_MS = 3_600_000

/** Builds views anew from the session's log, by the topologies of this process. Rejects as `replayViews` does. */
export function buildViews(options: BuildOptions): Promise<BuiltViews> {
  const { views, rollback } = options
  return traced(
    'replay',
    () => ({ 'windrow.views': views.join(' '), 'windrow.rollback': rollback }),
    () => build(options),
  )
}

async function build(options: BuildOptions): Promise<BuiltViews> {
  const { session, logger, terminal, views, rollback, from, signal, onBegun, helpers } = options
  const { config, catalogue, log } = session
  if (from !== null && from > systemClock.now())
    logger.warn(
      { from: formatInstant(from) },
      'rows from then on are built anew, which is in the future: all others are taken over as they are',
    )
  const topologies = catalogue.topologies.filter(({ view }) => views.includes(view.name))
  const readingTopics = await ensureReadingTopics({
    log,
    topologies,
    partitions: config.partitions,
    topicNames: topicNames(catalogue),
  })
  const title = views.length === catalogue.views.length ? 'all views' : views.join(', ')
  const progress = showProgress({ terminal, logger, clock: systemClock, title, unit: 'readings' })
  let readings = 0
  try {
    const replayed = await replayViews({
      log,
      kv: await session.state(),
      topologies,
      views,
      readingTopics,
      allowedLatenessMinutes: latenessMinutes(config),
      rollback,
      from,
      memoryBytes: config.memoryMb * MEBIBYTE,
      keepMs: config.keepGenerationsHours * HOUR_MS,
      clock: systemClock,
      logger,
      signal,
      isRunning: async (topic) => (await runnersOfTopic(session, topic)).some(({ where }) => where !== 'gone'),
      onProgress: ({ read, toRead }) => {
        readings = read
        progress.update(read, toRead)
      },
      ...(onBegun === undefined ? {} : { onBegun }),
      ...(helpers === undefined ? {} : { helpers }),
    })
    return { views: replayed, readings }
  } finally {
    progress.end()
  }
}
