import { type Figure, figureOfRounds, missingFigure } from '../report/figure.ts'
import type { ReplayLogResult } from '../steps/replay-log.ts'
import { failedFigure, type KafkaBench } from './kafka-bench.ts'
import { type Peer, peers, whyNot } from './kafka-peers.ts'

const ROUNDS = 3
const REPLAY_MS = 3 * 60_000
/** With the first build of a peer, which downloads it. */
const PEER_MS = 14 * 60_000

/** The same facts of whoever did the job. */
interface Run {
  readonly readingsASecond: number
  readonly cpuSecondsAMillion: number
  readonly peakRssBytes: number
  readonly rows: number
}

interface PeerRuns {
  readonly peer: Peer
  /** By round, as ours. */
  readonly runs: Run[]
  /** Why there are no more of them. */
  missing: Figure | null
}

/** This engine and each peer in turn, and that again: a round's runs meet the machine in about the same state. */
export async function measureCatchingUp(bench: KafkaBench): Promise<readonly Figure[]> {
  const ours: ReplayLogResult[] = []
  const others: PeerRuns[] = peers.map((peer) => ({ peer, runs: [], missing: missingOf(peer) }))
  for (let round = 0; round < (bench.context.quick ? 1 : ROUNDS); round++) {
    await bench.forgetRows()
    ours.push(await replay(bench))
    for (const other of others) if (other.missing === null) await runPeer(bench, other)
  }
  const runs = ours.map((result) => runOf(result, bench.workload.readings))
  return [
    ...figuresOf('windrow, exactly once', runs),
    figureOfRounds(
      '... commits',
      '1',
      ours.map(({ commits }) => commits),
    ),
    figureOfRounds(
      '... from the start to its first reading',
      's',
      ours.map(({ secondsToFirst }) => secondsToFirst),
    ),
    ...others.flatMap((other) => comparison(runs, other)),
  ]
}

function missingOf(peer: Peer): Figure | null {
  const why = whyNot(peer)
  return why === null ? null : missingFigure(peer.name, why, false)
}

function replay({ context, brokers, workload, newFolder }: KafkaBench): Promise<ReplayLogResult> {
  return context.step('replayLog', { folder: newFolder(), brokers, workload }, { profile: true, timeoutMs: REPLAY_MS })
}

async function runPeer({ context, brokers, workload, newFolder }: KafkaBench, other: PeerRuns): Promise<void> {
  const { name, script, args } = other.peer
  try {
    const params = { folder: newFolder(), brokers, workload, script, args }
    other.runs.push(await context.step('runPeer', params, { timeoutMs: PEER_MS }))
  } catch (error) {
    other.missing = failedFigure(name, error)
  }
}

/** As the peers count: the time from the first reading on, the CPU time from the start until all has ended. */
function runOf({ usage, secondsToFirst, usageWithStop, memory, rows }: ReplayLogResult, readings: number): Run {
  return {
    readingsASecond: readings / (usage.seconds - secondsToFirst),
    cpuSecondsAMillion: (usageWithStop.cpuSeconds / readings) * 1e6,
    peakRssBytes: memory.peakRssBytes,
    rows,
  }
}

function figuresOf(who: string, runs: readonly Run[]): Figure[] {
  const of = (name: string, unit: string, value: (run: Run) => number): Figure => figureOfRounds(name, unit, runs.map(value))
  return [
    of(`${who}: readings a second`, '1/s', ({ readingsASecond }) => readingsASecond),
    of('... CPU seconds a million readings', 's', ({ cpuSecondsAMillion }) => cpuSecondsAMillion),
    of('... peak RSS', 'MB', ({ peakRssBytes }) => peakRssBytes / 1e6),
    of('... rows', '1', ({ rows }) => rows),
  ]
}

function comparison(ours: readonly Run[], { peer, runs, missing }: PeerRuns): Figure[] {
  const { speed, cpu, memory } = peer.aims
  const ratio = (value: (run: Run) => number): number[] => runs.map((theirs, round) => value(ours[round] as Run) / value(theirs))
  const told = missing === null ? [] : [missing]
  if (runs.length === 0) return told
  return [
    ...figuresOf(peer.name, runs),
    figureOfRounds(
      '... our speed / theirs',
      '1',
      ratio(({ readingsASecond }) => readingsASecond),
      speed,
    ),
    figureOfRounds(
      '... our CPU time / theirs',
      '1',
      ratio(({ cpuSecondsAMillion }) => cpuSecondsAMillion),
      cpu,
    ),
    figureOfRounds(
      '... our peak RSS / theirs',
      '1',
      ratio(({ peakRssBytes }) => peakRssBytes),
      memory,
    ),
    ...told,
  ]
}
