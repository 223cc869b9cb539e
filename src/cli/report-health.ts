import type { SinkHealth, SourceHealth } from '../api/ports.ts'
import type { Clock } from '../core/clock.ts'
import { isWindrowError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { settledWithin } from '../core/settled-within.ts'
import { engineGroup } from '../runtime/engine-group.ts'
import { parseLedger } from '../runtime/ledger.ts'
import type { Runner } from '../runtime/runner.ts'
import type { PipelineHealthRow } from '../sinks/pipeline-health.ts'
import type { SinkStatus } from '../sinks/sink-status.ts'
import { formatInstant } from '../views/instant.ts'
import type { HealthStore } from './health-stores.ts'
import type { Session } from './session.ts'

export interface HealthReporterOptions {
  readonly session: Session
  /** Null where the topologies run in other processes. */
  readonly runner: Runner | null
  readonly store: HealthStore
  readonly statuses: () => Promise<readonly SinkStatus[]>
  /** The layers of the lake, where this process writes one. */
  readonly lake: () => Promise<readonly SinkHealth[]>
  readonly sources: () => readonly SourceHealth[]
  readonly clock: Clock
  readonly logger: Logger
}

const EVERY_MS = 5_000
/** A report under way is waited for so long when the work ends. */
const LAST_REPORT_MS = 2_000

/**
 * Writes as pipeline_health how the partitions, sinks and sources of this process are, again and again. Returns what ends it.
 * A store that is away is passed over: the next report says more.
 */
export function reportHealth(options: HealthReporterOptions): () => Promise<void> {
  const stop = new AbortController()
  const done = report(options, stop.signal)
  return async () => {
    stop.abort()
    // A store that does not answer keeps nobody waiting.
    options.store.close()
    await settledWithin(options.clock, done, LAST_REPORT_MS)
  }
}

async function report(options: HealthReporterOptions, signal: AbortSignal): Promise<void> {
  const { store, clock, logger } = options
  while (!signal.aborted) {
    try {
      await store.write(await healthRows(options), clock.now())
    } catch (error) {
      const code = isWindrowError(error) ? error.code : undefined
      logger.debug({ code, reason: messageOf(error) }, 'pipeline_health was not written this time')
    }
    await clock.sleep(EVERY_MS, signal)
  }
}

async function healthRows(options: HealthReporterOptions): Promise<PipelineHealthRow[]> {
  const { session, runner, statuses, lake, sources, clock } = options
  const now = clock.now()
  const tasks = runner === null ? [] : await taskRows(session, runner, now)
  const sinks = (await statuses()).map((status) => sinkRow(status, now))
  const layers = (await lake()).filter(({ isOwn }) => isOwn).map((layer) => sinkRow({ ...layer, partition: -1 }, now))
  return [...tasks, ...sinks, ...layers, ...sources().map(sourceRow)]
}

async function taskRows(session: Session, runner: Runner, now: number): Promise<PipelineHealthRow[]> {
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
      ...nothing,
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
  return rows
}

/** What a part that does not have it leaves null. */
const nothing = {
  lastEventAt: null,
  lastAppendAt: null,
  lag: null,
  late: null,
  duplicate: null,
  deadLettered: null,
  rowsPerSecond: null,
  retries: null,
  lastError: null,
} as const

type SinkFigures = Pick<
  SinkStatus,
  'sink' | 'view' | 'partition' | 'lag' | 'deadLettered' | 'rowsPerSecond' | 'retries' | 'lastError'
>

function sinkRow(status: SinkFigures & { readonly state: string }, now: number): PipelineHealthRow {
  const { sink, view, partition, state, lag, deadLettered, rowsPerSecond, retries, lastError } = status
  const error = lastError === null ? null : `${lastError.code} at ${formatInstant(lastError.at)}: ${lastError.message}`
  const figures = { lag, deadLettered, rowsPerSecond, retries, lastError: error }
  return { ...nothing, part: 'sink', name: `${sink}/${view}`, partition, state, ...figures, heartbeatAt: now }
}

function sourceRow({ source, state, lastSuccessAt, lastEventAt }: SourceHealth): PipelineHealthRow {
  return { ...nothing, part: 'source', name: source, partition: -1, state, lastEventAt, heartbeatAt: lastSuccessAt }
}
