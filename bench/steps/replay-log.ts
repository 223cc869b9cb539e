import type { Log, LogReader } from '../../src/log/port.ts'
import { type MemoryUse, memoryUse, startMeter, type Usage } from '../measure/usage.ts'
import type { WorkloadSpec } from '../workloads/workload.ts'
import { workloadOf } from '../workloads/workload-of.ts'
import { type LogPlace, openBenchLog } from './bench-log.ts'
import { startBenchRunner } from './bench-runner.ts'
import { wrapReaders } from './wrap-readers.ts'

/** With a log that nothing was made of yet. */
export interface ReplayLogParams extends LogPlace {
  readonly workload: WorkloadSpec
}

export interface ReplayLogResult {
  /** From the start of the runner until the rows of all readings are committed. */
  readonly usage: Usage
  /** Of them, until the first reading was there: what it takes to open the log, make the topics and join the group. */
  readonly secondsToFirst: number
  /** Until the local state is saved too: what an orderly stop adds. */
  readonly usageWithStop: Usage
  readonly memory: MemoryUse
  readonly rows: number
  readonly commits: number
}

/** Makes every view of the workload from its log, as a first start on a full log does. */
export async function replayLog({ workload, ...place }: ReplayLogParams): Promise<ReplayLogResult> {
  const stop = startMeter()
  let secondsToFirst = 0
  const noteFirst = (reader: LogReader): LogReader => ({
    get position() {
      return reader.position
    },
    async next(maxBytes) {
      const batch = await reader.next(maxBytes)
      if (batch !== null && secondsToFirst === 0) secondsToFirst = stop().seconds
      return batch
    },
    whenMore: (signal) => reader.whenMore(signal),
    close: () => reader.close(),
  })
  const { defaultTopic } = workloadOf(workload).event
  const open = async (): Promise<Log> => wrapReaders(await openBenchLog(place), defaultTopic, noteFirst)
  const bench = await startBenchRunner(place, workload.kind, open)
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
  const rows = total(({ rows }) => rows)
  return { usage, secondsToFirst, usageWithStop, memory: memoryUse(), rows, commits: total(({ commits }) => commits) }
}
