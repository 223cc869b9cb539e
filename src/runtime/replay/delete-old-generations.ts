import type { Log } from '../../log/port.ts'
import { currentViews, viewTopicName } from '../live-views.ts'

export interface KeptGenerations {
  /** One that ceased to be current since then (ms since the epoch) is kept for the way back. */
  readonly since: number
  /** Ids of topics of other generations that somebody still needs. */
  readonly topics: ReadonlySet<string>
  /** Views that were replayed: of them there may be generations which never became current. */
  readonly replayed: Iterable<string>
}

/** Deletes the topics of generations that nobody needs: half-built ones, and all that were current once but for the last. */
export async function deleteOldGenerations(log: Log, kept: KeptGenerations): Promise<readonly string[]> {
  const current = await currentViews(log)
  const numbers = /\.g([1-9]\d*)$/
  const deleted: string[] = []
  const topics = await log.topics()
  for (const view of new Set([...current.keys(), ...kept.replayed])) {
    const now = current.get(view)
    const keptNumbers = new Set([
      now?.generation,
      now !== undefined && now.since >= kept.since ? now.previous?.generation : undefined,
    ])
    // The first of a new view is made by whoever starts to run it.
    if (now === undefined) keptNumbers.add(1)
    for (const { name, id } of topics) {
      const number = Number(numbers.exec(name)?.[1] ?? 0)
      if (name !== viewTopicName(view, number) || keptNumbers.has(number) || kept.topics.has(id)) continue
      await log.deleteTopic(name)
      deleted.push(name)
    }
  }
  return deleted
}
