import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Usage } from '../measure/usage.ts'
import { type Figure, figure, figureOfRounds } from '../report/figure.ts'
import type { ReplayLogResult } from '../steps/replay-log.ts'
import type { ReplayViewsResult } from '../steps/replay-views.ts'
import { airInOrder } from '../workloads/specs.ts'
import type { WorkloadSpec } from '../workloads/workload.ts'
import type { Scenario, ScenarioContext } from './scenario.ts'

/** Six weeks of 1,000 stations, a reading every hour. */
const weather: WorkloadSpec = {
  kind: 'weather',
  readings: 1_000_000,
  stations: 1_000,
  intervalMinutes: 60,
  delayMinutes: 5,
  repeatEvery: 100,
  order: 'by time',
}

const ROUNDS = 3
const QUICK_READINGS = 100_000

export const replayAir: Scenario = (context) => measureReplay(context, airInOrder, { atLeast: 2_000_000 })
export const replayWeather: Scenario = (context) => measureReplay(context, weather)
export const replayShuffled: Scenario = (context) => measureReplay(context, { ...airInOrder, order: 'shuffled' })

/** One round: the same log read, decoded and replayed, one right after the other, since the machine may have other work. */
interface Round {
  readonly read: Usage
  readonly decoded: Usage
  readonly replay: ReplayLogResult
  /** The same views built once more by `windrow replay`, beside those. */
  readonly again: ReplayViewsResult
}

async function measureReplay(context: ScenarioContext, whole: WorkloadSpec, aim?: { atLeast: number }): Promise<Figure[]> {
  const workload = context.quick ? { ...whole, readings: QUICK_READINGS } : whole
  const full = join(context.folder, 'full')
  const { recordBytes } = await context.step('fillLog', { folder: full, workload })
  const rounds: Round[] = []
  for (let round = 0; round < (context.quick ? 1 : ROUNDS); round++) rounds.push(await measureRound(context, full, workload))
  const { readings } = workload
  const millions = readings / 1e6
  const of = (name: string, unit: string, value: (round: Round) => number | null, wanted?: { atLeast: number }): Figure =>
    figureOfRounds(name, unit, rounds.map(value), wanted)
  return [
    figure('readings', '1', readings),
    figure('bytes a reading in the log', 'B', recordBytes / readings),
    of('readings a second', '1/s', ({ replay }) => readings / replay.usage.seconds, aim),
    of('CPU seconds a million readings', 's', ({ replay }) => replay.usage.cpuSeconds / millions),
    of('... of only reading the log', 's', ({ read }) => read.cpuSeconds / millions),
    of('... of reading and decoding it', 's', ({ decoded }) => decoded.cpuSeconds / millions),
    of(
      'CPU time as a multiple of reading and decoding',
      '1',
      ({ replay, decoded }) => replay.usage.cpuSeconds / decoded.cpuSeconds,
    ),
    of('windrow replay: readings a second', '1/s', ({ again }) => readings / again.usage.seconds, aim),
    of('... as a share of merely reading the log', '1', ({ again, read }) => read.seconds / again.usage.seconds),
    of('... CPU seconds a million readings', 's', ({ again }) => again.usage.cpuSeconds / millions),
    of('bytes written a reading', 'B', ({ replay }) => perReading(replay.usageWithStop.writtenBytes, readings)),
    of('rows a reading', '1', ({ replay }) => replay.rows / readings),
    of('commits', '1', ({ replay }) => replay.commits),
    of('peak RSS', 'MB', ({ replay }) => replay.memory.peakRssBytes / 1e6),
    of('private memory at the end', 'MB', ({ replay }) => inMegabytes(replay.memory.privateBytes)),
  ]
}

async function measureRound(context: ScenarioContext, full: string, workload: WorkloadSpec): Promise<Round> {
  const folder = join(context.folder, 'round')
  cpSync(full, folder, { recursive: true })
  const read = await context.step('scanLog', { folder, workload, decode: false })
  const decoded = await context.step('scanLog', { folder, workload, decode: true })
  const replay = await context.step('replayLog', { folder, workload }, { profile: true })
  const again = await context.step('replayViews', { folder, workload })
  rmSync(folder, { recursive: true, force: true })
  return { read, decoded, replay, again }
}

function perReading(bytes: number | null, readings: number): number | null {
  return bytes === null ? null : bytes / readings
}

function inMegabytes(bytes: number | null): number | null {
  return bytes === null ? null : bytes / 1e6
}
