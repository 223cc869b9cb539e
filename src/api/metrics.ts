import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { ReplayState } from '../views/views-replays.ts'
import type { HealthReport, Ledger, PartState } from './ports.ts'

/** The process's own figures and those of the pipeline, in Prometheus' text format. One a process. */
export interface Metrics {
  /** Called by a task after each commit. */
  observeCommit(topic: string, seconds: number): void
  /** The text of `/metrics`, with the pipeline as the report has it. */
  render(report: HealthReport): Promise<string>
  readonly contentType: string
}

const STATES: readonly PartState[] = ['starting', 'catching_up', 'running', 'waiting', 'stopped']
const REPLAY_STATES: readonly ReplayState[] = ['building', 'handover', 'done', 'failed']
const seconds = (instant: number): number => instant / 1000

function fatesOf(ledger: Ledger): ReadonlyArray<readonly [string, number]> {
  return [
    ['current', ledger.current],
    ['superseded', ledger.superseded],
    ['stale', ledger.stale],
    ['duplicate', ledger.duplicate],
    ['too_late', ledger.tooLate],
    ['dead_lettered', ledger.deadLettered],
  ]
}

function instruments(registry: Registry) {
  const registers = [registry]
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> =>
    new Gauge({ name, help, labelNames, registers })
  const partition = ['topic', 'partition'] as const
  const sinkView = ['sink', 'view'] as const
  return {
    accepted: new Counter({
      name: 'windrow_readings_accepted_total',
      help: 'Readings taken from a reading topic.',
      labelNames: ['topic'],
      registers,
    }),
    // A reading changes its fate (a current one is superseded), so a fate's number can fall: a gauge, though the sum only grows.
    readings: gauge(
      'windrow_readings',
      'Accepted readings by what became of them; they add up to windrow_readings_accepted_total.',
      ['topic', 'fate'],
    ),
    topicLastEvent: gauge('windrow_topic_last_event_timestamp_seconds', 'Start of the newest reading of a topic.', ['topic']),
    topicLastAppend: gauge('windrow_topic_last_append_timestamp_seconds', 'When a reading was last appended to a topic.', [
      'topic',
    ]),
    taskLag: gauge('windrow_task_offset_lag', 'Readings of a partition that are not in the views yet.', partition),
    taskLastCommit: gauge('windrow_task_last_commit_timestamp_seconds', 'When a task last committed.', partition),
    taskLastEvent: gauge(
      'windrow_task_last_event_timestamp_seconds',
      'Start of the newest reading that a task has processed.',
      partition,
    ),
    taskState: gauge('windrow_task_state', '1 for the state that a task is in, else 0.', ['topic', 'partition', 'state']),
    stateBytes: gauge('windrow_task_state_bytes', 'Bytes of state in memory.', partition),
    stateBudget: gauge('windrow_task_state_budget_bytes', 'Bytes of state that may be in memory.', partition),
    sinkLag: gauge('windrow_sink_lag', 'Changes of a view that a sink has not written yet.', sinkView),
    sinkLastWrite: gauge('windrow_sink_last_write_timestamp_seconds', 'When a sink last wrote.', sinkView),
    sinkRows: new Counter({
      name: 'windrow_sink_rows_written_total',
      help: 'Changes that a sink has written since the start.',
      labelNames: sinkView,
      registers,
    }),
    sinkRate: gauge('windrow_sink_rows_per_second', 'Changes written a second, over about ten seconds of writing.', sinkView),
    sinkRetries: new Counter({
      name: 'windrow_sink_retries_total',
      help: 'Failed tries of a sink since the start.',
      labelNames: sinkView,
      registers,
    }),
    sinkRefused: new Counter({
      name: 'windrow_sink_dead_lettered_total',
      help: 'Rows that a store refused since the start: they are in dead letters.',
      labelNames: sinkView,
      registers,
    }),
    sinkLastError: gauge('windrow_sink_last_error_timestamp_seconds', 'When a sink last failed, by the code of the error.', [
      'sink',
      'view',
      'code',
    ]),
    sinkProblem: gauge('windrow_sink_problem', '1 while a sink has a problem, else 0.', sinkView),
    sourceLastSuccess: gauge('windrow_source_last_success_timestamp_seconds', 'When a source last answered.', ['source']),
    sourceLastEvent: gauge(
      'windrow_source_last_event_timestamp_seconds',
      'Start of the newest reading that a source has said: how fresh it is.',
      ['source'],
    ),
    sourceProblem: gauge('windrow_source_problem', '1 while a source has a problem, else 0.', ['source']),
    sourcePublished: new Counter({
      name: 'windrow_source_published_total',
      help: 'Readings that a source has published since it started.',
      labelNames: ['source'],
      registers,
    }),
    replayRead: gauge('windrow_replay_records_read', 'Records that the last replay of a view has read.', ['view']),
    replayToRead: gauge('windrow_replay_records_to_read', 'Records that the last replay of a view has to read in all.', ['view']),
    replayState: gauge('windrow_replay_state', '1 for the state that the last replay of a view is in, else 0.', [
      'view',
      'state',
    ]),
    replayUpdated: gauge(
      'windrow_replay_last_update_timestamp_seconds',
      'When the last replay of a view last told how it stands: one that builds and is silent for half a minute was cut short.',
      ['view'],
    ),
    ready: gauge('windrow_ready', '1 when the views can be read, else 0.', []),
    info: gauge('windrow_info', 'Always 1; the labels say what runs.', ['version', 'backend']),
    commit: new Histogram({
      name: 'windrow_commit_seconds',
      help: 'How long a commit of rows and offset took.',
      labelNames: ['topic'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
  }
}

type Instruments = ReturnType<typeof instruments>

function update(all: Instruments, report: HealthReport): void {
  for (const [name, instrument] of Object.entries(all)) if (name !== 'commit') instrument.reset()
  all.ready.set(report.ready ? 1 : 0)
  all.info.set({ version: report.version, backend: report.backend }, 1)
  for (const { topic, ledger, lastEventAt, lastAppendAt } of report.topics) {
    all.accepted.inc({ topic }, ledger.accepted)
    for (const [fate, count] of fatesOf(ledger)) all.readings.set({ topic, fate }, count)
    if (lastEventAt !== null) all.topicLastEvent.set({ topic }, seconds(lastEventAt))
    if (lastAppendAt !== null) all.topicLastAppend.set({ topic }, seconds(lastAppendAt))
  }
  for (const task of report.tasks) {
    const labels = { topic: task.topic, partition: String(task.partition) }
    all.taskLag.set(labels, Math.max(0, task.endOffset - task.committedOffset))
    all.stateBytes.set(labels, task.stateBytes)
    all.stateBudget.set(labels, task.stateBudgetBytes)
    for (const state of STATES) all.taskState.set({ ...labels, state }, task.state === state ? 1 : 0)
    if (task.lastCommitAt !== null) all.taskLastCommit.set(labels, seconds(task.lastCommitAt))
    if (task.lastEventAt !== null) all.taskLastEvent.set(labels, seconds(task.lastEventAt))
  }
  for (const { sink, view, ...figures } of report.sinks) {
    const { lastWriteAt, lastError } = figures
    all.sinkLag.set({ sink, view }, figures.lag)
    all.sinkRows.inc({ sink, view }, figures.rowsWritten)
    all.sinkRate.set({ sink, view }, figures.rowsPerSecond)
    all.sinkRetries.inc({ sink, view }, figures.retries)
    all.sinkRefused.inc({ sink, view }, figures.deadLettered)
    all.sinkProblem.set({ sink, view }, figures.problem === null ? 0 : 1)
    if (lastWriteAt !== null) all.sinkLastWrite.set({ sink, view }, seconds(lastWriteAt))
    if (lastError !== null) all.sinkLastError.set({ sink, view, code: lastError.code }, seconds(lastError.at))
  }
  for (const { source, published, lastSuccessAt, lastEventAt, problem } of report.sources) {
    all.sourcePublished.inc({ source }, published)
    all.sourceProblem.set({ source }, problem === null ? 0 : 1)
    if (lastSuccessAt !== null) all.sourceLastSuccess.set({ source }, seconds(lastSuccessAt))
    if (lastEventAt !== null) all.sourceLastEvent.set({ source }, seconds(lastEventAt))
  }
  for (const { view, ...replay } of report.replays) {
    all.replayRead.set({ view }, replay.read)
    all.replayToRead.set({ view }, replay.toRead)
    all.replayUpdated.set({ view }, seconds(replay.updatedAt))
    for (const state of REPLAY_STATES) all.replayState.set({ view, state }, replay.state === state ? 1 : 0)
  }
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const all = instruments(registry)
  return {
    observeCommit: (topic, duration) => all.commit.observe({ topic }, duration),
    render: (report) => {
      update(all, report)
      return registry.metrics()
    },
    contentType: registry.contentType,
  }
}
