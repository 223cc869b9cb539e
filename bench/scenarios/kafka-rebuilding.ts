import type { Usage } from '../measure/usage.ts'
import { type Figure, figureOfRounds } from '../report/figure.ts'
import type { RebuildStateResult } from '../steps/rebuild-state.ts'
import type { ReplayViewsResult } from '../steps/replay-views.ts'
import type { KafkaBench } from './kafka-bench.ts'

const ROUNDS = 3
const STEP_MS = 3 * 60_000

/** A process that finds all processed, and a folder with no state of it. */
export async function measureRebuilding(bench: KafkaBench): Promise<readonly Figure[]> {
  const { context, brokers, workload, newFolder, forgetRows } = bench
  await forgetRows()
  await context.step('replayLog', { folder: newFolder(), brokers, workload }, { timeoutMs: STEP_MS })
  const rounds: RebuildStateResult[] = []
  for (let round = 0; round < (context.quick ? 1 : ROUNDS); round++) {
    rounds.push(await context.step('rebuildState', { folder: newFolder(), brokers, workload }, { timeoutMs: STEP_MS }))
  }
  const again: ReplayViewsResult[] = []
  const read: Usage[] = []
  for (let round = 0; round < (context.quick ? 1 : ROUNDS); round++) {
    read.push(await context.step('scanLog', { folder: newFolder(), brokers, workload, decode: false }, { timeoutMs: STEP_MS }))
    again.push(await context.step('replayViews', { folder: newFolder(), brokers, workload }, { timeoutMs: STEP_MS }))
  }
  const { readings } = workload
  const of = (name: string, unit: string, value: (round: RebuildStateResult) => number): Figure =>
    figureOfRounds(name, unit, rounds.map(value))
  return [
    of(
      'rebuilding the local state, joining the group included: readings a second',
      '1/s',
      ({ usage }) => readings / usage.seconds,
    ),
    of('... CPU seconds a million readings', 's', ({ usage }) => (usage.cpuSeconds / readings) * 1e6),
    of('... peak RSS', 'MB', ({ memory }) => memory.peakRssBytes / 1e6),
    figureOfRounds(
      'windrow replay: readings a second',
      '1/s',
      again.map(({ usage }) => readings / usage.seconds),
      { atLeast: 1_000_000 },
    ),
    figureOfRounds(
      '... as a share of merely reading the log',
      '1',
      again.map(({ usage }, round) => (read[round] as Usage).seconds / usage.seconds),
    ),
    figureOfRounds(
      '... CPU seconds a million readings',
      's',
      again.map(({ usage }) => (usage.cpuSeconds / readings) * 1e6),
    ),
  ]
}
