import type { CliContext, ExitCode } from '../context.ts'
import { startEngine } from '../engine.ts'
import { createLogger } from '../logger.ts'
import { withSession } from '../session.ts'

export interface RunOptions {
  readonly sinks: readonly string[]
  readonly untilEnd?: boolean
}

/** `windrow run`: the topologies and the sinks, for ever or until all that was in the log at the start is in every sink. */
export async function run(context: CliContext, options: RunOptions): Promise<ExitCode> {
  return withSession(context, async (session) => {
    const logger = createLogger(session.config, context.stderr)
    for (const notice of session.config.notices) logger.warn({}, notice)
    const runner = await startEngine(session, logger)
    try {
      logger.info({ dataDir: session.config.dataDir, views: runner.views.size }, 'running')
      if (options.untilEnd === true) await runner.untilEnd(context.signal)
      else await aborted(context.signal)
    } finally {
      await runner.stop()
    }
    return 0
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
