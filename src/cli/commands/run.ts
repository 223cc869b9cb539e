import type { SinkHealth } from '../../api/ports.ts'
import type { Logger } from '../../core/logger.ts'
import type { StoreName } from '../../views/view.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { createLogger } from '../logger.ts'
import { startPipeline } from '../pipeline.ts'
import { metricsPortOf, type ProcessServer, startProcessServer } from '../process-server.ts'
import { processedReadings } from '../processed-readings.ts'
import { tellRunners } from '../runner-of.ts'
import { type Session, withSession } from '../session.ts'
import { chooseSinks, choosesLake, type SinkName, storeTitle } from '../sinks/choose-sinks.ts'
import { untilAborted } from '../until-aborted.ts'
import { openViewsSqlWithPort } from '../views-postgres.ts'

export interface RunOptions {
  /** Those of the configuration where none are named. */
  readonly sinks?: readonly string[]
  /** False with `--no-topologies`. */
  readonly topologies: boolean
  readonly untilEnd?: boolean
  readonly metricsPort?: number
}

/** `windrow run`: the topologies and the sinks, or these alone, for ever or until all that was in the log at the start is in every sink. */
export async function run(context: CliContext, options: RunOptions): Promise<ExitCode> {
  return withSession(context, async (session) => {
    const { config } = session
    const sinks = chooseSinks(config, options.sinks ?? null)
    const lake = choosesLake(config, options.sinks ?? null)
    const logger = createLogger(config, context.stderr)
    for (const notice of config.notices) logger.warn({}, notice)
    if (options.topologies) await tellRunners(session, logger)
    const port = metricsPortOf(config, options.metricsPort, options.untilEnd !== true)
    const server = await startProcessServer({ role: 'run', session, logger, port })
    try {
      await runPipeline(context, options, { session, sinks, lake, logger, server })
    } finally {
      await server.close()
    }
    return 0
  })
}

interface Surroundings {
  readonly session: Session
  readonly sinks: readonly StoreName[]
  readonly lake: boolean
  readonly logger: Logger
  readonly server: ProcessServer
}

async function runPipeline(context: CliContext, options: RunOptions, surroundings: Surroundings): Promise<void> {
  const { session, sinks, lake, logger, server } = surroundings
  const { topologies, untilEnd = false } = options
  const began = performance.now()
  const before = untilEnd ? await processedReadings(session) : 0
  const sql = sinks.includes('postgres') ? await openViewsSqlWithPort(session.config, logger) : null
  const onCommit = server.onCommit === undefined ? {} : { onCommit: server.onCommit }
  try {
    const pipeline = await startPipeline({
      ...{ session, logger, sinks, lake, sql, topologies },
      signal: context.signal,
      ...onCommit,
    })
    try {
      server.watch({ runner: pipeline.runner, sinks: () => pipeline.sinkHealth(), sources: () => [] })
      logger.info({ data_dir: session.config.dataDir, topologies, sinks }, 'running')
      if (untilEnd) {
        await pipeline.untilEnd(context.signal)
        context.signal.throwIfAborted()
        const readings = (await processedReadings(session)) - before
        const rows = pipeline.runner?.status().tasks.reduce((sum, task) => sum + task.rows, 0)
        const facts = {
          readings,
          ...(rows === undefined ? {} : { rows }),
          ...writtenRows(await pipeline.sinkHealth()),
          seconds: Math.round((performance.now() - began) / 100) / 10,
        }
        const written: SinkName[] = [...sinks, ...(lake ? (['lake'] as const) : [])]
        const where = written.length === 0 ? 'the views' : written.map(storeTitle).join(', ')
        logger.info(facts, `all that was in the log is in ${where}`)
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
}

/** By sink, the rows that this process wrote: all of them where a store was empty, though the topologies had nothing to do. */
function writtenRows(sinks: readonly SinkHealth[]): Record<string, number> {
  const facts: Record<string, number> = {}
  for (const { sink, isOwn, rowsWritten } of sinks) {
    if (isOwn) facts[`${sink}_rows`] = (facts[`${sink}_rows`] ?? 0) + rowsWritten
  }
  return facts
}
