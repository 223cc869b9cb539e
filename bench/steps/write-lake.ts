import { openLakeStorage } from '../../src/cli/lake/open-lake-storage.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { systemClock } from '../../src/core/clock.ts'
import { airReadings } from '../../src/events/air.ts'
import { weatherReadings } from '../../src/events/weather.ts'
import { startLake } from '../../src/sinks/lake/lake-runner.ts'
import { readingsLayer } from '../../src/sinks/lake/readings/readings-layer.ts'
import { memoryUse, startMeter } from '../measure/usage.ts'
import { openBenchLog } from './bench-log.ts'
import { quietLogger } from './quiet-logger.ts'

export interface WriteLakeParams {
  /** With a log that `fillLog` has filled. */
  readonly folder: string
  /** The settings that say where the lake is. */
  readonly environment: Readonly<Record<string, string>>
  readonly readings: number
}

export interface WriteLakeResult {
  readonly readingsASecond: number
  readonly cpuSecondsAMillion: number
  readonly peakRssBytes: number
  readonly files: number
  readonly bytes: number
}

/** Bronze and silver of all that is in a log, into an empty place. */
export async function writeLake({ folder, environment, readings }: WriteLakeParams): Promise<WriteLakeResult> {
  const config = loadConfig(environment, folder)
  const log = await openBenchLog({ folder })
  const topics = [weatherReadings, airReadings].map((event) => ({ event, topic: event.defaultTopic }))
  const meter = startMeter()
  const runner = await startLake({
    storage: await openLakeStorage(config),
    log,
    layers: [readingsLayer({ topics, keepDays: null })],
    clock: systemClock,
    logger: quietLogger,
    once: true,
  })
  try {
    await runner.done
  } finally {
    await runner.stop()
  }
  const { seconds, cpuSeconds } = meter()
  const storage = await openLakeStorage(config)
  let files = 0
  let bytes = 0
  for await (const file of storage.list('')) {
    if (!file.name.endsWith('.parquet')) continue
    files += 1
    bytes += file.bytes
  }
  await storage.close()
  await log.close()
  return {
    readingsASecond: readings / seconds,
    cpuSecondsAMillion: (cpuSeconds / readings) * 1e6,
    peakRssBytes: memoryUse().peakRssBytes,
    files,
    bytes,
  }
}
