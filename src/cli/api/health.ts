import type {
  HealthReport,
  PartState,
  Problem,
  ReplayInfo,
  SinkHealth,
  SourceHealth,
  TaskHealth,
  TopicHealth,
} from '../../api/ports.ts'
import type { Clock } from '../../core/clock.ts'
import { isWindrowError, messageOf } from '../../core/errors.ts'
import type { EventType } from '../../events/event-type.ts'
import type { Log, Topic } from '../../log/port.ts'
import { engineGroup } from '../../runtime/engine-group.ts'
import { addLedgers, parseLedger } from '../../runtime/ledger.ts'
import type { Runner } from '../../runtime/runner.ts'
import type { SupervisorStatus } from '../../runtime/supervisor.ts'
import type { TaskState, TaskStatus } from '../../runtime/task-status.ts'
import type { Catalogue } from '../catalogue.ts'
import { listReplays } from '../replay/list-replays.ts'

export interface HealthParts {
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
}

/** An error as something that needs a person. */
export function problemOf(error: unknown, since: number | null): Problem {
  if (isWindrowError(error)) return { code: error.code, message: error.message, remedy: error.remedy, since }
  return { code: 'WR_UNFORESEEN', message: messageOf(error), remedy: 'Read the log of windrow, and report what it says.', since }
}

/** Who asks for the health is answered also while the brokers are away, which is when they ask. */
const ANSWER_MS = 2_000

/** Puts together how every part is. What this process does not run itself is told by the progress in the log. */
export async function healthReport(parts: HealthParts): Promise<HealthReport> {
  const { log, clock, version, startedAt } = parts
  const [inLog, viewsProblem, sinks] = await Promise.all([
    inTime(clock, partsInLog(parts)),
    parts.viewsProblem(),
    inTime(clock, parts.sinks()),
  ])
  const logProblem = 'problem' in inLog ? inLog.problem : 'problem' in sinks ? sinks.problem : null
  return {
    at: clock.now(),
    version,
    startedAt,
    backend: log.backend,
    ready: viewsProblem === null,
    problems: [viewsProblem, logProblem].filter((problem) => problem !== null),
    ...('problem' in inLog ? { topics: [], tasks: [], replays: [] } : inLog.found),
    sinks: 'problem' in sinks ? [] : sinks.found,
    sources: parts.sources(),
  }
}

/** What the log says, or why it does not. */
async function inTime<T>(clock: Clock, asked: Promise<T>): Promise<{ readonly found: T } | { readonly problem: Problem }> {
  const waiting = new AbortController()
  const found = asked.then(
    (answer) => ({ found: answer }),
    (error: unknown) => ({ problem: problemOf(error, null) }),
  )
  const late = clock.sleep(ANSWER_MS, waiting.signal).then(() => ({ problem: logIsAway }))
  const first = await Promise.race([found, late])
  waiting.abort()
  return first
}

const logIsAway: Problem = {
  code: 'WR_KAFKA_UNREACHABLE',
  message: `The log has not answered within ${ANSWER_MS / 1000} s.`,
  remedy: 'Look whether the brokers run and are reached from here (KAFKA_BROKERS); what waits goes on when they answer.',
  since: null,
}

interface PartsInLog {
  readonly topics: readonly TopicHealth[]
  readonly tasks: readonly TaskHealth[]
  readonly replays: readonly ReplayInfo[]
}

async function partsInLog({ log, catalogue, clock, runner }: HealthParts): Promise<PartsInLog> {
  const status = runner?.status() ?? null
  const topics: TopicHealth[] = []
  const tasks: TaskHealth[] = []
  for (const event of catalogue.events) {
    const topic = await log.findTopic(catalogue.topicOf(event))
    if (topic === null) continue
    const found = await topicParts(log, event, topic, status)
    topics.push(found.topic)
    tasks.push(...found.tasks)
  }
  return { topics, tasks, replays: await listReplays(log, clock) }
}

async function topicParts(
  log: Log,
  event: EventType,
  topic: Topic,
  status: SupervisorStatus | null,
): Promise<{ readonly topic: TopicHealth; readonly tasks: readonly TaskHealth[] }> {
  const progress = await log.groupProgress(engineGroup(topic.name), topic)
  const own = (status?.tasks ?? []).filter((task) => task.topic === topic.name)
  const tasks: TaskHealth[] = []
  for (let partition = 0; partition < topic.partitions; partition++) {
    const { end } = await log.bounds(topic, partition)
    const committed = progress.find((each) => each.partition === partition)?.offset ?? 0
    const task = own.find((each) => each.partition === partition)
    const failure = status?.failures.find((each) => each.topic === topic.name && each.partition === partition)
    tasks.push(taskHealth(topic, partition, committed, end, task, failure?.error, status))
  }
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

function taskHealth(
  topic: Topic,
  partition: number,
  committed: number,
  end: number,
  task: TaskStatus | undefined,
  failure: unknown,
  status: SupervisorStatus | null,
): TaskHealth {
  return {
    topic: topic.name,
    partition,
    state: task === undefined ? 'waiting' : stateOf(task.state, end - committed),
    recovered: task?.recovered ?? null,
    committedOffset: committed,
    endOffset: end,
    lastEventAt: task?.lastEventTime ?? null,
    lastCommitAt: task?.lastCommitAt ?? null,
    stateBytes: task?.stateBytes ?? 0,
    stateBudgetBytes: status?.stateLimitBytes ?? 0,
    problem: failure === undefined ? null : problemOf(failure, null),
  }
}

/** More than a few commits behind. */
const CATCHING_UP = 20_000

function stateOf(state: TaskState, lag: number): PartState {
  switch (state) {
    case 'recovering':
      return 'starting'
    case 'running':
      return lag > CATCHING_UP ? 'catching_up' : 'running'
    case 'waiting for disk space':
    case 'waiting for the schema registry':
      return 'waiting'
    case 'stopped':
    case 'failed':
      return 'stopped'
  }
}
