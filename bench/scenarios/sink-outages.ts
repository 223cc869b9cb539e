import { environmentOf, type RunningStore, startStores } from '../../scripts/services/stores.js'
import { systemClock } from '../../src/core/clock.ts'
import { type Figure, figure } from '../report/figure.ts'
import type { SinksSince } from '../steps/run-with-sinks.ts'
import type { RunningStep, Scenario } from './scenario.ts'

const READINGS_A_SECOND = 200
const OUTAGE_MS = 60_000
const QUICK_OUTAGE_MS = 5_000
const LOOK_MS = 100
/** So little is behind while all is well. */
const CAUGHT_UP = 2_000

interface Times {
  readonly outageMs: number
}

/**
 * Weather readings at a steady rate into all stores that are here, while each is killed and stopped in turn, and all are at once: what the others
 * are behind meanwhile, the memory, and whether all is equal in the end.
 */
export const sinkOutages: Scenario = async (context) => {
  const stores = await startStores()
  const folder = context.folder
  const place = { folder, environment: { ...environmentOf(stores), WINDROW_DATA_DIR: folder } }
  try {
    const load = context.start('produceSteadily', { folder, readingsASecond: READINGS_A_SECOND })
    const runner = context.start('runWithSinks', place)
    await runner.next('running')
    const times = { outageMs: context.quick ? QUICK_OUTAGE_MS : OUTAGE_MS }
    const figures = await measureOutages(stores, runner, times)
    await load.ask('stop')
    await load.done
    await runner.ask('stop')
    await runner.done
    const compared = await context.step('compareAll', place)
    const sum = (of: (view: (typeof compared)[number]) => number): number => compared.reduce((total, view) => total + of(view), 0)
    return [
      figure('readings a second', '1/s', READINGS_A_SECOND),
      ...figures,
      figure(
        'rows equal to the log in the end, all stores',
        '1',
        sum(({ equal }) => equal),
        { atLeast: 1 },
      ),
      figure(
        '... missing, extra or changed',
        '1',
        sum(({ missing, extra, changed }) => missing + extra + changed),
        { atMost: 0 },
      ),
    ]
  } finally {
    await Promise.all(stores.map(({ stop }) => stop()))
  }
}

async function measureOutages(stores: readonly RunningStore[], runner: RunningStep, times: Times): Promise<Figure[]> {
  await untilCaughtUp(runner, stores)
  await systemClock.sleep(times.outageMs / 2)
  await since(runner)
  await systemClock.sleep(times.outageMs / 2)
  const quiet = await since(runner)
  const figures = [
    ...stores.map(({ name }) => figure(`all is well: ${name}, most changes behind`, '1', quiet.mostLag[name] ?? 0)),
    figure('... most memory but for pages of files', 'MB', quiet.mostPrivateBytes / 1e6),
  ]
  for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
    for (const store of stores) figures.push(...(await outage([store], stores, signal, runner, times)))
    figures.push(...(await outage(stores, stores, signal, runner, times)))
  }
  return figures
}

async function outage(
  away: readonly RunningStore[],
  stores: readonly RunningStore[],
  signal: 'SIGKILL' | 'SIGSTOP',
  runner: RunningStep,
  { outageMs }: Times,
): Promise<Figure[]> {
  await since(runner)
  await Promise.all(away.map((store) => store.kill(signal)))
  await systemClock.sleep(outageMs)
  const meanwhile = await since(runner)
  await Promise.all(away.map((store) => (signal === 'SIGSTOP' ? store.kill('SIGCONT') : store.start())))
  const back = performance.now()
  const catchingUpBytes = await untilCaughtUp(runner, away)
  const took = (performance.now() - back) / 1000
  const who = away.length === stores.length ? 'all' : away.map(({ name }) => name).join(', ')
  const others = stores.filter((store) => !away.includes(store))
  return [
    figure(`${signal} of ${who} for ${outageMs / 1000} s: most changes behind`, '1', most(meanwhile, away)),
    ...(others.length === 0 ? [] : [figure('... the others', '1', most(meanwhile, others))]),
    figure('... until it has all again', 's', took),
    figure('... most memory, with the catching up', 'MB', Math.max(meanwhile.mostPrivateBytes, catchingUpBytes) / 1e6),
  ]
}

const most = ({ mostLag }: SinksSince, stores: readonly RunningStore[]): number =>
  Math.max(...stores.map(({ name }) => mostLag[name] ?? 0))

const since = (runner: RunningStep): Promise<SinksSince> => runner.ask('since') as Promise<SinksSince>

/** Gives the most memory until then. */
async function untilCaughtUp(runner: RunningStep, stores: readonly RunningStore[]): Promise<number> {
  let mostBytes = 0
  for (;;) {
    const { lag, mostPrivateBytes } = await since(runner)
    mostBytes = Math.max(mostBytes, mostPrivateBytes)
    // Before its first look at the log a sink is behind nothing.
    if (stores.every(({ name }) => lag[name] !== undefined && lag[name] < CAUGHT_UP)) return mostBytes
    await systemClock.sleep(LOOK_MS)
  }
}
