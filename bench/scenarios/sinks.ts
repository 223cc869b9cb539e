import { stores } from '../../scripts/services/stores.js'
import { STORE_NAMES } from '../../src/cli/sinks/choose-sinks.ts'
import type { StoreName } from '../../src/views/view.ts'
import { type Figure, figureOfRounds, missingFigure } from '../report/figure.ts'
import type { WriteRowsResult } from '../steps/write-by-sink.ts'
import { failedFigure } from './kafka-bench.ts'
import type { Scenario, ScenarioContext } from './scenario.ts'

const ROUNDS = 3
const ROWS = 200_000
const QUICK_ROWS = 20_000
const WRITE_MS = 5 * 60_000
const AIM = 0.8

interface Round {
  readonly raw: WriteRowsResult
  readonly ours: WriteRowsResult
}

/** Each store in turn, a new server for each round: plain client code first, then the sink, on the same server. */
export const sinks: Scenario = async (context) => {
  const rows = context.quick ? QUICK_ROWS : ROWS
  await context.step('fillView', { folder: context.folder, rows })
  const figures: Figure[] = []
  for (const store of STORE_NAMES) figures.push(...(await attempt(store, () => measureStore(context, store, rows))))
  return figures
}

async function attempt(store: StoreName, measure: () => Promise<readonly Figure[]>): Promise<readonly Figure[]> {
  if (!stores[store].isHere()) return [missingFigure(store, 'it is not on this machine', false)]
  try {
    return await measure()
  } catch (error) {
    return [failedFigure(store, error)]
  }
}

async function measureStore(context: ScenarioContext, store: StoreName, rows: number): Promise<readonly Figure[]> {
  const rounds: Round[] = []
  for (let round = 0; round < (context.quick ? 1 : ROUNDS); round++) rounds.push(await measureRound(context, store, rows))
  return figuresOf(store, rounds)
}

async function measureRound(context: ScenarioContext, store: StoreName, rows: number): Promise<Round> {
  const { environment, stop } = await stores[store].start()
  try {
    const params = { store, environment, rows }
    const raw = await context.step('writeRaw', params, { timeoutMs: WRITE_MS })
    const options = { profile: true, timeoutMs: WRITE_MS }
    const ours = await context.step('writeBySink', { ...params, folder: context.folder }, options)
    return { raw, ours }
  } finally {
    await stop()
  }
}

function figuresOf(store: StoreName, rounds: readonly Round[]): Figure[] {
  const of = (name: string, unit: string, value: (round: Round) => number, aim?: { readonly atLeast: number }): Figure =>
    figureOfRounds(name, unit, rounds.map(value), aim)
  return [
    of(`${store}, plain client: rows a second`, '1/s', ({ raw }) => raw.rowsASecond),
    of('... CPU seconds a million rows', 's', ({ raw }) => raw.cpuSecondsAMillion),
    of(`${store}, sink: rows a second`, '1/s', ({ ours }) => ours.rowsASecond),
    of('... CPU seconds a million rows, with reading the log', 's', ({ ours }) => ours.cpuSecondsAMillion),
    of('... peak RSS', 'MB', ({ ours }) => ours.peakRssBytes / 1e6),
    of('... our speed / the plain client’s', '1', ({ raw, ours }) => ours.rowsASecond / raw.rowsASecond, { atLeast: AIM }),
  ]
}
