import { type Figure, figure } from '../report/figure.ts'
import { formatNumber } from '../report/markdown-report.ts'
import { producedWeather } from '../workloads/specs.ts'
import type { KafkaBench } from './kafka-bench.ts'

const RATES = [1_000, 10_000] as const
const START_MS = 60_000
const MEASURE_MS = 2 * 60_000

/** The topologies in a process of their own; the one that produces looks for the rows, committed ones alone. */
export async function measureKafkaLatency(bench: KafkaBench): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const rate of RATES) figures.push(...(await measureAt(bench, rate)))
  return figures
}

async function measureAt({ context, brokers, newFolder, forgetRows }: KafkaBench, rate: number): Promise<Figure[]> {
  const { quick } = context
  await forgetRows()
  const place = { folder: newFolder(), brokers }
  const runner = context.start('keepRunning', { ...place, workload: producedWeather }, { timeoutMs: START_MS + MEASURE_MS })
  try {
    await runner.next('caught up')
    const load = { readingsASecond: rate, seconds: quick ? 3 : 20, warmUpSeconds: quick ? 2 : 5 }
    const { p50Ms, p99Ms, mostMs, takenP50Ms, takenP99Ms } = await context.step(
      'measureLatency',
      { ...place, ...load, withRunner: false },
      { timeoutMs: MEASURE_MS },
    )
    await runner.ask('stop')
    await runner.done
    const where = `at ${formatNumber(rate)} readings a second, from due to its committed row read`
    return [
      figure(`${where}, p50`, 'ms', p50Ms),
      figure('... p99', 'ms', p99Ms, { atMost: 200 }),
      figure('... longest', 'ms', mostMs),
      figure('... of it until the reading is committed, p50', 'ms', takenP50Ms),
      figure('... of it until the reading is committed, p99', 'ms', takenP99Ms),
    ]
  } finally {
    await runner.kill()
  }
}
