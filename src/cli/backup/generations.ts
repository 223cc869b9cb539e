import type { Config } from '../../config/load-config.ts'
import { isWindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { ViewPosition } from '../../warehouse/backup/backup-manifest.ts'
import { mayHaveLog, withConfig } from '../session.ts'

const GENERATION = /\.g(\d+)$/

/** With the generations of the topics that the rows are from. A backup is one without them too: the log may be what is broken. */
export async function withGenerations(
  config: Config,
  views: readonly ViewPosition[],
  logger: Logger,
): Promise<readonly ViewPosition[]> {
  if (!mayHaveLog(config)) return views
  try {
    return await withConfig(config, async ({ log }) => {
      const topics = new Map((await log.topics()).map(({ id, name }) => [id, name]))
      return views.map((position) => {
        const found = GENERATION.exec(topics.get(position.topicId) ?? '')
        return { ...position, generation: found === null ? null : Number(found[1]) }
      })
    })
  } catch (error) {
    if (!isWindrowError(error)) throw error
    const { code, message } = error
    logger.warn({ code }, `the backup does not say of which generation the views are: ${message}`)
    return views
  }
}
