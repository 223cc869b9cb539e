import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { WindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { Log } from '../../log/port.ts'
import { currentViews } from '../../runtime/live-views.ts'
import type { Sink } from '../../sinks/sink.ts'
import type { StoreName } from '../../views/view.ts'
import { latenessMinutes } from '../allowed-lateness.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { createLogger } from '../logger.ts'
import { showProgress } from '../progress.ts'
import { type Session, withSession } from '../session.ts'
import { chooseSinks } from '../sinks/choose-sinks.ts'
import { withSinks } from '../sinks/with-sinks.ts'
import { type BuiltView, builtViews } from './built-views.ts'
import { openDifferenceFile } from './difference-file.ts'
import { FoundDifferences } from './found-differences.ts'
import { printVerification, verificationJson } from './verification-text.ts'
import { type Verification, verifyViews } from './verify-views.ts'

export interface VerifyReplayOptions {
  /** Those of the configuration where none are named. */
  readonly sinks?: readonly string[]
  /** A file for all differences; its extension says whether it is csv, json or parquet. */
  readonly output?: string
  readonly json?: boolean
}

const MEBIBYTE = 1024 * 1024
/** How long a store may be behind without getting any further before it is told that nobody writes it. */
const PATIENCE_MS = 10_000

/**
 * `windrow replay --verify`: the views as the present logic makes them of the log, compared with their topics and with every store. Changes
 * nothing. 1 when a row differs, 3 when a store, or a row that readings since a replay change, could not be compared.
 */
export async function verifyReplay(
  context: CliContext,
  names: readonly string[],
  options: VerifyReplayOptions,
): Promise<ExitCode> {
  return withSession(context, async (session) => {
    const { config } = session
    const logger = createLogger(config, context.stderr)
    const stores = thereAre(session, chooseSinks(config, options.sinks ?? null), logger)
    const views = await builtViews(session, names)
    const file = options.output === undefined ? null : openDifferenceFile(context.folder, options.output, views)
    const found = new FoundDifferences()
    try {
      const verification = await withSinks({ config, names: stores, logger }, (sinks) =>
        verify(context, session, logger, views, sinks, async (view, store, difference) => {
          found.add(view, store, difference)
          await file?.add(view, store, difference)
        }),
      )
      await refuseFlipped(session.log, views)
      await file?.write()
      const explained = await found.explained(session, verification.cut)
      if (options.json === true)
        await context.stdout.write(`${JSON.stringify(verificationJson(verification, explained), null, 2)}\n`)
      else await printVerification(context, verification, explained)
      return exitCode(verification)
    } finally {
      await file?.close()
    }
  })
}

async function verify(
  { terminal, signal }: CliContext,
  { log, catalogue, config }: Session,
  logger: Logger,
  views: readonly BuiltView[],
  sinks: readonly Sink[],
  onDifference: Parameters<typeof verifyViews>[0]['onDifference'],
): Promise<Verification> {
  const progress = showProgress({ terminal, logger, clock: systemClock, title: 'reading the log', unit: 'records' })
  try {
    return await verifyViews({
      log,
      topologies: catalogue.topologies,
      topicOf: (event) => catalogue.topicOf(event),
      views,
      sinks,
      allowedLatenessMinutes: latenessMinutes(config),
      memoryBytes: config.memoryMb * MEBIBYTE,
      patienceMs: PATIENCE_MS,
      clock: systemClock,
      logger,
      signal,
      onProgress: (done, total) => progress.update(done, total),
      onDifference,
    })
  } finally {
    progress.end()
  }
}

/** To make an empty Postgres is more than a comparison may do. */
function thereAre({ config }: Session, names: readonly StoreName[], logger: Logger): readonly StoreName[] {
  if (!names.includes('postgres') || config.postgresUrl !== null || existsSync(join(config.dataDir, 'postgres'))) return names
  logger.warn({ data_dir: config.dataDir }, 'no view was ever written to the embedded Postgres: it is left out')
  return names.filter((name) => name !== 'postgres')
}

/** What was compared has to be what is current, and to have been all the time. */
async function refuseFlipped(log: Log, views: readonly BuiltView[]): Promise<void> {
  const now = await currentViews(log)
  for (const { view, topic, current } of views) {
    const { topicId, since } = now.get(view.name) ?? {}
    if (topicId === topic.id && since === current.since) continue
    throw new WindrowError('WR_VIEW_REPLACED', {
      message: `Another generation of the view ${view.name} became current while it was compared.`,
      remedy: 'Nothing is wrong with it: compare again.',
      facts: { view: view.name, topic: topic.name },
      canRetry: true,
    })
  }
}

function exitCode({ stores }: Verification): ExitCode {
  if (stores.some(({ rows }) => rows !== null && rows.missing + rows.extra + rows.changed > 0)) return 1
  return stores.some(({ rows }) => rows === null || rows.unsettled > 0) ? 3 : 0
}
