import { memoryUse } from '../measure/usage.ts'
import type { Channel } from '../process/channel.ts'
import type { WorkloadSpec } from '../workloads/workload.ts'
import { startBenchRunner } from './bench-runner.ts'

export interface KeepRunningParams {
  /** With a log of readings. */
  readonly folder: string
  readonly workload: WorkloadSpec
}

/**
 * Runs the topologies until it is asked to `stop`. Tells `caught up` when it has committed what was in the log, and its memory
 * as often as it is asked for it.
 */
export async function keepRunning({ folder, workload }: KeepRunningParams, channel: Channel): Promise<void> {
  const stopping = channel.asked('stop')
  const answerMemory = async (): Promise<void> => {
    await channel.asked('memory')
    channel.tell('memory', memoryUse())
    void answerMemory()
  }
  void answerMemory()
  const bench = await startBenchRunner(folder, workload.kind)
  await bench.runner.untilEnd(new AbortController().signal)
  channel.tell('caught up', memoryUse())
  await stopping
  channel.tell('stop', null)
  await bench.stop()
}
