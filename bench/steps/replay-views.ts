import { systemClock } from '../../src/core/clock.ts'
import { openLmdbStore } from '../../src/kv/lmdb-store.ts'
import { replayViews as replay } from '../../src/runtime/replay/replay-views.ts'
import { ensureReadingTopics } from '../../src/runtime/runner.ts'
import { type MemoryUse, memoryUse, startMeter, type Usage } from '../measure/usage.ts'
import type { WorkloadSpec } from '../workloads/workload.ts'
import { DEFAULT_PARTITIONS, stateDirectory } from './bench-folder.ts'
import { type LogPlace, openBenchLog } from './bench-log.ts'
import { DEFAULT_MEMORY_BYTES, topologiesOf } from './bench-runner.ts'
import { quietLogger } from './quiet-logger.ts'

export interface ReplayViewsParams extends LogPlace {
  readonly workload: WorkloadSpec
}

export interface ReplayViewsResult {
  /** From the open log until the new generations are current. */
  readonly usage: Usage
  readonly memory: MemoryUse
}

/** `windrow replay` of every view of the workload, with nobody else at work and no sinks. */
export async function replayViews({ workload, ...place }: ReplayViewsParams): Promise<ReplayViewsResult> {
  const log = await openBenchLog(place)
  const kv = await openLmdbStore({ path: stateDirectory(place.folder) })
  const topologies = topologiesOf[workload.kind]
  const readingTopics = await ensureReadingTopics({ log, topologies, partitions: DEFAULT_PARTITIONS })
  const stop = startMeter()
  let read = 0
  await replay({
    log,
    kv,
    topologies,
    views: topologies.map(({ view }) => view.name),
    readingTopics,
    allowedLatenessMinutes: new Map(),
    memoryBytes: DEFAULT_MEMORY_BYTES,
    keepMs: 0,
    clock: systemClock,
    logger: quietLogger,
    signal: new AbortController().signal,
    isRunning: async () => false,
    onProgress: (progress) => {
      read = progress.read
    },
  })
  const usage = stop()
  const memory = memoryUse()
  await kv.close()
  await log.close()
  if (read < workload.readings * 0.9) throw new Error(`Only ${read} records were seen to be read`)
  return { usage, memory }
}
