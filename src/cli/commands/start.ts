import { createMetrics } from '../../api/metrics.ts'
import { systemClock } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { produce } from '../../producers/produce.ts'
import { type ProgressDisplay, progressDisplay, progressLines } from '../../producers/progress.ts'
import { everyInterval } from '../../producers/rhythm.ts'
import { simulatorSource } from '../../producers/simulator/simulator-source.ts'
import type { Source } from '../../producers/source.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { topicNames } from '../engine.ts'
import { createLogger } from '../logger.ts'
import { startPageServer } from '../page-server.ts'
import { startPipeline } from '../pipeline.ts'
import { tellRunners } from '../runner-of.ts'
import { type Session, withSession } from '../session.ts'
import { chooseSinks } from '../sinks/choose-sinks.ts'
import { type SourceMonitor, sourceMonitor } from '../source-monitor.ts'
import { untilAborted } from '../until-aborted.ts'
import { openViewsSqlWithPort } from '../views-postgres.ts'

export interface StartOptions {
  /** False with `--no-simulator`. */
  readonly simulator: boolean
  readonly days?: number
  readonly seed?: number
}

/** The simulator has something new every minute at the latest. */
const SIMULATOR_INTERVAL_SECONDS = 5

/** `windrow start`: producers, topologies, sinks and page in one process, until a signal. */
export async function start(context: CliContext, options: StartOptions): Promise<ExitCode> {
  return withSession(context, async (session) => {
    const logger = createLogger(session.config, context.stderr)
    for (const notice of session.config.notices) logger.warn({}, notice)
    await tellRunners(session, logger)
    const sinks = chooseSinks(session.config, null)
    if (!sinks.includes('postgres')) {
      logger.warn(
        { sinks },
        'the page and the API read from Postgres, which WINDROW_SINKS leaves out: they have what others write there',
      )
    }
    const sql = await openViewsSqlWithPort(session.config, logger)
    const sources = sourceMonitor()
    const metrics = createMetrics()
    try {
      const pipeline = await startPipeline({
        session,
        logger,
        sinks,
        sql,
        signal: context.signal,
        sources: () => sources.statuses(),
        onCommit: (topic, seconds) => metrics.observeCommit(topic, seconds),
      })
      try {
        const server = await startPageServer({
          session,
          logger,
          sql,
          runner: pipeline.runner,
          sinks: () => pipeline.sinkHealth(),
          sources: () => sources.statuses(),
          metrics,
        })
        try {
          await context.stdout.write(`windrow is at ${server.url}\n`)
          const producing = options.simulator ? simulate(context, session, options, sources, logger) : Promise.resolve()
          await untilAborted(context.signal)
          await producing
          pipeline.rethrow()
        } finally {
          await server.close()
        }
      } finally {
        await pipeline.stop()
      }
    } finally {
      await sql.close()
    }
    return 0
  })
}

/** Publishes what the simulator says until the signal. A source that fails for good is told by the health, and stops nobody else. */
async function simulate(
  context: CliContext,
  session: Session,
  options: StartOptions,
  sources: SourceMonitor,
  logger: Logger,
): Promise<void> {
  const { config, catalogue, log } = session
  const source: Source = simulatorSource({ seed: options.seed, days: options.days, clock: systemClock })
  sources.started(source, SIMULATOR_INTERVAL_SECONDS)
  try {
    await produce({
      log,
      kv: await session.state(),
      source,
      partitions: config.partitions,
      topicNames: topicNames(catalogue),
      clock: systemClock,
      logger,
      continuous: true,
      rhythm: everyInterval(SIMULATOR_INTERVAL_SECONDS * 1000, systemClock),
      signal: context.signal,
      progress: firstPollOnly(displayOf(context, logger)),
      onHeartbeat: (heartbeat) => sources.heartbeat(heartbeat),
    })
  } catch (error) {
    logger.error({ source: source.name }, `the source has ended: ${messageOf(error)}`)
    sources.failed(source, error, systemClock.now())
    return
  }
  sources.stopped(source)
}

function displayOf({ terminal }: CliContext, logger: Logger): ProgressDisplay {
  return terminal === null ? progressLines(logger, systemClock) : progressDisplay(terminal, logger, systemClock)
}

/** The first poll publishes months and is worth watching; the later ones are a heartbeat that the page shows. */
function firstPollOnly(display: ProgressDisplay): ProgressDisplay {
  let isFirst = true
  return {
    begin: (source, station) => isFirst && display.begin(source, station),
    update: (done, total, counts) => isFirst && display.update(done, total, counts),
    end: (counts) => {
      if (isFirst) display.end(counts)
      isFirst = false
    },
  }
}
