import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Figure, figureOfRounds } from '../report/figure.ts'
import type { ShareReplayResult } from '../steps/share-replay.ts'
import type { KafkaBench } from './kafka-bench.ts'
import type { RunningStep } from './scenario.ts'

const PROCESSES = 2
const ROUNDS = 3
const STEP_MS = 3 * 60_000

/** Processes that share the group; they begin when each has its partitions. */
export async function measureSharing(bench: KafkaBench): Promise<readonly Figure[]> {
  const { readings } = bench.workload
  const rounds: ShareReplayResult[][] = []
  for (let round = 0; round < (bench.context.quick ? 1 : ROUNDS); round++) rounds.push(await measureRound(bench))
  const total = (round: readonly ShareReplayResult[], of: (result: ShareReplayResult) => number): number =>
    round.reduce((sum, result) => sum + of(result), 0)
  return [
    figureOfRounds(
      'two processes in one group: readings a second',
      '1/s',
      rounds.map((round) => readings / Math.max(...round.map(({ usage }) => usage.seconds))),
    ),
    figureOfRounds(
      '... CPU seconds a million readings, both',
      's',
      rounds.map((round) => (total(round, ({ usage }) => usage.cpuSeconds) / readings) * 1e6),
    ),
    figureOfRounds(
      '... peak RSS, both',
      'MB',
      rounds.map((round) => total(round, ({ memory }) => memory.peakRssBytes) / 1e6),
    ),
    figureOfRounds(
      '... the smaller share of the readings',
      '1',
      rounds.map((round) => Math.min(...round.map((result) => result.readings)) / readings),
    ),
  ]
}

async function measureRound({ context, brokers, workload, newFolder, forgetRows }: KafkaBench): Promise<ShareReplayResult[]> {
  await forgetRows()
  const whole = newFolder()
  const running: RunningStep[] = []
  try {
    const ready: Promise<unknown>[] = []
    for (let i = 0; i < PROCESSES; i++) {
      const folder = join(whole, String(i))
      mkdirSync(folder)
      const step = context.start('shareReplay', { folder, brokers, workload, processes: PROCESSES }, { timeoutMs: STEP_MS })
      running.push(step)
      ready.push(step.next('ready'))
    }
    await Promise.all(ready)
    const finished = Promise.all(running.map((step) => step.next('finished')))
    await Promise.all(running.map((step) => step.ask('go')))
    const results = (await finished) as ShareReplayResult[]
    await Promise.all(running.map((step) => step.ask('stop')))
    await Promise.all(running.map((step) => step.done))
    const readings = results.reduce((sum, result) => sum + result.readings, 0)
    if (readings !== workload.readings) throw new Error(`${readings} of ${workload.readings} readings were processed`)
    return results
  } finally {
    await Promise.all(running.map((step) => step.kill()))
  }
}
