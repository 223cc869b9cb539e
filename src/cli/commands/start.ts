import { createMetrics } from '../../api/metrics.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { createLogger } from '../logger.ts'
import { startPageServer } from '../page-server.ts'
import { startPipeline } from '../pipeline.ts'
import { withOwnLogic } from '../replay/with-own-logic.ts'
import { tellRunners } from '../runner-of.ts'
import { withSession } from '../session.ts'
import { chooseSinks, choosesLake } from '../sinks/choose-sinks.ts'
import { sourceMonitor } from '../source-monitor.ts'
import { type StartProducingOptions, startProducing, whatToProduce } from '../start-producing.ts'
import { untilAborted } from '../until-aborted.ts'
import { openViewsSqlWithPort } from '../views-postgres.ts'

/** `windrow start`: producers, topologies, sinks and page in one process, until a signal. */
export async function start(context: CliContext, options: StartProducingOptions): Promise<ExitCode> {
  return withSession(context, async (session) => {
    const logger = createLogger(session.config, context.stderr)
    for (const notice of session.config.notices) logger.warn({}, notice)
    await tellRunners(session, logger)
    const what = await whatToProduce(session, options, logger)
    const sinks = chooseSinks(session.config, null)
    if (!sinks.includes('postgres')) {
      logger.warn(
        { sinks },
        'the page and the API read from Postgres, which WINDROW_SINKS leaves out: they have what others write there',
      )
    }
    const sql = await openViewsSqlWithPort(session.config, logger)
    const monitor = sourceMonitor(session.config.redact)
    const metrics = createMetrics()
    try {
      const pipeline = await withOwnLogic({ session, context, logger }, () =>
        startPipeline({
          session,
          logger,
          sinks,
          lake: choosesLake(session.config, null),
          sql,
          signal: context.signal,
          sources: () => monitor.statuses(),
          onCommit: (topic, seconds) => metrics.observeCommit(topic, seconds),
        }),
      )
      try {
        const server = await startPageServer({
          role: 'start',
          session,
          logger,
          sql,
          runner: pipeline.runner,
          sinks: () => pipeline.sinkHealth(),
          sources: () => monitor.statuses(),
          metrics,
        })
        try {
          await context.stdout.write(`windrow is at ${server.url}\n`)
          const producing = startProducing(what, options, { context, session, monitor, logger })
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
