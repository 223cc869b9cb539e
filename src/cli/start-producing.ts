import { systemClock } from '../core/clock.ts'
import { WindrowError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { type FleetMember, produceAll } from '../producers/fleet.ts'
import { type ProgressDisplay, progressLines } from '../producers/progress.ts'
import { everyInterval } from '../producers/rhythm.ts'
import { simulatorSource } from '../producers/simulator/simulator-source.ts'
import type { CliContext } from './context.ts'
import { topicNames } from './engine.ts'
import { pollProgress } from './poll-progress.ts'
import type { Session } from './session.ts'
import type { SourceMonitor } from './source-monitor.ts'
import { type ConfiguredStation, configuredStations } from './stations/configured-stations.ts'
import { fleetOf } from './stations/fleet-of.ts'
import { kindsOf } from './stations/open-sources.ts'
import { hasRealReadings, refuseMixing } from './stations/refuse-mixing.ts'
import { watchFleet } from './stations/watch-fleet.ts'

export interface StartProducingOptions {
  /** False: publish nothing at all. */
  readonly produce: boolean
  /** False: nothing is made up where no source is configured. */
  readonly simulator: boolean
  readonly days?: number | undefined
  readonly seed?: number | undefined
}

/** What a process that runs everything publishes. */
export type WhatToProduce =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'simulator' }
  | { readonly kind: 'stations'; readonly stations: readonly ConfiguredStation[] }

/** The simulator has something new every minute at the latest. */
const SIMULATOR_INTERVAL_SECONDS = 5

/**
 * The configured stations; the simulator where there are none and the log has no real readings. Throws what the configuration of stations is refused
 * with, and what `refuseMixing` throws.
 */
export async function whatToProduce(session: Session, options: StartProducingOptions, logger: Logger): Promise<WhatToProduce> {
  if (!options.produce) return { kind: 'nothing' }
  const stations = configuredStations(session.config, kindsOf(session.config))
  if (stations.length > 0) {
    refuseSimulatorOptions(options)
    await refuseMixing(session, stations)
    return { kind: 'stations', stations }
  }
  if (!options.simulator) return { kind: 'nothing' }
  if (session.config.keepSimulated === 'false' && (await hasRealReadings(session))) {
    const remedy =
      '`windrow setup` asks for keys and places; WINDROW_SOURCES=open-meteo needs no key. The simulator can have another WINDROW_DATA_DIR.'
    logger.warn({ remedy }, 'no source is configured, and this log has real readings: nothing is published')
    return { kind: 'nothing' }
  }
  const remedy = '`windrow setup` asks for keys and places; Open-Meteo needs no key.'
  logger.info({ remedy }, 'no source is configured: what is shown is simulated')
  return { kind: 'simulator' }
}

export interface Producing {
  readonly context: CliContext
  readonly session: Session
  readonly monitor: SourceMonitor
  readonly logger: Logger
}

/** Publishes until the signal. A source that fails for good is told by the health, and stops nobody else. */
export async function startProducing(what: WhatToProduce, options: StartProducingOptions, producing: Producing): Promise<void> {
  if (what.kind === 'nothing') return
  const { context, session, monitor, logger } = producing
  const { members, close } = what.kind === 'simulator' ? simulator(options, monitor) : await stations(what.stations, producing)
  const isAlone = members.length === 1
  try {
    await produceAll({
      members,
      log: session.log,
      kv: await session.state(),
      partitions: session.config.partitions,
      topicNames: topicNames(session.catalogue),
      clock: systemClock,
      logger,
      signal: context.signal,
      progress: () =>
        isAlone
          ? firstPollOnly(pollProgress(context, logger), progressLines(logger, systemClock, { onlyNews: true }))
          : progressLines(logger, systemClock, { onlyNews: true }),
      onHeartbeat: (heartbeat) => monitor.heartbeat(heartbeat),
      onEnded: (source) => monitor.stopped(source),
      onFailed: (source, error) => monitor.failed(source, error, systemClock.now()),
    })
  } catch {
    // Each member's error has been told, and is in the health.
  } finally {
    await close()
  }
}

interface Members {
  readonly members: readonly FleetMember[]
  close(): Promise<void>
}

function simulator({ seed, days }: StartProducingOptions, monitor: SourceMonitor): Members {
  const source = simulatorSource({ seed, days, clock: systemClock })
  monitor.started(source, { intervalSeconds: SIMULATOR_INTERVAL_SECONDS, staleAfterMs: null })
  const rhythm = everyInterval(SIMULATOR_INTERVAL_SECONDS * 1000, systemClock)
  return { members: [{ source, rhythm }], close: async () => undefined }
}

async function stations(chosen: readonly ConfiguredStation[], { session, monitor, logger }: Producing): Promise<Members> {
  const fleet = fleetOf({ stations: chosen, range: null, store: await session.state(), clock: systemClock, logger })
  watchFleet(fleet, monitor, true)
  return fleet
}

function refuseSimulatorOptions({ days, seed }: StartProducingOptions): void {
  const option = days !== undefined ? '--days' : seed !== undefined ? '--seed' : null
  if (option === null) return
  throw new WindrowError('WR_USAGE', {
    message: `${option} is about the simulator, and sources are configured.`,
    remedy: 'Leave it out; `windrow doctor` lists the sources.',
    kind: 'usage',
  })
}

/** The first poll publishes months and is worth watching; of the later ones those that bring something get a line. */
function firstPollOnly(first: ProgressDisplay, later: ProgressDisplay): ProgressDisplay {
  let display = first
  return {
    begin: (source, station) => display.begin(source, station),
    update: (done, total, counts) => display.update(done, total, counts),
    end: (counts) => {
      display.end(counts)
      display = later
    },
  }
}
