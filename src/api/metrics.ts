import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ReplayState } from '../views/views-replays.ts'
import { type Declared, declaredMetrics, type MetricInfo, registerProcessMetrics } from './metric-catalogue.ts'
import type { HealthReport, LakeFigures, Ledger, PartState, SinkHealth, SourceHealth, TaskHealth } from './ports.ts'

export { type MetricInfo, metricCatalogue } from './metric-catalogue.ts'

/** The process's own figures and those of the pipeline, in Prometheus' text format. One a process. */
export interface Metrics {
  /** Called by a task after each commit. */
  observeCommit(topic: string, seconds: number): void
  /** Called after each HTTP request. `route` is a pattern, so that there are few. */
  observeRequest(method: string, route: string, status: number, seconds: number): void
  /** The text of `/metrics`, with the pipeline as the report has it. */
  render(report: HealthReport): Promise<string>
  readonly contentType: string
}

const STATES: readonly PartState[] = ['starting', 'catching_up', 'running', 'waiting', 'stopped']
const REPLAY_STATES: readonly ReplayState[] = ['building', 'handover', 'done', 'failed']
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const seconds = (milliseconds: number): number => milliseconds / 1000

type Instrument<D> =
  D extends Declared<'gauge', infer L>
    ? Gauge<L>
    : D extends Declared<'counter', infer L>
      ? Counter<L>
      : D extends Declared<'histogram', infer L>
        ? Histogram<L>
        : never

type Instruments = { readonly [K in keyof typeof declaredMetrics]: Instrument<(typeof declaredMetrics)[K]> }

function instrument({ name, help, type, labels }: MetricInfo, registry: Registry) {
  const configuration = { name, help, labelNames: [...labels], registers: [registry] }
  switch (type) {
    case 'gauge':
      return new Gauge(configuration)
    case 'counter':
      return new Counter(configuration)
    case 'histogram':
      return new Histogram({ ...configuration, buckets: BUCKETS_SECONDS })
  }
}

function instruments(registry: Registry): Instruments {
  const made = Object.entries(declaredMetrics).map(([key, info]) => [key, instrument(info, registry)])
  return Object.fromEntries(made) as Instruments
}

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

/** Sets a gauge where there is something to say. */
function setTime<L extends string>(gauge: Gauge<L>, labels: Record<L, string>, instant: number | null): void {
  if (instant !== null) gauge.set(labels, seconds(instant))
}

function updateTopics(all: Instruments, { topics, tasks }: HealthReport): void {
  const newest = new Map<string, { event: number | null; append: number | null }>()
  const note = (topic: string, event: number | null, append: number | null): void => {
    const before = newest.get(topic) ?? { event: null, append: null }
    newest.set(topic, { event: later(before.event, event), append: later(before.append, append) })
  }
  for (const { topic, ledger, lastEventAt, lastAppendAt } of topics) {
    all.accepted.inc({ topic }, ledger.accepted)
    for (const [fate, count] of fatesOf(ledger)) all.readings.set({ topic, fate }, count)
    note(topic, lastEventAt, lastAppendAt)
  }
  for (const { topic, lastEventAt, lastAppendAt } of tasks) note(topic, lastEventAt, lastAppendAt)
  for (const [topic, { event, append }] of newest) {
    setTime(all.topicLastEvent, { topic }, event)
    setTime(all.topicLastAppend, { topic }, append)
  }
}

const later = (a: number | null, b: number | null): number | null => (a === null || (b !== null && b > a) ? b : a)

function updateTask(all: Instruments, task: TaskHealth): void {
  const labels = { topic: task.topic, partition: String(task.partition) }
  if (task.endOffset !== null) all.taskLag.set(labels, Math.max(0, task.endOffset - task.committedOffset))
  if (!task.isOwn) return
  all.stateBytes.set(labels, task.stateBytes)
  all.stateBudget.set(labels, task.stateBudgetBytes)
  for (const state of STATES) all.taskState.set({ ...labels, state }, task.state === state ? 1 : 0)
  setTime(all.taskLastCommit, labels, task.lastCommitAt)
  setTime(all.taskLastEvent, labels, task.lastEventAt)
}

function updateSink(all: Instruments, { sink, view, isOwn, ...figures }: SinkHealth): void {
  const { lastWriteAt, lastError } = figures
  all.sinkLag.set({ sink, view }, figures.lag)
  all.sinkProblem.set({ sink, view }, figures.problem === null ? 0 : 1)
  if (lastError !== null) setTime(all.sinkLastError, { sink, view, code: lastError.code }, lastError.at)
  if (figures.files !== undefined) all.lakeLag.set({ layer: view }, figures.lag)
  if (!isOwn) return
  all.sinkRows.inc({ sink, view }, figures.rowsWritten)
  all.sinkRate.set({ sink, view }, figures.rowsPerSecond)
  all.sinkRetries.inc({ sink, view }, figures.retries)
  all.sinkRefused.inc({ sink, view }, figures.deadLettered)
  setTime(all.sinkLastWrite, { sink, view }, lastWriteAt)
  if (figures.files !== undefined) updateLake(all, view, figures, figures.files)
}

function updateLake(
  all: Instruments,
  layer: string,
  { lastWriteAt, rowsWritten }: Pick<SinkHealth, 'lastWriteAt' | 'rowsWritten'>,
  { written, bytes, flushSeconds }: LakeFigures,
): void {
  setTime(all.lakeLastFlush, { layer }, lastWriteAt)
  if (flushSeconds !== null) all.lakeFlushInterval.set({ layer }, flushSeconds)
  all.lakeRows.inc({ layer }, rowsWritten)
  all.lakeFiles.inc({ layer }, written)
  all.lakeBytes.inc({ layer }, bytes)
}

function updateSource(all: Instruments, { source, ...figures }: SourceHealth): void {
  const { intervalSeconds, staleAfterMs } = figures
  all.sourcePublished.inc({ source }, figures.published)
  all.sourceDeadLettered.inc({ source }, figures.deadLettered)
  all.sourcePolls.inc({ source, outcome: 'ok' }, figures.polls)
  all.sourcePolls.inc({ source, outcome: 'failed' }, figures.failures)
  all.sourceProblem.set({ source }, figures.problem === null ? 0 : 1)
  setTime(all.sourceLastTry, { source }, figures.lastTryAt)
  setTime(all.sourceLastSuccess, { source }, figures.lastSuccessAt)
  setTime(all.sourceLastEvent, { source }, figures.lastEventAt)
  if (intervalSeconds !== null) all.sourceInterval.set({ source }, intervalSeconds)
  setTime(all.sourceStaleAfter, { source }, staleAfterMs)
}

function updateStations(all: Instruments, { stations }: HealthReport): void {
  for (const { kind, stations: count } of stations?.kinds ?? []) all.stations.set({ kind }, count)
  for (const { kind, stationId, watermarkAt, intervalSeconds } of stations?.silent ?? []) {
    const labels = { kind, station: stationId }
    setTime(all.stationWatermark, labels, watermarkAt)
    all.stationInterval.set(labels, intervalSeconds)
  }
  for (const { kind, stationId, score, completeness, timeliness } of stations?.quality ?? []) {
    const labels = { kind, station: stationId }
    all.qualityScore.set(labels, score)
    all.qualityCompleteness.set(labels, completeness)
    if (timeliness !== null) all.qualityTimeliness.set(labels, timeliness)
  }
}

function update(all: Instruments, report: HealthReport): void {
  // What is gone since the last scrape is gone. What is observed as it happens stays.
  for (const instrument of Object.values(all)) if (!(instrument instanceof Histogram)) instrument.reset()
  const { version, backend, role, disk } = report
  all.info.set({ version, backend, role }, 1)
  all.ready.set(report.ready ? 1 : 0)
  for (const { code } of report.problems) all.problem.set({ code }, 1)
  // A gauge without labels is 0 until it is set, or gone.
  if (disk === null) for (const gauge of [all.diskFree, all.diskSize]) gauge.remove()
  else {
    all.diskFree.set(disk.freeBytes)
    all.diskSize.set(disk.sizeBytes)
  }
  updateTopics(all, report)
  for (const task of report.tasks) updateTask(all, task)
  for (const sink of report.sinks) updateSink(all, sink)
  for (const source of report.sources) updateSource(all, source)
  updateStations(all, report)
  for (const { view, ...replay } of report.replays) {
    all.replayRead.set({ view }, replay.read)
    all.replayToRead.set({ view }, replay.toRead)
    setTime(all.replayUpdated, { view }, replay.updatedAt)
    for (const state of REPLAY_STATES) all.replayState.set({ view, state }, replay.state === state ? 1 : 0)
  }
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  registerProcessMetrics(registry)
  const all = instruments(registry)
  return {
    observeCommit: (topic, duration) => all.commit.observe({ topic }, duration),
    observeRequest: (method, route, status, duration) => all.request.observe({ method, route, status: String(status) }, duration),
    render: (report) => {
      update(all, report)
      return registry.metrics()
    },
    contentType: registry.contentType,
  }
}
