import { systemClock } from '../../src/core/clock.ts'
import type { Channel } from '../process/channel.ts'
import { weatherWorkload } from '../workloads/weather-workload.ts'
import { DEFAULT_PARTITIONS } from './bench-folder.ts'
import { openBenchLog } from './bench-log.ts'
import { readingAppender } from './reading-appender.ts'
import { ensureReadings } from './readings-topic.ts'

export interface ProduceSteadilyParams {
  /** Where the embedded log is, as `windrow` has it. */
  readonly folder: string
  readonly readingsASecond: number
}

const STATIONS = 40
const APPEND_MS = 100

/** Appends weather readings at a steady rate until it is asked to `stop`; gives how many. */
export async function produceSteadily({ folder, readingsASecond }: ProduceSteadilyParams, channel: Channel): Promise<number> {
  const stopping = new AbortController()
  void channel.asked('stop').then(() => stopping.abort())
  const log = await openBenchLog({ folder })
  const workload = weatherWorkload(STATIONS, 60)
  const { topic, schemaId } = await ensureReadings(log, workload.event, DEFAULT_PARTITIONS)
  const appender = readingAppender(log, topic, workload, schemaId)
  const began = performance.now()
  let sent = 0
  while (!stopping.signal.aborted) {
    const due = Math.floor(((performance.now() - began) * readingsASecond) / 1000)
    for (; sent < due; sent++) appender.add(sent)
    if (appender.count > 0) await appender.append()
    await systemClock.sleep(APPEND_MS, stopping.signal)
  }
  await log.close()
  channel.tell('stop', null)
  return sent
}
