import { Dictionaries } from '../../src/events/dictionaries.ts'
import type { EventType } from '../../src/events/event-type.ts'
import type { ReadingBatch } from '../../src/events/reading-batch.ts'
import { createReadingDecoder } from '../../src/events/reading-decoder.ts'
import { schemaCache } from '../../src/events/schema-cache.ts'
import type { Log, Topic } from '../../src/log/port.ts'
import { startMeter, type Usage } from '../measure/usage.ts'
import type { WorkloadSpec } from '../workloads/workload.ts'
import { workloadOf } from '../workloads/workload-of.ts'
import { type LogPlace, openBenchLog } from './bench-log.ts'

export interface ScanLogParams extends LogPlace {
  readonly workload: WorkloadSpec
  /** False only reads the records; true also makes rows of numbers of them. */
  readonly decode: boolean
}

/** Goes through all readings of a log: what any topology costs at the least. */
export async function scanLog({ workload, decode, ...place }: ScanLogParams): Promise<Usage> {
  const log = await openBenchLog(place)
  const { event } = workloadOf(workload)
  const topic = (await log.findTopic(event.defaultTopic)) as Topic
  const stop = startMeter()
  let readings = 0
  for (let partition = 0; partition < topic.partitions; partition++) {
    readings += await scanPartition(log, topic, partition, decode ? event : null)
  }
  const usage = stop()
  await log.close()
  if (readings !== workload.readings) throw new Error(`${readings} readings were read, not ${workload.readings}`)
  return usage
}

async function scanPartition(log: Log, topic: Topic, partition: number, event: EventType | null): Promise<number> {
  const schemas = schemaCache(log.registry)
  const { partitions } = topic
  const decoder =
    event === null ? null : createReadingDecoder({ event, dictionaries: new Dictionaries(), partition, partitions, schemas })
  const reader = log.reader(topic, partition)
  let readings = 0
  let out: ReadingBatch | undefined
  for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
    if (decoder === null) {
      readings += batch.count
      continue
    }
    const unknown = decoder.unknownSchemaIds(batch)
    if (unknown.length > 0) await schemas.load(unknown)
    out = decoder.decode(batch, out)
    readings += out.count
  }
  await reader.close()
  return readings
}
