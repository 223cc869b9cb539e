import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import { arrivalsOf } from '../workloads/arrivals.ts'
import type { WorkloadSpec } from '../workloads/workload.ts'
import { workloadOf } from '../workloads/workload-of.ts'
import { DEFAULT_PARTITIONS, logDirectory } from './bench-folder.ts'
import { readingAppender } from './reading-appender.ts'
import { ensureReadings } from './readings-topic.ts'

export interface FillLogParams {
  readonly folder: string
  readonly workload: WorkloadSpec
}

/** As many as a producer appends at once. */
const RECORDS_AN_APPEND = 20_000

/** Appends the readings of a workload in the order of their arrival. */
export async function fillLog({ folder, workload: spec }: FillLogParams): Promise<{ readonly recordBytes: number }> {
  const log = await openEmbeddedLog({ directory: logDirectory(folder) })
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
