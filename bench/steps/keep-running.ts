import { cpuSecondsSoFar, type MemoryUse, memoryUse } from '../measure/usage.ts'
import type { Channel } from '../process/channel.ts'
import type { WorkloadSpec } from '../workloads/workload.ts'
import { startBenchRunner } from './bench-runner.ts'

export interface KeepRunningParams {
  /** With a log of readings. */
  readonly folder: string
  readonly workload: WorkloadSpec
}

/** What it answers when asked for its `use`. */
export interface UseSoFar {
  readonly memory: MemoryUse
  readonly cpuSeconds: number
}

/**
 * Runs the topologies until it is asked to `stop`. Tells `caught up` when it has committed what was in the log, and what it has
 * used as often as it is asked for its `use`.
 */
export async function keepRunning({ folder, workload }: KeepRunningParams, channel: Channel): Promise<void> {
  const stopping = channel.asked('stop')
  void answerUse(channel)
  const bench = await startBenchRunner(folder, workload.kind)
  await bench.runner.untilEnd(new AbortController().signal)
  channel.tell('caught up', null)
  await stopping
  channel.tell('stop', null)
  await bench.stop()
}

async function answerUse(channel: Channel): Promise<never> {
  for (;;) {
    await channel.asked('use')
    channel.tell('use', { memory: memoryUse(), cpuSeconds: cpuSecondsSoFar() } satisfies UseSoFar)
  }
}
