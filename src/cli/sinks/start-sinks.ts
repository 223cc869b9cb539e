import { systemClock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { type DeadLetterTopic, ensureDeadLetters } from '../../runtime/dead-letter-output.ts'
import type { SqlClient } from '../../sinks/postgres/sql-client.ts'
import { type SinkRunner, startSinkRunner } from '../../sinks/sink-runner.ts'
import type { StoreName } from '../../views/view.ts'
import type { Session } from '../session.ts'
import { deadLetterOf } from './dead-letter-of.ts'
import { openSinks } from './open-sinks.ts'

export interface StartSinksOptions {
  readonly session: Session
  readonly names: readonly StoreName[]
  /** Of the views in Postgres; null where that is not among the stores. */
  readonly sql: SqlClient | null
  /** Where rows go that a store refuses; null: not known yet, the topic is made where it is missing. */
  readonly deadLetters: DeadLetterTopic | null
  readonly logger: Logger
}

/**
 * Keeps the views in every one of the stores, each at its own pace, until it is stopped. Rejects when one says something that a person has
 * to mend.
 */
export async function startSinks({ session, names, sql, logger, ...options }: StartSinksOptions): Promise<SinkRunner> {
  const { config, catalogue, log } = session
  const deadLetters = options.deadLetters ?? (await ensureDeadLetters(log, config.partitions))
  const clock = systemClock
  const sinks = await openSinks({ config, names, sql, logger })
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
