import { systemClock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { type Runner, startRunner } from '../runtime/runner.ts'
import type { CommitListener } from '../runtime/task-options.ts'
import { latenessMinutes } from './allowed-lateness.ts'
import type { Catalogue } from './catalogue.ts'
import type { Session } from './session.ts'

const MEBIBYTE = 1024 * 1024

/** The configured topic of each event, by the event's name. */
export function topicNames(catalogue: Catalogue): ReadonlyMap<string, string> {
  return new Map(catalogue.events.map((event) => [event.name, catalogue.topicOf(event)]))
}

/** Starts the topologies on the session's log, with their local state in the data folder. The caller stops the runner. */
export async function startEngine(
  session: Session,
  logger: Logger,
  signal: AbortSignal,
  onCommit?: CommitListener,
): Promise<Runner> {
  const { config, catalogue, log } = session
  return startRunner({
    log,
    kv: await session.state(),
    topologies: catalogue.topologies,
    partitions: config.partitions,
    topicNames: topicNames(catalogue),
    allowedLatenessMinutes: latenessMinutes(config),
    memoryBytes: config.memoryMb * MEBIBYTE,
    tuning: { commitIntervalMs: config.commitIntervalMs },
    clock: systemClock,
    logger,
    signal,
    ...(onCommit === undefined ? {} : { onCommit }),
  })
}
