import type { SinkHealth, SourceHealth } from '../api/ports.ts'
import { systemClock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Runner } from '../runtime/runner.ts'
import type { CommitListener } from '../runtime/task.ts'
import type { SqlClient } from '../sinks/postgres/sql-client.ts'
import { startEngine } from './engine.ts'
import { reportHealth } from './report-health.ts'
import type { Session } from './session.ts'
import { sinkHealth, startPostgresSink } from './sinks.ts'

/** Topologies and sinks of a process. */
export interface Pipeline {
  readonly runner: Runner
  sinkHealth(): Promise<readonly SinkHealth[]>
  /** Waits until all that is in the reading topics now is in every sink. */
  untilEnd(signal: AbortSignal): Promise<void>
  /** Commits what is pending and stops. The client of the views stays open. */
  stop(): Promise<void>
}

/** Starts the topologies and, with a client, the Postgres sink and the reports in pipeline_health. The signal ends the wait for what is full. */
export async function startPipeline(
  session: Session,
  logger: Logger,
  sql: SqlClient | null,
  signal: AbortSignal,
  sources: () => readonly SourceHealth[] = () => [],
  onCommit?: CommitListener,
): Promise<Pipeline> {
  const firstAnswer = sql?.query('SELECT 1')
  // The embedded Postgres starts meanwhile. Where it cannot, the sink's own first statement says so.
  firstAnswer?.catch(() => undefined)
  const runner = await startEngine(session, logger, signal, onCommit)
  try {
    const sinks = sql === null ? null : await startPostgresSink({ session, runner, sql, logger, clock: systemClock })
    const endReports = sql === null ? null : reportHealth({ session, runner, sql, sources, clock: systemClock, logger })
    return {
      runner,
      sinkHealth: async () => (sinks === null ? [] : sinkHealth(await sinks.statuses())),
      async untilEnd(signal) {
        const ends = await runner.untilEnd(signal)
        if (sinks !== null && !signal.aborted) await sinks.untilCaughtUp(ends, signal)
      },
      async stop() {
        await endReports?.()
        await runner.stop()
        await sinks?.stop()
      },
    }
  } catch (error) {
    await runner.stop()
    throw error
  }
}
