import type { SourceHealth } from '../api/ports.ts'
import type { Clock } from '../core/clock.ts'
import { isWindrowError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { parseLedger } from '../runtime/ledger.ts'
import { engineGroup } from '../runtime/live-views.ts'
import type { Runner } from '../runtime/runner.ts'
import { type PipelineHealthRow, preparePipelineHealth, writePipelineHealth } from '../sinks/postgres/pipeline-health-table.ts'
import type { SqlClient } from '../sinks/postgres/sql-client.ts'
import type { Session } from './session.ts'

export interface HealthReporterOptions {
  readonly session: Session
  readonly runner: Runner
  readonly sql: SqlClient
  readonly sources: () => readonly SourceHealth[]
  readonly clock: Clock
  readonly logger: Logger
}

const EVERY_MS = 5_000
const SCHEMA = 'public'

/**
 * Writes to the table pipeline_health how the partitions and sources of this process are, again and again. Returns what ends it.
 * A database that is away is passed over: the next report says more.
 */
export function reportHealth(options: HealthReporterOptions): () => Promise<void> {
  const stop = new AbortController()
  const done = report(options, stop.signal)
  return async () => {
    stop.abort()
    await done
  }
}

async function report(options: HealthReporterOptions, signal: AbortSignal): Promise<void> {
  const { sql, clock, logger } = options
  let isPrepared = false
  while (!signal.aborted) {
    try {
      if (!isPrepared) await preparePipelineHealth(sql, SCHEMA)
      isPrepared = true
      await writePipelineHealth(sql, SCHEMA, await healthRows(options))
    } catch (error) {
      const code = isWindrowError(error) ? error.code : undefined
      logger.debug({ code, reason: messageOf(error) }, 'pipeline_health was not written this time')
    }
    await clock.sleep(EVERY_MS, signal)
  }
}

async function healthRows({ session, runner, sources, clock }: HealthReporterOptions): Promise<PipelineHealthRow[]> {
  const now = clock.now()
  const progress = new Map<string, ReadonlyMap<number, string>>()
  for (const topic of runner.readingTopics.values()) {
    const found = await session.log.groupProgress(engineGroup(topic.name), topic)
    progress.set(topic.name, new Map(found.map(({ partition, metadata }) => [partition, metadata])))
  }
  const rows: PipelineHealthRow[] = []
  for (const task of runner.status().tasks) {
    const topic = [...runner.readingTopics.values()].find(({ name }) => name === task.topic)
    if (topic === undefined) continue
    const { end } = await session.log.bounds(topic, task.partition)
    const ledger = parseLedger(progress.get(task.topic)?.get(task.partition) ?? '')
    rows.push({
      part: 'partition',
      name: task.topic,
      partition: task.partition,
      state: task.state,
      lastEventAt: task.lastEventTime,
      lastAppendAt: task.lastAppendAt,
      lag: Math.max(0, end - task.committed),
      late: ledger.tooLate,
      duplicate: ledger.duplicate,
      deadLettered: ledger.deadLettered,
      heartbeatAt: now,
    })
  }
  return [...rows, ...sources().map(sourceRow)]
}

function sourceRow({ source, state, lastSuccessAt }: SourceHealth): PipelineHealthRow {
  const none = { lastEventAt: null, lastAppendAt: null, lag: null, late: null, duplicate: null, deadLettered: null }
  return { part: 'source', name: source, partition: -1, state, ...none, heartbeatAt: lastSuccessAt }
}
