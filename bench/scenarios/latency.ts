import { join } from 'node:path'
import { type Figure, figure } from '../report/figure.ts'
import type { MeasureLatencyResult } from '../steps/measure-latency.ts'
import { producedWeather } from '../workloads/specs.ts'
import type { Scenario, ScenarioContext } from './scenario.ts'

const READINGS_A_SECOND = 1000

/** Producer, topologies and the reader of rows in one process, then with the topologies in another. */
export const latency: Scenario = async (context) => {
  const together = await context.step('measureLatency', paramsOf(context, join(context.folder, 'together'), true))
  const folder = join(context.folder, 'apart')
  const runner = context.start('keepRunning', { folder, workload: producedWeather })
  await runner.next('caught up')
  const apart = await context.step('measureLatency', paramsOf(context, folder, false))
  await runner.ask('stop')
  await runner.done
  return [
    ...figuresOf('one process', together),
    figure('one process, CPU time a second', 's', together.cpuSecondsASecond),
    ...figuresOf('two processes', apart),
  ]
}

function paramsOf({ quick }: ScenarioContext, folder: string, withRunner: boolean) {
  return { folder, withRunner, readingsASecond: READINGS_A_SECOND, seconds: quick ? 2 : 20, warmUpSeconds: quick ? 1 : 3 }
}

function figuresOf(where: string, { p50Ms, p99Ms, mostMs }: MeasureLatencyResult): Figure[] {
  return [
    figure(`${where}, p50`, 'ms', p50Ms, { atMost: 10 }),
    figure(`${where}, p99`, 'ms', p99Ms, { atMost: 50 }),
    figure(`${where}, longest`, 'ms', mostMs),
  ]
}
