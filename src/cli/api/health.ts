import type {
  DiskSpace,
  HealthReport,
  Problem,
  ReplayInfo,
  Role,
  SinkHealth,
  SourceHealth,
  StationFigures,
  TaskHealth,
  TopicHealth,
} from '../../api/ports.ts'
import type { Clock } from '../../core/clock.ts'
import type { EventType } from '../../events/event-type.ts'
import { endsOf } from '../../log/ends-of.ts'
import type { Log, Topic } from '../../log/port.ts'
import { engineGroup } from '../../runtime/engine-group.ts'
import { addLedgers, parseLedger } from '../../runtime/ledger.ts'
import type { Runner } from '../../runtime/runner.ts'
import type { SupervisorStatus } from '../../runtime/supervisor.ts'
import type { Catalogue } from '../catalogue.ts'
import { listReplays } from '../replay/list-replays.ts'
import { inTime } from './in-time.ts'
import { taskHealth, waitingProblems } from './task-health.ts'

export interface HealthParts {
  readonly role: Role
  readonly log: Log
  readonly catalogue: Catalogue
  readonly clock: Clock
  readonly version: string
  readonly startedAt: number
  /** Null where the topologies run in other processes (`windrow serve`). */
  readonly runner: Runner | null
  readonly sinks: () => Promise<readonly SinkHealth[]>
  readonly sources: () => readonly SourceHealth[]
  /** Null while the views can be read. */
  readonly viewsProblem: () => Promise<Problem | null>
  readonly disk: () => Promise<DiskSpace | null>
  /** Null where the views cannot be read. */
  readonly stations: () => Promise<StationFigures | null>
}

/** Puts together how every part is. What this process does not run itself is told by the progress in the log. */
export async function healthReport(parts: HealthParts): Promise<HealthReport> {
  const { role, log, clock, version, startedAt } = parts
  const [inLog, viewsProblem, sinks, disk, stations] = await Promise.all([
    inTime(clock, partsInLog(parts)),
    parts.viewsProblem(),
    inTime(clock, parts.sinks()),
    parts.disk(),
    parts.stations(),
  ])
  const logProblem = 'problem' in inLog ? inLog.problem : 'problem' in sinks ? sinks.problem : null
  const waiting = waitingProblems(parts.runner?.status() ?? null)
  const { topics, tasks, replays } = 'problem' in inLog ? { topics: [], tasks: [], replays: [] } : inLog.found
  return {
    role,
    at: clock.now(),
    version,
    startedAt,
    backend: log.backend,
    ready: viewsProblem === null,
    problems: [viewsProblem, logProblem, ...waiting].filter((problem) => problem !== null),
    topics: topics.map((topic) => withStations(topic, stations)),
    tasks,
    replays,
    sinks: 'problem' in sinks ? [] : sinks.found,
    sources: parts.sources(),
    disk,
    stations,
  }
}

/** Where the tasks run in other processes, the stations tell which reading is the newest. */
function withStations(topic: TopicHealth, stations: StationFigures | null): TopicHealth {
  const last = stations?.kinds.find(({ kind }) => kind === topic.kind)?.lastReadingAt ?? null
  if (last === null || (topic.lastEventAt !== null && topic.lastEventAt >= last)) return topic
  return { ...topic, lastEventAt: last }
}

interface PartsInLog {
  readonly topics: readonly TopicHealth[]
  readonly tasks: readonly TaskHealth[]
  readonly replays: readonly ReplayInfo[]
}

async function partsInLog({ log, catalogue, clock, runner }: HealthParts): Promise<PartsInLog> {
  const status = runner?.status() ?? null
  const asked = catalogue.events.map(async (event) => {
    const topic = await log.findTopic(catalogue.topicOf(event))
    return topic === null ? null : topicParts(log, event, topic, status)
  })
  const [replays, ...parts] = await Promise.all([listReplays(log, clock), ...asked])
  const found = parts.filter((part) => part !== null)
  return { topics: found.map(({ topic }) => topic), tasks: found.flatMap(({ tasks }) => tasks), replays }
}

async function topicParts(
  log: Log,
  event: EventType,
  topic: Topic,
  status: SupervisorStatus | null,
): Promise<{ readonly topic: TopicHealth; readonly tasks: readonly TaskHealth[] }> {
  const [progress, ends] = await Promise.all([log.groupProgress(engineGroup(topic.name), topic), endsOf(log, topic)])
  const own = (status?.tasks ?? []).filter((task) => task.topic === topic.name)
  const tasks = ends.map((end, partition) => {
    const committed = progress.find((each) => each.partition === partition)?.offset ?? 0
    return taskHealth(topic, partition, { committed, end }, status)
  })
  const newest = (times: ReadonlyArray<number | null>): number | null =>
    times.reduce((latest, time) => (time !== null && (latest === null || time > latest) ? time : latest), null)
  return {
    topic: {
      topic: topic.name,
      kind: event.name,
      partitions: topic.partitions,
      ledger: addLedgers(progress.map(({ metadata }) => parseLedger(metadata))),
      lastEventAt: newest(own.map(({ lastEventTime }) => lastEventTime)),
      lastAppendAt: newest(own.map(({ lastAppendAt }) => lastAppendAt)),
    },
    tasks,
  }
}
