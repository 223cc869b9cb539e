import type { CliContext, ExitCode } from '../context.ts'
import { createLogger } from '../logger.ts'
import { startPipeline } from '../pipeline.ts'
import { processedReadings } from '../processed-readings.ts'
import { tellRunners } from '../runner-of.ts'
import { withSession } from '../session.ts'
import { chooseSinks, storeTitle } from '../sinks/choose-sinks.ts'
import { untilAborted } from '../until-aborted.ts'
import { openViewsSqlWithPort } from '../views-postgres.ts'

export interface RunOptions {
  /** Those of the configuration where none are named. */
  readonly sinks?: readonly string[]
  /** False with `--no-topologies`. */
  readonly topologies: boolean
  readonly untilEnd?: boolean
}

/** `windrow run`: the topologies and the sinks, or these alone, for ever or until all that was in the log at the start is in every sink. */
export async function run(context: CliContext, options: RunOptions): Promise<ExitCode> {
  return withSession(context, async (session) => {
    const { config } = session
    const sinks = chooseSinks(config, options.sinks ?? null)
    const logger = createLogger(config, context.stderr)
    for (const notice of config.notices) logger.warn({}, notice)
    if (options.topologies) await tellRunners(session, logger)
    const began = performance.now()
    const before = options.untilEnd === true ? await processedReadings(session) : 0
    const sql = sinks.includes('postgres') ? await openViewsSqlWithPort(config, logger) : null
    try {
      const pipeline = await startPipeline({
        session,
        logger,
        sinks,
        sql,
        signal: context.signal,
        topologies: options.topologies,
      })
      try {
        logger.info({ data_dir: config.dataDir, topologies: options.topologies, sinks }, 'running')
        if (options.untilEnd === true) {
          await pipeline.untilEnd(context.signal)
          context.signal.throwIfAborted()
          const readings = (await processedReadings(session)) - before
          const rows = pipeline.runner?.status().tasks.reduce((sum, task) => sum + task.rows, 0)
          const facts = {
            readings,
            ...(rows === undefined ? {} : { rows }),
            seconds: Math.round((performance.now() - began) / 100) / 10,
          }
          logger.info(
            facts,
            `all that was in the log is in ${sinks.length === 0 ? 'the views' : sinks.map(storeTitle).join(', ')}`,
          )
        } else {
          await untilAborted(context.signal)
          pipeline.rethrow()
        }
      } finally {
        await pipeline.stop()
      }
    } finally {
      await sql?.close()
    }
    return 0
  })
}
