import type { LakeLayerStatus } from '../../sinks/lake/lake-layer.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { bytesText } from '../doctor/finding.ts'
import { untilDone } from '../lake/lake-of-pipeline.ts'
import { startConfiguredLake } from '../lake/start-lake.ts'
import { createLogger } from '../logger.ts'
import { metricsPortOf, startProcessServer } from '../process-server.ts'
import { type Session, withSession } from '../session.ts'
import { untilAborted } from '../until-aborted.ts'

export interface LakeOptions {
  readonly untilEnd?: boolean
  readonly keep?: string
  readonly layers?: readonly string[]
  readonly metricsPort?: number
  readonly json?: boolean
}

/** `windrow lake`: writes the lake until it is stopped, or until it has all that was in the log at the start. */
export async function lake(context: CliContext, options: LakeOptions): Promise<ExitCode> {
  return withSession(context, async (session) => {
    const { config } = session
    const logger = createLogger(config, context.stderr)
    const { untilEnd = false, layers, keep } = options
    const began = performance.now()
    const port = metricsPortOf(config, options.metricsPort, !untilEnd)
    const server = await startProcessServer({ role: 'run', session, logger, port })
    try {
      const runner = await startConfiguredLake({
        session,
        logger,
        once: untilEnd,
        ...(layers === undefined ? {} : { layers }),
        ...(keep === undefined ? {} : { keep }),
      })
      try {
        server.watch({ runner: null, sinks: () => runner.health(), sources: () => [] })
        logger.info({ lake: config.redact(config.lakeUrl ?? '') }, untilEnd ? 'writing the lake' : 'the lake is written')
        if (untilEnd) await untilDone(runner, context.signal)
        else await untilAborted(context.signal)
      } finally {
        await runner.stop()
      }
      await tell(context, session, await runner.status(), options.json === true, (performance.now() - began) / 1000)
    } finally {
      await server.close()
    }
    return 0
  })
}

async function tell(
  { stdout, stderr }: CliContext,
  { config }: Session,
  statuses: readonly LakeLayerStatus[],
  isJson: boolean,
  seconds: number,
): Promise<void> {
  if (isJson) {
    await stdout.write(`${JSON.stringify({ lake: config.lakeUrl, seconds, layers: statuses }, null, 2)}\n`)
    return
  }
  for (const { layer, rowsWritten, filesWritten, bytesWritten } of statuses) {
    const figures = [rowsWritten, filesWritten].map((count) => count.toLocaleString('en-US'))
    await stderr.write(`${layer}: ${figures[0]} rows, ${figures[1]} files written (${bytesText(bytesWritten)})\n`)
  }
}
