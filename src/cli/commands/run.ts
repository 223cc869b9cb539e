import type { CliContext, ExitCode } from '../context.ts'
import { createLogger } from '../logger.ts'
import { startPipeline } from '../pipeline.ts'
import { processedReadings } from '../processed-readings.ts'
import { tellRunners } from '../runner-of.ts'
import { withSession } from '../session.ts'
import { checkSinkNames } from '../sinks.ts'
import { untilAborted } from '../until-aborted.ts'
import { openViewsSqlWithPort } from '../views-postgres.ts'

export interface RunOptions {
  readonly sinks: readonly string[]
  readonly untilEnd?: boolean
}

/** `windrow run`: the topologies and the sinks, for ever or until all that was in the log at the start is in every sink. */
export async function run(context: CliContext, options: RunOptions): Promise<ExitCode> {
  checkSinkNames(options.sinks)
  return withSession(context, async (session) => {
    const { config } = session
    const logger = createLogger(config, context.stderr)
    for (const notice of config.notices) logger.warn({}, notice)
    await tellRunners(session, logger)
    const began = performance.now()
    const before = options.untilEnd === true ? await processedReadings(session) : 0
    const sql = options.sinks.includes('postgres') ? await openViewsSqlWithPort(config, logger) : null
    try {
      const pipeline = await startPipeline(session, logger, sql, context.signal)
      try {
        logger.info({ data_dir: config.dataDir, views: pipeline.runner.views.size, sinks: options.sinks }, 'running')
        if (options.untilEnd === true) {
          await pipeline.untilEnd(context.signal)
          context.signal.throwIfAborted()
          const readings = (await processedReadings(session)) - before
          const rows = pipeline.runner.status().tasks.reduce((sum, task) => sum + task.rows, 0)
          const facts = { readings, rows, seconds: Math.round((performance.now() - began) / 100) / 10 }
          logger.info(facts, `all that was in the log is in ${options.sinks.includes('postgres') ? 'Postgres' : 'the views'}`)
        } else await untilAborted(context.signal)
      } finally {
        await pipeline.stop()
      }
    } finally {
      await sql?.close()
    }
    return 0
  })
}
