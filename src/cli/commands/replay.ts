import type { Logger } from '../../core/logger.ts'
import type { ReplayedView } from '../../runtime/replay/replay-views.ts'
import type { StoreName } from '../../views/view.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { rangeOptions } from '../instant-option.ts'
import { createLogger } from '../logger.ts'
import { buildHelpers } from '../replay/build-helpers.ts'
import { buildViews } from '../replay/build-views.ts'
import { type Session, withSession } from '../session.ts'
import { chooseSinks, storeTitle } from '../sinks/choose-sinks.ts'
import { startSinks } from '../sinks/start-sinks.ts'
import { openViewsSql } from '../views-postgres.ts'

export interface ReplayCommandOptions {
  readonly rollback?: boolean
  /** A day, a month or an instant. */
  readonly from?: string
  /** Those of the configuration where none are named. */
  readonly sinks?: readonly string[]
  readonly json?: boolean
}

/**
 * `windrow replay`: builds views anew from the log beside those that serve, flips to them, and brings the stores up to them. Ended or killed
 * anywhere, each view is old or new, and the same command goes on.
 */
export async function replay(context: CliContext, names: readonly string[], options: ReplayCommandOptions): Promise<ExitCode> {
  return withSession(context, async (session) => {
    const { config, catalogue } = session
    const views = catalogue.viewsNamed(names).map(({ name }) => name)
    const sinks = chooseSinks(config, options.sinks ?? null)
    const logger = createLogger(config, context.stderr)
    for (const notice of config.notices) logger.warn({}, notice)
    const began = performance.now()
    const replayed = await buildViews({
      session,
      logger,
      terminal: context.terminal,
      views,
      rollback: options.rollback === true,
      from: rangeOptions(options).from ?? null,
      signal: context.signal,
      helpers: buildHelpers({ workers: config.replayWorkers, ...context, logger }),
    })
    const builtSeconds = seconds(began)
    if (sinks.length > 0) await bringUpStores(context, session, logger, sinks, replayed.views)
    const facts = { readings: replayed.readings, build_seconds: builtSeconds, seconds: seconds(began) }
    if (options.json === true) {
      const each = replayed.views.map(({ view, generation }) => ({ view, generation }))
      await context.stdout.write(`${JSON.stringify({ views: each, ...facts, sinks })}\n`)
      return 0
    }
    for (const { view, generation } of replayed.views)
      await context.stdout.write(`${view}: generation ${generation} is current\n`)
    const where = sinks.length === 0 ? '' : ` and are in ${sinks.map(storeTitle).join(', ')}`
    logger.info(facts, `the views were built from the log${where}`)
    return 0
  })
}

const seconds = (began: number): number => Math.round((performance.now() - began) / 100) / 10

/** Shares the writing with whoever else does it, until the stores have the new generations. */
async function bringUpStores(
  context: CliContext,
  session: Session,
  logger: Logger,
  names: readonly StoreName[],
  replayed: readonly ReplayedView[],
): Promise<void> {
  const sql = names.includes('postgres') ? openViewsSql(session.config, logger) : null
  try {
    const runner = await startSinks({ session, names, sql, deadLetters: null, logger })
    try {
      await runner.untilCaughtUp(
        replayed.map(({ topic, topicEnds }) => ({ topic, ends: topicEnds })),
        context.signal,
      )
    } finally {
      await runner.stop()
    }
  } finally {
    await sql?.close()
  }
}
