import { cpuSecondsSoFar, type MemoryUse, memoryUse } from '../measure/usage.ts'
import type { Channel } from '../process/channel.ts'
import type { WorkloadSpec } from '../workloads/workload.ts'
import type { LogPlace } from './bench-log.ts'
import { startBenchRunner } from './bench-runner.ts'

/** With a log of readings. */
export interface KeepRunningParams extends LogPlace {
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
export async function keepRunning({ workload, ...place }: KeepRunningParams, channel: Channel): Promise<void> {
  const stopping = channel.asked('stop')
  void answerUse(channel)
  const bench = await startBenchRunner(place, workload.kind)
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
