import { isWindrowError, type WindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { endsOf } from '../../log/ends-of.ts'
import { engineGroup } from '../../runtime/engine-group.ts'
import { currentViews } from '../../runtime/live-views.ts'
import type { CliContext } from '../context.ts'
import { runnersOf } from '../runner-of.ts'
import type { Session } from '../session.ts'
import { buildHelpers } from './build-helpers.ts'
import { buildViews } from './build-views.ts'

export interface WithOwnLogicOptions {
  readonly session: Session
  readonly context: CliContext
  readonly logger: Logger
}

/**
 * Calls `begin`; where that is refused since other logic has made rows of some views (WR_TOPOLOGY_CHANGED), or none has yet (WR_VIEW_NEW), builds them
 * from the log and calls it again. The refusal stands where another process runs topologies, which could not go on then, and where the log
 * may not be the one that the rows were made of.
 */
export async function withOwnLogic<T>(options: WithOwnLogicOptions, begin: () => Promise<T>): Promise<T> {
  const built = new Set<string>()
  for (;;) {
    try {
      return await begin()
    } catch (error) {
      if (!isWindrowError(error, 'WR_TOPOLOGY_CHANGED') && !isWindrowError(error, 'WR_VIEW_NEW')) throw error
      const views = viewsOf(error).filter((view) => !built.has(view))
      if (views.length === 0 || !(await isOursToBuild(options.session, views))) throw error
      await build(options, views)
      for (const view of views) built.add(view)
    }
  }
}

const viewsOf = ({ facts }: WindrowError): readonly string[] => facts.views as readonly string[]

async function build({ session, context, logger }: WithOwnLogicOptions, views: readonly string[]): Promise<void> {
  logger.info({ views }, 'other logic made these views, or none did yet: they are built from the log before anything else begins')
  await buildViews({
    session,
    logger,
    terminal: context.terminal,
    views,
    rollback: false,
    from: null,
    signal: context.signal,
    helpers: buildHelpers({ workers: session.config.replayWorkers, ...context, logger }),
  })
}

async function isOursToBuild(session: Session, views: readonly string[]): Promise<boolean> {
  const others = (await runnersOf(session)).filter(({ where }) => where !== 'gone')
  if (others.length > 0) return false
  const current = await currentViews(session.log)
  for (const view of views) {
    const topic = await session.log.findTopic(current.get(view)?.topic ?? '')
    const hasRows = topic !== null && (await endsOf(session.log, topic)).some((end) => end > 0)
    if (hasRows && !(await isOfThisLog(session, view))) return false
  }
  return true
}

/** Topics of readings that were made anew have not been processed: their views would be built of nothing. */
async function isOfThisLog({ log, catalogue }: Session, view: string): Promise<boolean> {
  for (const { event } of catalogue.topologies.filter((topology) => topology.view.name === view)) {
    const topic = await log.findTopic(catalogue.topicOf(event))
    if (topic === null) continue
    const progress = await log.groupProgress(engineGroup(topic.name), topic)
    if (progress.some(({ offset }) => offset > 0)) return true
  }
  return false
}
