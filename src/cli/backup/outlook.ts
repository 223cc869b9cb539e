import type { Config } from '../../config/load-config.ts'
import { isWindrowError } from '../../core/errors.ts'
import type { Log, Topic } from '../../log/port.ts'
import { currentViews } from '../../runtime/live-views.ts'
import type { ViewPosition } from '../../warehouse/backup/backup-manifest.ts'
import { mayHaveLog, withConfig } from '../session.ts'

/** What sinks do with a restored table as soon as they run. */
export type ViewOutlook =
  /** Goes on behind what is restored: so many changes. */
  | { readonly view: string; readonly next: 'goes on'; readonly behind: number }
  /** Is compared whole with its topic, because that is another one or an older state, and becomes what the topic says. */
  | { readonly view: string; readonly next: 'is compared'; readonly because: 'another topic' | 'the log is older' }
  /** The log has nothing of the view: all its rows would go, once the view is built. */
  | { readonly view: string; readonly next: 'is not in the log' }

export interface Outlook {
  readonly views: readonly ViewOutlook[]
  /** Why the log could not be asked; null where it was. */
  readonly unknown: string | null
}

/** Compares the positions of a backup with the log as it is now. Nothing is written. */
export async function outlookOf(config: Config, positions: readonly ViewPosition[]): Promise<Outlook> {
  if (!mayHaveLog(config)) {
    return { views: [], unknown: `there is no log in ${config.dataDir}, and KAFKA_BROKERS is not set` }
  }
  try {
    return await withConfig(config, async ({ log }) => ({ views: await viewOutlooks(log, positions), unknown: null }))
  } catch (error) {
    if (!isWindrowError(error)) throw error
    return { views: [], unknown: error.message }
  }
}

export async function viewOutlooks(log: Log, positions: readonly ViewPosition[]): Promise<ViewOutlook[]> {
  const current = await currentViews(log)
  return Promise.all(
    positions.map(async (position): Promise<ViewOutlook> => {
      const generation = current.get(position.view)
      const topic = generation === undefined ? null : await log.findTopic(generation.topic)
      return topic === null ? { view: position.view, next: 'is not in the log' } : outlook(log, topic, position)
    }),
  )
}

async function outlook(log: Log, topic: Topic, { view, topicId, nextOffsets }: ViewPosition): Promise<ViewOutlook> {
  if (topic.id !== topicId) return { view, next: 'is compared', because: 'another topic' }
  let behind = 0
  for (let partition = 0; partition < topic.partitions; partition++) {
    const { start, end } = await log.bounds(topic, partition)
    const offset = nextOffsets[partition] ?? 0
    if (offset > end) return { view, next: 'is compared', because: 'the log is older' }
    behind += end - Math.max(start, offset)
  }
  return { view, next: 'goes on', behind }
}

/** For people; a line where rows would go begins with a warning. */
export function outlookText({ views, unknown }: Outlook): string {
  if (unknown !== null) {
    return `The log could not be asked (${unknown}). Sinks make the tables as their log says: with an empty log, or another one, restored rows go.\n`
  }
  const behind = views.flatMap((each) => (each.next === 'goes on' ? [each.behind] : []))
  const compared = views.filter(({ next }) => next === 'is compared').map(({ view }) => view)
  const lost = views.filter(({ next }) => next === 'is not in the log').map(({ view }) => view)
  const lines = [
    ...(behind.length === 0
      ? []
      : [
          `Sinks go on with ${behind.length} views, ${behind.reduce((sum, each) => sum + each, 0).toLocaleString('en-US')} changes behind the log.`,
        ]),
    ...(compared.length === 0
      ? []
      : [`Sinks compare these whole with the log, which is another one or in an older state: ${compared.join(', ')}.`]),
    ...(lost.length === 0
      ? []
      : [
          `WARNING: the log has nothing of ${lost.join(', ')}. Restore the log first, or let no sink write here: it would make the tables as the log says.`,
        ]),
  ]
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}
