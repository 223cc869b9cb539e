import type { Log } from '../../log/port.ts'
import { currentViews, viewTopicName } from '../live-views.ts'

/** Deletes the topics of generations that nobody needs: older than the one before the current, and that too where it ceased to be current before `keptSince` (ms). */
export async function deleteOldGenerations(log: Log, keptSince: number): Promise<readonly string[]> {
  const deleted: string[] = []
  const topics = new Set((await log.topics()).map(({ name }) => name))
  for (const { view, generation, previous, since } of (await currentViews(log)).values()) {
    const kept = new Set([generation])
    if (previous !== null && since >= keptSince) kept.add(previous.generation)
    const newest = Math.max(generation, previous?.generation ?? 0)
    for (let number = 1; number <= newest; number++) {
      const name = viewTopicName(view, number)
      if (kept.has(number) || !topics.has(name)) continue
      await log.deleteTopic(name)
      deleted.push(name)
    }
  }
  return deleted
}
