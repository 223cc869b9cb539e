import { systemClock } from '../../src/core/clock.ts'
import type { Log, Topic } from '../../src/log/port.ts'
import { viewTopicName } from '../../src/runtime/live-views.ts'
import { weatherDataView } from '../../src/views/weather.ts'
import { percentile } from '../measure/percentile.ts'
import { startMeter } from '../measure/usage.ts'
import { weatherWorkload } from '../workloads/weather-workload.ts'
import { DEFAULT_PARTITIONS } from './bench-folder.ts'
import { type LogPlace, openBenchLog } from './bench-log.ts'
import { startBenchRunner } from './bench-runner.ts'
import { readingAppender } from './reading-appender.ts'
import { ensureReadings } from './readings-topic.ts'
import { RowWatch } from './row-watch.ts'

export interface MeasureLatencyParams extends LogPlace {
  readonly readingsASecond: number
  readonly seconds: number
  /** Left out of the figures: the first readings meet code that was not compiled yet. */
  readonly warmUpSeconds: number
  /** True runs the topologies here, as `npm start` does; false: another process is running them. */
  readonly withRunner: boolean
}

export interface MeasureLatencyResult {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly mostMs: number
  /** Of it, until the log had taken the reading. */
  readonly takenP50Ms: number
  readonly takenP99Ms: number
  /** CPU time of this process a second, from the first reading to the last row. */
  readonly cpuSecondsASecond: number
}

const STATIONS = 100

/**
 * Produces weather readings, each at its time, and looks for the row of each in the topic of `weather_data`. What counts is the
 * time from when a reading was due (so a producer that is held up counts too) until its row was read from the log.
 */
export async function measureLatency(params: MeasureLatencyParams): Promise<MeasureLatencyResult> {
  const { readingsASecond, seconds, warmUpSeconds } = params
  const { log, close } = await openFor(params)
  const view = (await log.findTopic(viewTopicName(weatherDataView.name, 1))) as Topic
  const total = Math.round(readingsASecond * (warmUpSeconds + seconds))
  const watch = new RowWatch(log, view, total)
  const stop = startMeter()
  const began = performance.now()
  const dueAt = (index: number): number => began + (index * 1000) / readingsASecond
  const takenAt = await produce(log, total, dueAt, watch)
  const seenAt = await watch.complete()
  const used = stop()
  await close()
  const sinceDue = (at: Float64Array): Float64Array =>
    at.map((time, index) => time - dueAt(index)).subarray(Math.round(warmUpSeconds * readingsASecond))
  const latencies = sinceDue(seenAt)
  const taken = sinceDue(takenAt)
  return {
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    mostMs: percentile(latencies, 1),
    takenP50Ms: percentile(taken, 0.5),
    takenP99Ms: percentile(taken, 0.99),
    cpuSecondsASecond: used.cpuSeconds / used.seconds,
  }

  async function openFor({ withRunner }: MeasureLatencyParams): Promise<{ log: Log; close: () => Promise<void> }> {
    if (withRunner) {
      const bench = await startBenchRunner(params, 'weather')
      return { log: bench.log, close: () => bench.stop() }
    }
    const opened = await openBenchLog(params)
    return { log: opened, close: () => opened.close() }
  }
}

/** Gives the time at which the log had taken each reading. */
async function produce(log: Log, total: number, dueAt: (index: number) => number, watch: RowWatch): Promise<Float64Array> {
  const workload = weatherWorkload(STATIONS, 60)
  const { topic, schemaId } = await ensureReadings(log, workload.event, DEFAULT_PARTITIONS)
  const appender = readingAppender(log, topic, workload, schemaId)
  const takenAt = new Float64Array(total)
  let sent = 0
  while (sent < total) {
    const now = performance.now()
    let due = sent
    for (; due < total && dueAt(due) <= now; due++) {
      watch.expect(due, workload.keyOf(due), workload.reading(due).timestamp)
      appender.add(due)
    }
    if (due === sent) {
      await systemClock.sleep(dueAt(sent) - now)
      continue
    }
    await appender.append()
    takenAt.fill(performance.now(), sent, due)
    sent = due
  }
  return takenAt
}
