import type { PartState, Problem, TaskHealth } from '../../api/ports.ts'
import type { Topic } from '../../log/port.ts'
import type { SupervisorStatus } from '../../runtime/supervisor.ts'
import type { TaskState, TaskStatus } from '../../runtime/task-status.ts'
import { problemOf } from './in-time.ts'

/** How a partition stands: what this process's own task says, or else the progress in the log alone. */
export function taskHealth(
  topic: Pick<Topic, 'name'>,
  partition: number,
  { committed, end }: { readonly committed: number; readonly end: number | null },
  status: SupervisorStatus | null,
): TaskHealth {
  const isThis = (each: { readonly topic: string; readonly partition: number }): boolean =>
    each.topic === topic.name && each.partition === partition
  const task: TaskStatus | undefined = status?.tasks.find(isThis)
  const failure = status?.failures.find(isThis)
  return {
    topic: topic.name,
    partition,
    isOwn: task !== undefined,
    state: task === undefined ? 'waiting' : stateOf(task.state, (end ?? committed) - committed),
    recovered: task?.recovered ?? null,
    committedOffset: committed,
    endOffset: end,
    lastEventAt: task?.lastEventTime ?? null,
    lastAppendAt: task?.lastAppendAt ?? null,
    lastCommitAt: task?.lastCommitAt ?? null,
    stateBytes: task?.stateBytes ?? 0,
    stateBudgetBytes: status?.stateLimitBytes ?? 0,
    problem: failure === undefined ? null : problemOf(failure.error, null),
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

const waitsFor: Readonly<Partial<Record<TaskState, Problem>>> = {
  'waiting for disk space': {
    code: 'WR_DISK_FULL',
    message: 'There is no room on the disk: tasks wait, and nothing is lost.',
    remedy: 'Make room on the file system of WINDROW_DATA_DIR; what waits goes on by itself.',
    since: null,
  },
  'waiting for the schema registry': {
    code: 'WR_REGISTRY_UNREACHABLE',
    message: 'The schema registry does not answer: tasks wait, and nothing is lost.',
    remedy: 'Look whether it runs and is reached from here (SCHEMA_REGISTRY_URL); what waits goes on by itself.',
    since: null,
  },
}

/** What the tasks of this process wait for, each once. */
export function waitingProblems(status: SupervisorStatus | null): Problem[] {
  const found = new Set((status?.tasks ?? []).map(({ state }) => waitsFor[state]))
  return [...found].filter((problem) => problem !== undefined)
}
