import type { SinkHealth, SourceHealth } from '../api/ports.ts'
import type { Config } from '../config/load-config.ts'
import { systemClock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { endsOf } from '../log/ends-of.ts'
import type { Runner, TopicEnds } from '../runtime/runner.ts'
import type { CommitListener } from '../runtime/task-options.ts'
import type { SqlClient } from '../sinks/postgres/sql-client.ts'
import type { SinkRunner } from '../sinks/sink-runner.ts'
import type { SinkStatus } from '../sinks/sink-status.ts'
import type { StoreName } from '../views/view.ts'
import { startEngine } from './engine.ts'
import { type HealthStore, influxHealthStore, postgresHealthStore } from './health-stores.ts'
import { lakeOfPipeline, noLake } from './lake/lake-of-pipeline.ts'
import { reportHealth } from './report-health.ts'
import type { Session } from './session.ts'
import { sinkHealth } from './sinks/sink-health.ts'
import { startSinks } from './sinks/start-sinks.ts'

/** Topologies and sinks of a process. */
export interface Pipeline {
  /** Null where the topologies run in other processes. */
  readonly runner: Runner | null
  sinkHealth(): Promise<readonly SinkHealth[]>
  /**
   * Waits until all that is in the log now is in every sink: with topologies what is in the reading topics, without them what is in the
   * views' topics.
   */
  untilEnd(signal: AbortSignal): Promise<void>
  /** Throws the error of the first task that has failed: whatever its process is asked to end for, it has not done its work. */
  rethrow(): void
  /** Commits what is pending and stops. The client of the views stays open. */
  stop(): Promise<void>
}

export interface PipelineOptions {
  readonly session: Session
  readonly logger: Logger
  readonly sinks: readonly StoreName[]
  /** Whether the lake is written too. Default false. */
  readonly lake?: boolean
  /** Of the views in Postgres: for the sink, and for the reports in pipeline_health. */
  readonly sql: SqlClient | null
  /** Ends the wait for what is full. */
  readonly signal: AbortSignal
  /** False: the sinks alone, for topologies that run in other processes. Default true. */
  readonly topologies?: boolean
  readonly sources?: () => readonly SourceHealth[]
  readonly onCommit?: CommitListener
}

/** Starts the topologies and the sinks. */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { session, logger, sql, signal, sources = () => [], onCommit } = options
  const firstAnswer = sql?.query('SELECT 1')
  // The embedded Postgres starts meanwhile. Where it cannot, the sink's own first statement says so.
  firstAnswer?.catch(() => undefined)
  const runner = options.topologies === false ? null : await startEngine(session, logger, signal, onCommit)
  try {
    const sinks = await startSinks({ session, names: options.sinks, sql, deadLetters: runner?.deadLetters ?? null, logger })
    const statuses = (): Promise<SinkStatus[]> => sinks.statuses()
    const lake =
      options.lake === true ? await lakeOfPipeline(session, logger, runner?.deadLetters ?? null).catch(ended(sinks)) : noLake
    const stores = await healthStores(session.config, sql, options.sinks)
    const endReports = stores.map((store) =>
      reportHealth({ session, runner, store, statuses, lake: () => lake.health(), sources, clock: systemClock, logger }),
    )
    return {
      runner,
      sinkHealth: async () => [...sinkHealth(await statuses()), ...(await lake.health())],
      async untilEnd(signal) {
        const ends = runner === null ? await viewEnds(session) : await runner.untilEnd(signal)
        if (!signal.aborted) await sinks.untilCaughtUp(ends, signal)
        if (!signal.aborted) await lake.untilEnd(signal)
      },
      rethrow() {
        const [failure] = runner?.status().failures ?? []
        if (failure !== undefined) throw failure.error
      },
      async stop() {
        await Promise.all(endReports.map((end) => end()))
        await runner?.stop()
        await Promise.all([sinks.stop(), lake.stop()])
      },
    }
  } catch (error) {
    await runner?.stop()
    throw error
  }
}

/** Each has reports of its own: one that is away does not keep the others waiting. */
async function healthStores(config: Config, sql: SqlClient | null, sinks: readonly StoreName[]): Promise<HealthStore[]> {
  return [
    ...(sql === null ? [] : [postgresHealthStore(sql)]),
    ...(sinks.includes('influxdb') ? [await influxHealthStore(config)] : []),
  ]
}

/** Whoever cannot start ends what was started before. */
function ended(sinks: SinkRunner): (error: unknown) => Promise<never> {
  return async (error) => {
    await sinks.stop()
    throw error
  }
}

async function viewEnds({ log, catalogue, topicOfView }: Session): Promise<TopicEnds[]> {
  const found: TopicEnds[] = []
  for (const view of catalogue.views) {
    const topic = await topicOfView(view)
    if (topic === null) continue
    found.push({ topic, ends: await endsOf(log, topic) })
  }
  return found
}
