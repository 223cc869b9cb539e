import type { Problem, ReplayInfo } from './ports.ts'

/** What is wrong with the last replay of some views; one thing for all views of a replay. */
export interface ReplayProblem extends Problem {
  readonly views: readonly string[]
}

/** Replays that have failed or were cut short, and after which none of the same view has ended well. Nothing is broken: the old rows serve. */
export function replayProblems(replays: readonly ReplayInfo[]): ReplayProblem[] {
  const bad = replays.filter(({ state, stale }) => state === 'failed' || stale)
  const found: ReplayProblem[] = []
  for (const id of new Set(bad.map((replay) => replay.id))) {
    const of = bad.filter((replay) => replay.id === id)
    const views = of.map(({ view }) => view)
    found.push({ views, ...(of[0]?.state === 'failed' ? failed(of[0], views) : cutShort(of[0] as ReplayInfo, views)) })
  }
  return found
}

function failed(replay: ReplayInfo, views: readonly string[]): Problem {
  const { error, errorCode, remedy, updatedAt } = replay
  return {
    code: errorCode ?? 'WR_UNFORESEEN',
    message: `The last replay of ${views.join(', ')} has failed: ${error ?? 'it did not say why'}`,
    remedy: `${remedy ?? 'Read what it has logged.'} Then run \`${command(replay, views)}\`: until then the rows before are current.`,
    since: updatedAt,
  }
}

function cutShort(replay: ReplayInfo, views: readonly string[]): Problem {
  const { host, pid, updatedAt } = replay
  return {
    code: 'WR_REPLAY_CUT_SHORT',
    message: `The last replay of ${views.join(', ')} was cut short: process ${pid} on ${host} has ended, or hangs.`,
    remedy: `Run \`${command(replay, views)}\`: it goes on where that was; until then the rows before are current.`,
    since: updatedAt,
  }
}

function command({ rollback, from }: ReplayInfo, views: readonly string[]): string {
  const since = from === null ? '' : ` --from ${new Date(from).toISOString()}`
  return `windrow replay ${views.join(' ')}${rollback ? ' --rollback' : ''}${since}`
}
