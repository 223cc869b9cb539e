import { systemClock } from '../../src/core/clock.ts'
import { type MemoryUse, memoryUse, startMeter, type Usage } from '../measure/usage.ts'
import type { WorkloadSpec } from '../workloads/workload.ts'
import { DEFAULT_PARTITIONS } from './bench-folder.ts'
import type { LogPlace } from './bench-log.ts'
import { startBenchRunner } from './bench-runner.ts'

/** With a log all of which was processed, and a folder without state. */
export interface RebuildStateParams extends LogPlace {
  readonly workload: WorkloadSpec
}

export interface RebuildStateResult {
  /** From the start of the runner, which joins its group first. */
  readonly usage: Usage
  readonly memory: MemoryUse
}

const LOOK_MS = 5

/** Makes the local state of all partitions from the log, as a process on a new machine does before its first row. */
export async function rebuildState({ workload, ...place }: RebuildStateParams): Promise<RebuildStateResult> {
  const stop = startMeter()
  const { runner, stop: stopRunner } = await startBenchRunner(place, workload.kind)
  for (;;) {
    const { tasks, failures } = runner.status()
    if (failures[0] !== undefined) throw failures[0].error
    if (tasks.filter(({ state }) => state === 'running').length === DEFAULT_PARTITIONS) break
    await systemClock.sleep(LOOK_MS)
  }
  const usage = stop()
  const memory = memoryUse()
  const { tasks, stateBytes } = runner.status()
  const readings = tasks.reduce((sum, { ledger }) => sum + ledger.current + ledger.duplicate, 0)
  if (readings !== workload.readings || stateBytes === 0) throw new Error(`The state of ${readings} readings was rebuilt`)
  await stopRunner()
  return { usage, memory }
}
