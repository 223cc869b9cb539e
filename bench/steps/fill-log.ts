import { arrivalsOf } from '../workloads/arrivals.ts'
import type { WorkloadSpec } from '../workloads/workload.ts'
import { workloadOf } from '../workloads/workload-of.ts'
import { DEFAULT_PARTITIONS } from './bench-folder.ts'
import { type LogPlace, openBenchLog } from './bench-log.ts'
import { readingAppender } from './reading-appender.ts'
import { ensureReadings } from './readings-topic.ts'

export interface FillLogParams extends LogPlace {
  readonly workload: WorkloadSpec
}

/** As many as a producer appends at once. */
const RECORDS_AN_APPEND = 20_000

/** Appends the readings of a workload in the order of their arrival. */
export async function fillLog(params: FillLogParams): Promise<{ readonly recordBytes: number }> {
  const { workload: spec } = params
  const log = await openBenchLog(params)
  const workload = workloadOf(spec)
  const { topic, schemaId } = await ensureReadings(log, workload.event, DEFAULT_PARTITIONS)
  const appender = readingAppender(log, topic, workload, schemaId)
  for (const index of arrivalsOf(spec)) {
    appender.add(index)
    if (appender.count === RECORDS_AN_APPEND) await appender.append()
  }
  if (appender.count > 0) await appender.append()
  await log.close()
  return { recordBytes: appender.bytes }
}
