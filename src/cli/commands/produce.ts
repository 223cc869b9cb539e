import { systemClock } from '../../core/clock.ts'
import { produce as publish } from '../../producers/produce.ts'
import { progressDisplay, progressLines } from '../../producers/progress.ts'
import { countFacts } from '../../producers/publish-counts.ts'
import { everyInterval } from '../../producers/rhythm.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { topicNames } from '../engine.ts'
import { createLogger } from '../logger.ts'
import { withSession } from '../session.ts'
import { type SourceOptions, sourceOf } from '../sources.ts'

export interface ProduceOptions extends SourceOptions {
  readonly continuous?: boolean
  /** Seconds. */
  readonly interval: number
  readonly json?: boolean
}

/** `windrow produce`: publishes what a source says as far as it is new or revised, once or for ever. */
export async function produce(context: CliContext, options: ProduceOptions): Promise<ExitCode> {
  return withSession(context, async (session) => {
    const { config, catalogue, log } = session
    const logger = createLogger(config, context.stderr)
    const summary = await publish({
      log,
      kv: await session.state(),
      source: await sourceOf(options, context.folder, catalogue.events),
      partitions: config.partitions,
      topicNames: topicNames(catalogue),
      clock: systemClock,
      logger,
      continuous: options.continuous === true,
      rhythm: everyInterval(options.interval * 1000, systemClock),
      signal: context.signal,
      progress:
        context.terminal === null ? progressLines(logger, systemClock) : progressDisplay(context.terminal, logger, systemClock),
    })
    const { deadLettered } = summary
    if (deadLettered > 0) logger.warn({ dead_lettered: deadLettered }, 'some of it is no reading: windrow dlq list')
    if (options.json === true) {
      const { polls, failures, stopped } = summary
      await context.stdout.write(`${JSON.stringify({ ...countFacts(summary), polls, failures, stopped })}\n`)
    }
    if (options.continuous !== true) context.signal.throwIfAborted()
    return 0
  })
}
