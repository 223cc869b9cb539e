import { listen } from '../api/listen.ts'
import { createMetrics } from '../api/metrics.ts'
import { createProcessServer } from '../api/process-server.ts'
import type { Config } from '../config/load-config.ts'
import { systemClock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { CommitListener } from '../runtime/task-options.ts'
import { diskSpace } from './api/disk-space.ts'
import { isAtWork, type ProcessWork, processHealth } from './api/process-health.ts'
import { packageVersion } from './package-version.ts'
import { remembered } from './remembered.ts'
import type { Session } from './session.ts'

/** What a process without a page tells of itself, to those who look after it. */
export interface ProcessServer {
  /** To be told of each commit; absent where nobody looks. */
  readonly onCommit?: CommitListener
  /** To be called when the work has begun: before, the process is starting. */
  watch(work: ProcessWork): void
  close(): Promise<void>
}

export interface ProcessServerOptions {
  readonly role: 'run' | 'produce'
  readonly session: Session
  readonly logger: Logger
  /** Null: nobody looks. 0: any free port. */
  readonly port: number | null
}

/** A scrape, a probe and a person at about the same time ask the log once. */
const LOOK_EVERY_MS = 5_000
const SETTING = 'WINDROW_METRICS_PORT (--metrics-port)'

const words = {
  run: { ready: 'The pipeline is at work.', starting: 'The pipeline is starting.' },
  produce: { ready: 'The sources are asked.', starting: 'The sources are being opened.' },
} as const

/**
 * The port of a process's metrics, null for none. The setting is for processes that go on until they are stopped: one that ends by itself
 * may run beside one of those with the same settings, and has to be told on its command line.
 */
export function metricsPortOf(config: Config, asked: number | undefined, goesOn: boolean): number | null {
  return asked ?? (goesOn ? config.metricsPort : null)
}

/** Serves `/metrics` and `/health…` where a port is given. A port that is taken is refused: whoever looks there would find another process. */
export async function startProcessServer(options: ProcessServerOptions): Promise<ProcessServer> {
  const { role, session, logger, port } = options
  if (port === null) return { watch: () => undefined, close: async () => undefined }
  const { config, log } = session
  const clock = systemClock
  const metrics = createMetrics()
  let work: ProcessWork | null = null
  const startedAt = clock.now()
  const disk = () => diskSpace(config.dataDir, logger)
  const look = () => processHealth({ role, log, clock, version: packageVersion(), startedAt, disk }, work)
  let health = remembered(clock, LOOK_EVERY_MS, look)
  const ports = { health: () => health(), ready: async () => isAtWork(work) }
  const server = createProcessServer(ports, { host: config.host, metrics, words: words[role], logger })
  const { url } = await listen(server, { host: config.host, port, fixedBy: SETTING })
  logger.info({ url }, `metrics are at ${url}/metrics`)
  return {
    onCommit: metrics.observeCommit,
    watch(begun) {
      work = begun
      // What was said of a process that was starting is not true any more.
      health = remembered(clock, LOOK_EVERY_MS, look)
    },
    close: () => server.close(),
  }
}
