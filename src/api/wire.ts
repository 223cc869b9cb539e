import { formatInstant } from '../views/instant.ts'
import type { View } from '../views/view.ts'
import { jsonCell, optionalInstantText } from './cell-text.ts'
import { assessHealth, sourceLag, unexplained } from './health-status.ts'
import type { DeadLetterInfo, HealthReport, Ledger, Problem, PublishedView, ReplayInfo, StationInfo, WhyReport } from './ports.ts'
import { filterColumns, timeColumn } from './view-query.ts'

// What leaves by HTTP: snake_case names, instants in ISO 8601.

export function viewOnWire({ view, kind, stores }: PublishedView): Readonly<Record<string, unknown>> {
  return {
    name: view.name,
    doc: view.doc,
    kind,
    key: view.key.map(({ column }) => column),
    time_column: timeColumn(view)?.column ?? null,
    filters: [
      ...filterColumns(view).map(({ parameter }) => parameter),
      ...(timeColumn(view) === undefined ? [] : ['from', 'to']),
    ],
    stores,
    columns: view.columns.map(({ column, type, unit, doc, nullable, isKey }) => ({
      name: column,
      type,
      unit,
      doc,
      nullable,
      is_key: isKey,
    })),
  }
}

function rowOnWire(view: View, cells: readonly (string | number | boolean | null)[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(view.columns.map((column, index) => [column.column, jsonCell(column, cells[index] ?? null)]))
}

export function stationOnWire(station: StationInfo): Readonly<Record<string, unknown>> {
  return {
    kind: station.kind,
    station_id: station.stationId,
    city: station.city,
    country: station.country,
    latitude: station.latitude,
    longitude: station.longitude,
    time_zone: station.timeZone,
    interval_minutes: station.intervalMinutes,
    first_reading: formatInstant(station.firstReadingAt),
    last_reading: formatInstant(station.lastReadingAt),
  }
}

export function whyOnWire(
  view: View,
  key: readonly (string | number | boolean | null)[],
  why: WhyReport,
): Readonly<Record<string, unknown>> {
  return {
    view: view.name,
    key: Object.fromEntries(view.key.map((column, index) => [column.column, jsonCell(column, key[index] ?? null)])),
    row: why.row === null ? null : rowOnWire(view, why.row),
    window: why.window && {
      start: formatInstant(why.window.startAt),
      end: formatInstant(why.window.endAt),
      time_zone: why.window.timeZone,
    },
    complete: why.complete,
    waiting_for: why.waitingFor,
    watermark: optionalInstantText(why.watermarkAt),
    n: why.n,
    expected: why.expected,
    coverage: why.coverage,
    truncated: why.truncated,
    readings: why.readings.map((reading) => ({
      timestamp: formatInstant(reading.timestamp),
      interval_minutes: reading.intervalMinutes,
      sub_key: reading.subKey,
      fate: reading.fate,
      revised_at: optionalInstantText(reading.revisedAt),
      ingested_at: formatInstant(reading.ingestedAt),
      data_origin: reading.dataOrigin,
      topic: reading.topic,
      partition: reading.partition,
      offset: reading.offset,
      values: reading.values,
    })),
  }
}

const problemOnWire = (problem: Problem | null): Readonly<Record<string, unknown>> | null =>
  problem && { code: problem.code, message: problem.message, remedy: problem.remedy, since: optionalInstantText(problem.since) }

/** What became of the readings, by the names that leave the process. */
export function fatesOnWire(ledger: Ledger): Readonly<Record<string, number>> {
  return {
    accepted: ledger.accepted,
    current: ledger.current,
    superseded: ledger.superseded,
    stale: ledger.stale,
    duplicate: ledger.duplicate,
    too_late: ledger.tooLate,
    dead_lettered: ledger.deadLettered,
  }
}

const ledgerOnWire = (ledger: Ledger): Readonly<Record<string, number>> => ({
  ...fatesOnWire(ledger),
  unexplained: unexplained(ledger),
})

export function healthOnWire(report: HealthReport): Readonly<Record<string, unknown>> {
  return {
    ...assessHealth(report),
    at: formatInstant(report.at),
    version: report.version,
    started_at: formatInstant(report.startedAt),
    backend: report.backend,
    ready: report.ready,
    problems: report.problems.map(problemOnWire),
    topics: report.topics.map((topic) => ({
      topic: topic.topic,
      kind: topic.kind,
      partitions: topic.partitions,
      ledger: ledgerOnWire(topic.ledger),
      last_event: optionalInstantText(topic.lastEventAt),
      last_append: optionalInstantText(topic.lastAppendAt),
    })),
    tasks: report.tasks.map((task) => ({
      topic: task.topic,
      partition: task.partition,
      state: task.state,
      recovered: task.recovered,
      committed_offset: task.committedOffset,
      end_offset: task.endOffset,
      lag: task.endOffset === null ? null : Math.max(0, task.endOffset - task.committedOffset),
      last_event: optionalInstantText(task.lastEventAt),
      last_commit: optionalInstantText(task.lastCommitAt),
      state_bytes: task.stateBytes,
      state_budget_bytes: task.stateBudgetBytes,
      problem: problemOnWire(task.problem),
    })),
    sinks: report.sinks.map((sink) => ({
      sink: sink.sink,
      view: sink.view,
      state: sink.state,
      lag: sink.lag,
      rows_written: sink.rowsWritten,
      rows_per_second: Math.round(sink.rowsPerSecond * 10) / 10,
      retries: sink.retries,
      dead_lettered: sink.deadLettered,
      last_write: optionalInstantText(sink.lastWriteAt),
      problem: problemOnWire(sink.problem),
      last_error:
        sink.lastError === null
          ? null
          : { code: sink.lastError.code, message: sink.lastError.message, at: formatInstant(sink.lastError.at) },
    })),
    sources: report.sources.map((source) => ({
      source: source.source,
      name: source.name,
      station: source.station,
      stations: source.stations,
      state: source.state,
      interval_seconds: source.intervalSeconds,
      last_try: optionalInstantText(source.lastTryAt),
      last_success: optionalInstantText(source.lastSuccessAt),
      last_event: optionalInstantText(source.lastEventAt),
      published: source.published,
      behind: sourceLag(report, source) !== null,
      problem: problemOnWire(source.problem),
    })),
  }
}

export function deadLetterOnWire(letter: DeadLetterInfo): Readonly<Record<string, unknown>> {
  const { id, origin, where, input, code, message, remedy, size, preview } = letter
  return { id, origin, where, input, code, message, remedy, recorded_at: formatInstant(letter.recordedAt), size, preview }
}

export function replayOnWire(replay: ReplayInfo): Readonly<Record<string, unknown>> {
  const {
    id,
    view,
    state,
    stale,
    generation,
    from,
    rollback,
    read,
    toRead,
    startedAt,
    updatedAt,
    host,
    pid,
    error,
    errorCode,
    remedy,
  } = replay
  return {
    id,
    view,
    state,
    stale,
    generation,
    from: optionalInstantText(from),
    rollback,
    read,
    to_read: toRead,
    started_at: formatInstant(startedAt),
    updated_at: formatInstant(updatedAt),
    host,
    pid,
    error,
    error_code: errorCode,
    remedy,
  }
}
