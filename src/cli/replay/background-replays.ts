import type { ReplayRequest, StartedReplay } from '../../api/ports.ts'
import { isWindrowError, messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { Session } from '../session.ts'
import { buildViews } from './build-views.ts'

/** Replays that a process runs beside whatever else it does. */
export interface BackgroundReplays {
  /** Resolves when the replay has begun. WR_VIEW_UNKNOWN, and what `replayViews` rejects with until then. */
  start(request: ReplayRequest): Promise<StartedReplay>
  /** Ends what is under way, so that the next replay of the same views goes on with it, and waits for that. */
  end(): Promise<void>
}

export function backgroundReplays(session: Session, logger: Logger): BackgroundReplays {
  const ending = new AbortController()
  const underWay = new Set<Promise<void>>()

  const run = async (request: ReplayRequest, onBegun: (replay: StartedReplay) => void): Promise<void> => {
    const { signal } = ending
    let begun: StartedReplay | null = null
    try {
      await buildViews({
        session,
        logger,
        terminal: null,
        ...request,
        signal,
        onBegun: (replay) => {
          begun = replay
          logger.info(replay, 'a replay has begun')
          onBegun(replay)
        },
      })
      logger.info(begun ?? {}, 'the replay is done')
    } catch (error) {
      // Before it began, whoever asked for it is told.
      if (begun === null) throw error
      if (signal.aborted) logger.info(begun, 'the replay has been ended: the next one of the same views goes on with it')
      else logger.error({ ...failure(error), views: request.views }, `the replay has failed: ${messageOf(error)}`)
    }
  }

  return {
    start({ views, ...how }) {
      const { catalogue } = session
      return new Promise((resolve, reject) => {
        ending.signal.throwIfAborted()
        const names = catalogue.viewsNamed(views).map(({ name }) => name)
        const running = run({ views: names, ...how }, resolve)
          .catch(reject)
          .finally(() => underWay.delete(running))
        underWay.add(running)
      })
    },
    async end() {
      ending.abort()
      await Promise.all(underWay)
    },
  }
}

function failure(error: unknown): Readonly<Record<string, unknown>> {
  return isWindrowError(error) ? { code: error.code, remedy: error.remedy } : { err: error }
}
