import { isWindrowError, messageOf } from '../core/errors.ts'
import { type ProduceOptions, type ProduceSummary, produce } from './produce.ts'
import type { ProgressDisplay } from './progress.ts'
import { addCounts, noCounts } from './publish-counts.ts'
import type { Rhythm } from './rhythm.ts'
import type { Source } from './source.ts'

export interface FleetMember {
  readonly source: Source
  /** Null: one poll. */
  readonly rhythm: Rhythm | null
}

export interface FleetOptions extends Omit<ProduceOptions, 'source' | 'rhythm' | 'continuous' | 'progress'> {
  readonly members: readonly FleetMember[]
  /** A display for each member. */
  readonly progress?: (() => ProgressDisplay) | undefined
  /** Called when a member has ended and will not be tried again, the others being at work or not. */
  readonly onFailed?: ((source: Source, error: unknown) => void) | undefined
  readonly onEnded?: ((source: Source) => void) | undefined
}

/**
 * Publishes what several sources say, each in its own rhythm and with its own right to publish, so that one that is slow, hangs or fails
 * holds back no other. Resolves with the sums when all have ended. Throws the first error of a member that ended with one, after
 * the others have ended.
 */
export async function produceAll(options: FleetOptions): Promise<ProduceSummary> {
  const { members, progress, onFailed, onEnded, logger, ...shared } = options
  const total = { ...noCounts(), polls: 0, failures: 0 }
  const failures: unknown[] = []

  const runMember = async ({ source, rhythm }: FleetMember): Promise<void> => {
    try {
      const turn = rhythm === null ? {} : { continuous: true, rhythm }
      const summary = await produce({ ...shared, logger, source, progress: progress?.(), ...turn })
      addCounts(total, summary)
      total.polls += summary.polls
      total.failures += summary.failures
      onEnded?.(source)
    } catch (error) {
      failures.push(error)
      if (members.length > 1) {
        const code = isWindrowError(error) ? { code: error.code, remedy: error.remedy } : {}
        logger.error({ source: source.name, station: source.station, ...code }, `the source has ended: ${messageOf(error)}`)
      }
      onFailed?.(source, error)
    }
  }

  await Promise.all(members.map(runMember))
  if (failures.length > 0) throw failures[0]
  return { ...total, stopped: options.signal?.aborted === true }
}
