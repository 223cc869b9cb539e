import { listen } from '../api/listen.ts'
import type { Metrics } from '../api/metrics.ts'
import type { SinkHealth, SourceHealth } from '../api/ports.ts'
import { createServer } from '../api/server.ts'
import { systemClock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Runner } from '../runtime/runner.ts'
import type { SqlClient } from '../sinks/postgres/sql-client.ts'
import { diskSpace } from './api/disk-space.ts'
import { healthReport } from './api/health.ts'
import { apiPorts } from './api/ports.ts'
import { knownStations } from './api/station-figures.ts'
import { viewsProblem } from './api/views-problem.ts'
import { packageVersion } from './package-version.ts'
import { backgroundReplays } from './replay/background-replays.ts'
import type { Session } from './session.ts'

export interface PageServerOptions {
  readonly role: 'start' | 'serve'
  readonly session: Session
  readonly logger: Logger
  readonly sql: SqlClient
  /** Null where the topologies run in other processes. */
  readonly runner: Runner | null
  readonly sinks: () => Promise<readonly SinkHealth[]>
  readonly sources: () => readonly SourceHealth[]
  /** Where other parts of the process observe into; without it the page has its own. */
  readonly metrics?: Metrics
}

export interface PageServer {
  readonly url: string
  close(): Promise<void>
}

/** Starts the page and the API at the configured address, or at the next free port. */
export async function startPageServer(options: PageServerOptions): Promise<PageServer> {
  const { role, session, logger, sql, runner, sinks, sources, metrics } = options
  const { config, catalogue, log } = session
  const clock = systemClock
  const startedAt = clock.now()
  const problem = viewsProblem(sql, clock, runner === null ? (catalogue.views[0]?.name ?? null) : null)
  const stations = knownStations(sql, clock, logger)
  const health = () =>
    healthReport({
      ...{ role, log, catalogue, clock, startedAt, runner, sinks, sources },
      version: packageVersion(),
      viewsProblem: problem,
      disk: () => diskSpace(config.dataDir, logger),
      stations,
    })
  const replays = backgroundReplays(session, logger)
  const server = createServer(apiPorts({ session, sql, clock, health, ready: async () => (await problem()) === null, replays }), {
    host: config.host,
    token: config.apiToken?.reveal() ?? null,
    version: packageVersion(),
    logger,
    ...(metrics === undefined ? {} : { metrics }),
  })
  const { url, port } = await listen(server, { host: config.host, port: config.port })
  if (config.port !== 0 && port !== config.port)
    logger.warn({ wanted: config.port, port }, 'the port is taken, so the next free one is used')
  return {
    url,
    async close() {
      await server.close()
      // After the last request: nobody begins another.
      await replays.end()
    },
  }
}
