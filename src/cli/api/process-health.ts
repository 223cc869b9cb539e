import type { DiskSpace, HealthReport, Role, SinkHealth, SourceHealth, TaskHealth } from '../../api/ports.ts'
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../log/port.ts'
import type { Runner } from '../../runtime/runner.ts'
import { inTime } from './in-time.ts'
import { taskHealth, waitingProblems } from './task-health.ts'

/** What a process does, as far as it has begun with it. */
export interface ProcessWork {
  readonly runner: Pick<Runner, 'status' | 'readingTopics'> | null
  /** Of the partitions that this process writes. */
  readonly sinks: () => Promise<readonly SinkHealth[]>
  readonly sources: () => readonly SourceHealth[]
}

export interface ProcessHealthOptions {
  readonly role: Role
  readonly log: Log
  readonly clock: Clock
  readonly version: string
  readonly startedAt: number
  readonly disk: () => Promise<DiskSpace | null>
}

/** True once it works and no task of its own is still reading its state from the log again. */
export function isAtWork(work: ProcessWork | null): boolean {
  return work !== null && (work.runner?.status().tasks ?? []).every(({ state }) => state !== 'recovering')
}

/**
 * How a process is that has no page: its own tasks, sinks and sources. The log is asked for the ends of the partitions that it works
 * on, and for nothing else: what concerns the whole log is told by those who serve the page.
 */
export async function processHealth(
  { role, log, clock, version, startedAt, disk }: ProcessHealthOptions,
  work: ProcessWork | null,
): Promise<HealthReport> {
  const asked = Promise.all([ownTasks(log, work), work?.sinks() ?? []])
  const [inLog, space] = await Promise.all([inTime(clock, asked), disk()])
  const [tasks, sinks] = 'problem' in inLog ? [tasksWithoutLog(work), []] : inLog.found
  return {
    role,
    at: clock.now(),
    version,
    startedAt,
    backend: log.backend,
    ready: isAtWork(work),
    problems: [...('problem' in inLog ? [inLog.problem] : []), ...waitingProblems(work?.runner?.status() ?? null)],
    topics: [],
    tasks,
    sinks,
    sources: work?.sources() ?? [],
    replays: [],
    disk: space,
    stations: null,
  }
}

async function ownTasks(log: Log, work: ProcessWork | null): Promise<TaskHealth[]> {
  if (work === null || work.runner === null) return []
  const status = work.runner.status()
  const topics = new Map([...work.runner.readingTopics.values()].map((topic) => [topic.name, topic]))
  const tasks = status.tasks.map(async ({ topic: name, partition, committed }) => {
    const topic = topics.get(name)
    const end = topic === undefined ? committed : (await log.bounds(topic, partition)).end
    return taskHealth({ name }, partition, { committed, end }, status)
  })
  return Promise.all(tasks)
}

/** How far they are behind is not known while the log is away, which is told by itself. */
function tasksWithoutLog(work: ProcessWork | null): TaskHealth[] {
  const status = work?.runner?.status() ?? null
  return (status?.tasks ?? []).map(({ topic, partition, committed }) =>
    taskHealth({ name: topic }, partition, { committed, end: null }, status),
  )
}
