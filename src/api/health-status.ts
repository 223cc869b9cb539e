import { HOUR_MS } from '../core/calendar.ts'
import { formatInstant } from '../views/instant.ts'
import type { HealthReport, Ledger, Problem, Role, SinkHealth, SourceHealth, TaskHealth } from './ports.ts'
import { replayProblems } from './replay-problems.ts'

/** `empty`: no reading yet. `fresh`: all that came is in the views. `behind`: it is catching up. `problem`: something needs a person. */
export type HealthStatus = 'empty' | 'fresh' | 'behind' | 'problem'

export interface HealthReason {
  /** Which part: `air.readings 0`, `postgres weather_hourly`, `airqino`. */
  readonly part: string
  readonly code: string | null
  readonly message: string
  readonly remedy: string | null
}

export interface Assessment {
  readonly status: HealthStatus
  /** One sentence for people. */
  readonly headline: string
  readonly reasons: readonly HealthReason[]
}

/** A part with work to do that has done none for so long is behind. */
const IDLE_MS = 10_000
/** A source may miss so many of its intervals, and be silent for a minute in any case. */
const MISSED_INTERVALS = 3
const SILENT_MS = 60_000

/** Readings of the ledger that no fate explains: 0 when nothing is wrong. */
export function unexplained(ledger: Ledger): number {
  const { accepted, current, superseded, stale, duplicate, tooLate, deadLettered } = ledger
  return accepted - (current + superseded + stale + duplicate + tooLate + deadLettered)
}

const problemReason = (part: string, { code, message, remedy }: Problem): HealthReason => ({ part, code, message, remedy })
const lagReason = (part: string, message: string): HealthReason => ({ part, code: null, message, remedy: null })

function stoppedReason(part: string): HealthReason {
  return {
    part,
    code: null,
    message: `${part} has stopped.`,
    remedy: 'Read the log of windrow for the cause, then start it again.',
  }
}

function idleSince(at: number, lastAt: number | null, forMs = IDLE_MS): boolean {
  return lastAt === null || at - lastAt > forMs
}

function taskReasons(
  report: HealthReport,
  task: TaskHealth,
): { readonly bad: HealthReason | null; readonly slow: HealthReason | null } {
  const part = `${task.topic} ${task.partition}`
  const bad = task.problem !== null ? problemReason(part, task.problem) : task.state === 'stopped' ? stoppedReason(part) : null
  const lag = (task.endOffset ?? task.committedOffset) - task.committedOffset
  const slow = lag > 0 && (task.state !== 'running' || idleSince(report.at, task.lastCommitAt))
  return { bad, slow: slow ? lagReason(part, `${lag} readings are not in the views yet.`) : null }
}

function sinkReasons(
  report: HealthReport,
  sink: SinkHealth,
): { readonly bad: HealthReason | null; readonly slow: HealthReason | null } {
  const part = `${sink.sink} ${sink.view}`
  const bad = sink.problem !== null ? problemReason(part, sink.problem) : sink.state === 'stopped' ? stoppedReason(part) : null
  const slow = sink.lag > 0 && (sink.state !== 'running' || idleSince(report.at, lastWriteOf(report, sink), patienceOf(sink)))
  return { bad, slow: slow ? lagReason(part, `${sink.lag} changes are not written yet.`) : null }
}

/** What is written from time to time is not late before that time. */
function patienceOf({ files }: SinkHealth): number {
  return Math.max(IDLE_MS, MISSED_INTERVALS * 1000 * (files?.flushSeconds ?? 0))
}

/** What is written from time to time counts from the start of its process. */
function lastWriteOf({ startedAt }: HealthReport, { files, lastWriteAt }: SinkHealth): number | null {
  return lastWriteAt ?? ((files?.flushSeconds ?? null) === null ? null : startedAt)
}

function sourceReasons(
  report: HealthReport,
  source: SourceHealth,
): { readonly bad: HealthReason | null; readonly slow: HealthReason | null } {
  const bad = source.problem === null ? null : problemReason(source.source, source.problem)
  return { bad, slow: sourceLag(report, source) }
}

/** Why a source that works is behind: it does not answer, or what it answers is old. Null where it is not. */
export function sourceLag(report: Pick<HealthReport, 'at' | 'startedAt'>, source: SourceHealth): HealthReason | null {
  if (source.state === 'stopped') return null
  const { source: part, intervalSeconds, lastSuccessAt, lastEventAt, staleAfterMs } = source
  const since = lastSuccessAt ?? report.startedAt
  const unanswered = report.at - since
  if (intervalSeconds !== null && unanswered > Math.max(SILENT_MS, intervalSeconds * 1000 * MISSED_INTERVALS)) {
    return lagReason(part, `It has answered nothing for ${Math.round(unanswered / 60_000)} minutes.`)
  }
  // Compared with its last answer: what is polled once a day is not frozen in between.
  if (staleAfterMs === null || since - (lastEventAt ?? report.startedAt) <= staleAfterMs) return null
  const newest =
    lastEventAt === null
      ? 'said no reading since windrow was started'
      : `no reading since ${formatInstant(lastEventAt).slice(0, 16)}Z`
  return {
    part,
    code: null,
    message: `It answers, but has ${newest}, ${Math.floor((report.at - (lastEventAt ?? report.startedAt)) / HOUR_MS)} hours ago.`,
    remedy: 'Look whether the station is at work, and whether its service tells of trouble; `windrow doctor` asks it.',
  }
}

function ledgerReasons(report: HealthReport): HealthReason[] {
  return report.topics.flatMap(({ topic, ledger }) => {
    const missing = unexplained(ledger)
    if (missing === 0) return []
    const message = `The ledger of ${topic} does not add up: ${Math.abs(missing)} readings ${missing > 0 ? 'are unaccounted for' : 'count twice'}.`
    return [{ part: topic, code: null, message, remedy: 'Run `windrow audit`, and keep the data directory for a report.' }]
  })
}

const FRESH: Readonly<Record<Role, string>> = {
  start: 'All readings are in the views.',
  serve: 'All readings are in the views.',
  run: 'All that came is in the views and stores of this process.',
  produce: 'Every source answers.',
}

/** `quiet`: the sources among the reasons of being behind. */
function headlineOf(role: Role, status: HealthStatus, reasons: readonly HealthReason[], quiet: readonly HealthReason[]): string {
  switch (status) {
    case 'empty':
      return 'Waiting for the first one.'
    case 'fresh':
      return FRESH[role]
    case 'behind':
      if (quiet.length === reasons.length) {
        return quiet.length === 1 ? `No new readings of ${quiet[0]!.part}.` : `No new readings of ${quiet.length} sources.`
      }
      return reasons.length === 1 ? `Catching up: ${reasons[0]!.part}.` : `Catching up in ${reasons.length} places.`
    case 'problem':
      return reasons.length === 1 ? reasons[0]!.message : `${reasons.length} parts need attention.`
  }
}

/**
 * What the parts' states mean together. The reasons of a problem come before those of being behind, and last what keeps nothing from working: it
 * does not change the status.
 */
export function assessHealth(report: HealthReport): Assessment {
  const sources = report.sources.map((source) => sourceReasons(report, source))
  const parts = [
    ...report.tasks.map((task) => taskReasons(report, task)),
    ...report.sinks.map((sink) => sinkReasons(report, sink)),
    ...sources,
  ]
  const present = (reason: HealthReason | null): reason is HealthReason => reason !== null
  const bad = [
    ...report.problems.map((problem) => problemReason('windrow', problem)),
    ...ledgerReasons(report),
    ...parts.map((part) => part.bad).filter(present),
  ]
  const slowOf = (these: typeof parts): HealthReason[] =>
    these
      .filter((part) => part.bad === null)
      .map((part) => part.slow)
      .filter(present)
  const slow = slowOf(parts)
  const warnings = replayProblems(report.replays).map(({ views, ...problem }) =>
    problemReason(`replay ${views.join(' ')}`, problem),
  )
  // A process that tells of its own work alone does not know what the log holds.
  const knowsLog = report.role === 'start' || report.role === 'serve'
  const empty = knowsLog && report.topics.every(({ ledger }) => ledger.accepted === 0)
  const status = bad.length > 0 ? 'problem' : slow.length > 0 ? 'behind' : empty ? 'empty' : 'fresh'
  const headline = headlineOf(report.role, status, status === 'problem' ? bad : slow, slowOf(sources))
  return { status, headline, reasons: [...bad, ...slow, ...warnings] }
}
