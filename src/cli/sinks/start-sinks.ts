import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { DeadLetterTopic } from '../../runtime/dead-letter-output.ts'
import type { Sink } from '../../sinks/sink.ts'
import { type SinkRunner, startSinkRunner } from '../../sinks/sink-runner.ts'
import type { Session } from '../session.ts'
import { deadLetterOf } from './dead-letter-of.ts'

export interface StartSinksOptions {
  readonly session: Session
  /** Each is closed with the runner; when starting fails, all of them are. */
  readonly sinks: readonly Sink[]
  readonly deadLetters: DeadLetterTopic
  readonly logger: Logger
  readonly clock: Clock
}

/** Keeps the views in every one of the stores, each at its own pace. Rejects when one says something that a person has to mend. */
export async function startSinks({ session, sinks, deadLetters, logger, clock }: StartSinksOptions): Promise<SinkRunner> {
  const { config, catalogue, log } = session
  const starting = sinks.map((sink) =>
    startSinkRunner({
      sink,
      log,
      views: catalogue.views,
      deadLetter: (row) => deadLetterOf(row, deadLetters, clock.now()),
      logger,
      clock,
      tuning: { scrubIntervalMs: config.scrubHours * 3_600_000 },
    }),
  )
  const started = await Promise.allSettled(starting)
  const runners = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const failed = started.find((each) => each.status === 'rejected')
  if (failed !== undefined) {
    await Promise.all([
      ...runners.map((runner) => runner.stop()),
      ...sinks.flatMap((sink, i) => (started[i]?.status === 'rejected' ? [sink.close()] : [])),
    ])
    throw failed.reason
  }
  return {
    statuses: async () => (await Promise.all(runners.map((runner) => runner.statuses()))).flat(),
    async untilCaughtUp(ends, signal) {
      await Promise.all(runners.map((runner) => runner.untilCaughtUp(ends, signal)))
    },
    async stop() {
      await Promise.all(runners.map((runner) => runner.stop()))
    },
  }
}
