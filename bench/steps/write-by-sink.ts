import { openSinks } from '../../src/cli/sinks/open-sinks.ts'
import { openViewsSql } from '../../src/cli/views-postgres.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { systemClock } from '../../src/core/clock.ts'
import { endsOf } from '../../src/log/ends-of.ts'
import type { Topic } from '../../src/log/port.ts'
import { startSinkRunner } from '../../src/sinks/sink-runner.ts'
import type { StoreName } from '../../src/views/view.ts'
import { memoryUse, startMeter } from '../measure/usage.ts'
import { hourlyView } from '../workloads/hourly-rows.ts'
import { openBenchLog } from './bench-log.ts'
import { quietLogger } from './quiet-logger.ts'

export interface WriteBySinkParams {
  /** With a view that `fillView` has written. */
  readonly folder: string
  readonly store: StoreName
  /** The settings that say where the store is. */
  readonly environment: Readonly<Record<string, string>>
  readonly rows: number
}

export interface WriteRowsResult {
  readonly rowsASecond: number
  readonly cpuSecondsAMillion: number
  readonly peakRssBytes: number
}

/** A sink writes a view from the log into an empty store, tables and all made before the time begins. */
export async function writeBySink({ folder, store, environment, rows }: WriteBySinkParams): Promise<WriteRowsResult> {
  const config = loadConfig(environment, folder)
  const log = await openBenchLog({ folder })
  const sql = store === 'postgres' ? openViewsSql(config, quietLogger) : null
  const [sink] = await openSinks({ config, names: [store], sql, logger: quietLogger })
  if (sink === undefined) throw new Error(`There is no sink ${store}`)
  await sink.open([hourlyView])
  const topic = (await log.findTopic(`views.${hourlyView.name}.g1`)) as Topic
  const ends = await endsOf(log, topic)
  const meter = startMeter()
  const runner = await startSinkRunner({
    sink,
    log,
    views: [hourlyView],
    deadLetter: ({ message }) => {
      throw new Error(`a row was refused: ${message}`)
    },
    logger: quietLogger,
    clock: systemClock,
  })
  await runner.untilCaughtUp([{ topic, ends }], AbortSignal.timeout(300_000))
  const { seconds, cpuSeconds } = meter()
  await runner.stop()
  await sql?.close()
  await log.close()
  return { rowsASecond: rows / seconds, cpuSecondsAMillion: (cpuSeconds / rows) * 1e6, peakRssBytes: memoryUse().peakRssBytes }
}
