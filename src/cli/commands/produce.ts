import { systemClock } from '../../core/clock.ts'
import { WindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { type FleetMember, produceAll } from '../../producers/fleet.ts'
import { progressLines } from '../../producers/progress.ts'
import { countFacts } from '../../producers/publish-counts.ts'
import { machineZone } from '../../producers/stations/cadence.ts'
import type { Cadence } from '../../producers/stations/station.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { topicNames } from '../engine.ts'
import { createLogger } from '../logger.ts'
import { pollProgress } from '../poll-progress.ts'
import { metricsPortOf, type ProcessServer, startProcessServer } from '../process-server.ts'
import { type Session, withSession } from '../session.ts'
import { type SourceMonitor, sourceMonitor } from '../source-monitor.ts'
import { type LocalSource, localSource, refuseForeign, type SourceOptions, sourceOf } from '../sources.ts'
import { cadenceOf } from '../stations/cadence-of.ts'
import { chosenStations, scheduleOf } from '../stations/chosen-stations.ts'
import { configuredStations } from '../stations/configured-stations.ts'
import { fleetOf, rhythmOf } from '../stations/fleet-of.ts'
import { kindsOf } from '../stations/open-sources.ts'
import { refuseSimulating } from '../stations/refuse-mixing.ts'
import { watchFleet } from '../stations/watch-fleet.ts'

export interface ProduceOptions extends SourceOptions {
  readonly continuous?: boolean
  /** Seconds. */
  readonly interval?: number
  /** Times of day. */
  readonly at?: readonly string[]
  readonly cron?: string
  readonly json?: boolean
  readonly metricsPort?: number
  readonly orSimulator?: boolean
}

interface Members {
  readonly members: readonly FleetMember[]
  close(): Promise<void>
}

/** `windrow produce`: publishes what sources say as far as it is new or revised, once or for ever. */
export async function produce(context: CliContext, options: ProduceOptions): Promise<ExitCode> {
  return withSession(context, async (session) => {
    const { config } = session
    const logger = createLogger(config, context.stderr)
    const port = metricsPortOf(config, options.metricsPort, options.continuous === true)
    const server = await startProcessServer({ role: 'produce', session, logger, port })
    try {
      return await publish(context, session, options, { logger, server })
    } finally {
      await server.close()
    }
  })
}

interface Surroundings {
  readonly logger: Logger
  readonly server: ProcessServer
}

async function publish(
  context: CliContext,
  session: Session,
  options: ProduceOptions,
  { logger, server }: Surroundings,
): Promise<ExitCode> {
  const { config, catalogue, log } = session
  const local = localSource(options) ?? simulatorInstead(session, options)
  const monitor = sourceMonitor(config.redact)
  const { members, close } =
    local === null
      ? await apiMembers(session, options, monitor, logger)
      : await localMember(context, session, local, options, monitor)
  server.watch({ runner: null, sinks: async () => [], sources: () => monitor.statuses() })
  try {
    const isAlone = members.length === 1
    const summary = await produceAll({
      members,
      log,
      kv: await session.state(),
      partitions: config.partitions,
      topicNames: topicNames(catalogue),
      clock: systemClock,
      logger,
      signal: context.signal,
      progress: () => (isAlone ? pollProgress(context, logger) : progressLines(logger, systemClock, { onlyNews: true })),
      onHeartbeat: (heartbeat) => monitor.heartbeat(heartbeat),
      onEnded: (source) => monitor.stopped(source),
      onFailed: (source, error) => monitor.failed(source, error, systemClock.now()),
    })
    const { deadLettered } = summary
    if (deadLettered > 0) logger.warn({ dead_lettered: deadLettered }, 'some of it is no reading: windrow dlq list')
    if (options.json === true) {
      const { polls, failures, stopped } = summary
      await context.stdout.write(`${JSON.stringify({ ...countFacts(summary), polls, failures, stopped })}\n`)
    }
    if (options.continuous !== true) context.signal.throwIfAborted()
    return 0
  } finally {
    await close()
  }
}

/** The simulator, where it is asked for in place of sources that nobody has configured. Throws WR_USAGE where sources are named. */
function simulatorInstead({ config }: Session, { orSimulator = false, source = [] }: ProduceOptions): 'simulator' | null {
  if (!orSimulator) return null
  if (source.length > 0) {
    throw new WindrowError('WR_USAGE', {
      message: '--or-simulator is for where no source is configured, and --source names one.',
      remedy: 'Give one of them.',
      kind: 'usage',
    })
  }
  return configuredStations(config, kindsOf(config)).length === 0 ? 'simulator' : null
}

const DEFAULT_SECONDS = 60

async function localMember(
  context: CliContext,
  session: Session,
  local: LocalSource,
  options: ProduceOptions,
  monitor: SourceMonitor,
): Promise<Members> {
  if (local === 'simulator') await refuseSimulating(session)
  const source = await sourceOf(local, options, context.folder, session.catalogue.events)
  const cadence: Cadence = cadenceOf(scheduleOf(options), machineZone()) ?? { kind: 'interval', seconds: DEFAULT_SECONDS }
  const rhythm = rhythmOf(cadence, systemClock)
  const intervalSeconds = options.continuous === true && cadence.kind === 'interval' ? cadence.seconds : null
  monitor.started(source, { intervalSeconds, staleAfterMs: null })
  return { members: [{ source, rhythm: options.continuous === true ? rhythm : null }], close: async () => undefined }
}

async function apiMembers(session: Session, options: ProduceOptions, monitor: SourceMonitor, logger: Logger): Promise<Members> {
  refuseForeign('the sources that are APIs', options)
  const { stations, range } = await chosenStations(session, options)
  const fleet = fleetOf({ stations, range, store: await session.state(), clock: systemClock, logger })
  watchFleet(fleet, monitor, options.continuous === true)
  return {
    members: fleet.members.map(({ source, rhythm }) => ({ source, rhythm: options.continuous === true ? rhythm : null })),
    close: fleet.close,
  }
}
