import { type MemoryUse, memoryUse, startMeter, type Usage } from '../measure/usage.ts'
import type { WorkloadSpec } from '../workloads/workload.ts'
import type { LogPlace } from './bench-log.ts'
import { startBenchRunner } from './bench-runner.ts'

/** With a log that nothing was made of yet. */
export interface ReplayLogParams extends LogPlace {
  readonly workload: WorkloadSpec
}

export interface ReplayLogResult {
  /** From the start of the runner until the rows of all readings are committed. */
  readonly usage: Usage
  /** Until the local state is saved too: what an orderly stop adds. */
  readonly usageWithStop: Usage
  readonly memory: MemoryUse
  readonly rows: number
  readonly commits: number
}

/** Makes every view of the workload from its log, as a first start on a full log does. */
export async function replayLog({ workload, ...place }: ReplayLogParams): Promise<ReplayLogResult> {
  const stop = startMeter()
  const bench = await startBenchRunner(place, workload.kind)
  await bench.runner.untilEnd(new AbortController().signal)
  const usage = stop()
  const { tasks } = bench.runner.status()
  await bench.stop()
  const usageWithStop = stop()
  const total = (of: (task: (typeof tasks)[number]) => number): number => tasks.reduce((sum, task) => sum + of(task), 0)
  const current = total(({ ledger }) => ledger.current)
  const duplicates = total(({ ledger }) => ledger.duplicate)
  if (current + duplicates !== workload.readings) {
    throw new Error(`${current} current readings and ${duplicates} duplicates are not ${workload.readings}`)
  }
  return { usage, usageWithStop, memory: memoryUse(), rows: total(({ rows }) => rows), commits: total(({ commits }) => commits) }
}
