import { type RecordBlock, RecordBlockBuilder } from '../../src/core/record-block.ts'
import { readingEncoder } from '../../src/events/reading-encoder.ts'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import { percentile } from '../measure/percentile.ts'
import { airWorkload } from '../workloads/air-workload.ts'
import { logDirectory } from './bench-folder.ts'
import { ensureReadings } from './readings-topic.ts'

export interface AppendRecordsParams {
  readonly folder: string
  readonly recordsABlock: number
  /** Appends that are under way together; each is waited for before its successor. */
  readonly parallel: number
  readonly seconds: number
}

export interface AppendRecordsResult {
  readonly recordsASecond: number
  readonly bytesASecond: number
  /** From the call until the records are on disk. */
  readonly p50Ms: number
  readonly p99Ms: number
}

const STATIONS = 64

/** Appends readings that were encoded before, for the given time; every append counts when it is durable. */
export async function appendRecords({
  folder,
  recordsABlock,
  parallel,
  seconds,
}: AppendRecordsParams): Promise<AppendRecordsResult> {
  const log = await openEmbeddedLog({ directory: logDirectory(folder) })
  const workload = airWorkload(STATIONS, 60)
  const { topic, schemaId } = await ensureReadings(log, workload.event, 1)
  const encoder = readingEncoder(workload.event, schemaId)
  const builder = new RecordBlockBuilder()
  const blocks: RecordBlock[] = []
  for (let index = 0; blocks.length < 64; index++) {
    builder.add(workload.keyOf(index), encoder.encode(workload.reading(index)))
    if (builder.count === recordsABlock) blocks.push(builder.build())
  }
  const durations: number[] = []
  let bytes = 0
  const began = performance.now()
  const until = began + seconds * 1000
  const appendOneByOne = async (): Promise<void> => {
    while (performance.now() < until) {
      const block = blocks[durations.length % blocks.length] as RecordBlock
      const from = performance.now()
      await log.append([{ topic, partition: 0, block }])
      durations.push(performance.now() - from)
      bytes += block.bytes.byteLength
    }
  }
  await Promise.all(Array.from({ length: parallel }, appendOneByOne))
  const took = (performance.now() - began) / 1000
  await log.close()
  return {
    recordsASecond: (durations.length * recordsABlock) / took,
    bytesASecond: bytes / took,
    p50Ms: percentile(durations, 0.5),
    p99Ms: percentile(durations, 0.99),
  }
}
