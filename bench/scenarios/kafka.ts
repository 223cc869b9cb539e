import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startKafka } from '../../scripts/services/kafka.js'
import { type Figure, figure } from '../report/figure.ts'
import { airInOrder } from '../workloads/specs.ts'
import { workloadOf } from '../workloads/workload-of.ts'
import { failedFigure, type KafkaBench } from './kafka-bench.ts'
import { measureCatchingUp } from './kafka-catching-up.ts'
import { measureKafkaLatency } from './kafka-latency.ts'
import { measureRebuilding } from './kafka-rebuilding.ts'
import { measureSharing } from './kafka-sharing.ts'
import type { Scenario, ScenarioContext } from './scenario.ts'

const QUICK_READINGS = 100_000
const FILL_MS = 5 * 60_000
const FORGET_MS = 60_000

/** All on one broker and one topic of readings, one after another. What goes wrong in one part leaves the others their figures. */
export const kafka: Scenario = (context) =>
  onBroker(context, async (bench) => {
    const { workload, brokers } = bench
    const { recordBytes } = await context.step('fillLog', { folder: context.folder, brokers, workload }, { timeoutMs: FILL_MS })
    return [
      figure('readings', '1', workload.readings),
      figure('bytes a reading, key and value', 'B', recordBytes / workload.readings),
      ...(await attempt('catching up', () => measureCatchingUp(bench))),
      // These leave all readings processed, or begin with that.
      ...(await attempt('rebuilding the state', () => measureRebuilding(bench))),
      ...(await attempt('two processes', () => measureSharing(bench))),
      ...(await attempt('latency', () => measureKafkaLatency(bench))),
    ]
  })

export const kafkaLatency: Scenario = (context) => onBroker(context, measureKafkaLatency)

async function onBroker(
  context: ScenarioContext,
  measure: (bench: KafkaBench) => Promise<readonly Figure[]>,
): Promise<readonly Figure[]> {
  const broker = await startKafka({ maxHeap: '1g' })
  try {
    return await measure(benchOn(context, broker.brokers.split(',')))
  } finally {
    await broker.stop()
  }
}

function benchOn(context: ScenarioContext, brokers: readonly string[]): KafkaBench {
  const workload = context.quick ? { ...airInOrder, readings: QUICK_READINGS } : airInOrder
  const keep = [workloadOf(workload).event.defaultTopic]
  const folder = join(context.folder, 'part')
  return {
    context,
    brokers,
    workload,
    newFolder() {
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(folder)
      return folder
    },
    forgetRows: () => context.step('forgetRows', { folder: context.folder, brokers, keep }, { timeoutMs: FORGET_MS }),
  }
}

async function attempt(part: string, measure: () => Promise<readonly Figure[]>): Promise<readonly Figure[]> {
  try {
    return await measure()
  } catch (error) {
    return [failedFigure(part, error)]
  }
}
