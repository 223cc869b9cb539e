import { systemClock } from '../../src/core/clock.ts'
import { openLmdbStore } from '../../src/kv/lmdb-store.ts'
import type { Log } from '../../src/log/port.ts'
import { type Runner, startRunner } from '../../src/runtime/runner.ts'
import { airHourly, dailySensorMeans } from '../../src/streams/topologies/air.ts'
import {
  weatherDaily,
  weatherData,
  weatherHourly,
  weatherMonthly,
  weatherStations,
} from '../../src/streams/topologies/weather.ts'
import type { Topology } from '../../src/streams/topology.ts'
import type { WorkloadSpec } from '../workloads/workload.ts'
import { DEFAULT_PARTITIONS, stateDirectory } from './bench-folder.ts'
import { type LogPlace, openBenchLog } from './bench-log.ts'
import { quietLogger } from './quiet-logger.ts'

/** As the configuration has it unless told otherwise. */
export const DEFAULT_MEMORY_BYTES = 256 * 1024 * 1024

export const topologiesOf: Readonly<Record<WorkloadSpec['kind'], readonly Topology[]>> = {
  air: [airHourly, dailySensorMeans],
  weather: [weatherData, weatherHourly, weatherDaily, weatherMonthly, weatherStations],
}

export interface BenchRunner {
  readonly log: Log
  readonly runner: Runner
  /** Stops the runner and closes the log and the state. */
  stop(): Promise<void>
}

/** A runner with the defaults of `windrow run`, without sinks. */
export async function startBenchRunner(
  place: LogPlace,
  kind: WorkloadSpec['kind'],
  open: (place: LogPlace) => Promise<Log> = openBenchLog,
): Promise<BenchRunner> {
  const log = await open(place)
  const kv = await openLmdbStore({ path: stateDirectory(place.folder) })
  const runner = await startRunner({
    log,
    kv,
    topologies: topologiesOf[kind],
    partitions: DEFAULT_PARTITIONS,
    memoryBytes: DEFAULT_MEMORY_BYTES,
    clock: systemClock,
    logger: quietLogger,
  })
  return {
    log,
    runner,
    async stop() {
      await runner.stop()
      await log.close()
      await kv.close()
    },
  }
}
