import { readLatest } from '../log/latest-records.ts'
import type { Log } from '../log/port.ts'
import { VIEWS_CURRENT_TOPIC } from '../views/views-current.ts'
import { VIEWS_REPLAYS_TOPIC, viewsReplays } from '../views/views-replays.ts'
import { engineGroup } from './engine-group.ts'
import { removeGroups } from './replay/replay-groups.ts'

export interface ResetResult {
  readonly deletedTopics: readonly string[]
  readonly resetGroups: readonly string[]
}

/**
 * Forgets every view and how far the topologies have come, so that the next run builds all views from the start of the log. The
 * readings stay. WR_GROUP_ACTIVE while a runner is at work. No replay may be.
 */
export async function resetViews(log: Log, readingTopics: readonly string[]): Promise<ResetResult> {
  const resetGroups: string[] = []
  for (const name of readingTopics) {
    const topic = await log.findTopic(name)
    if (topic === null) continue
    await log.resetGroup(engineGroup(name), topic)
    resetGroups.push(engineGroup(name))
  }
  await removeGroups(
    log,
    [...(await readLatest(log, viewsReplays)).values()].flatMap(({ groups }) => groups),
  )
  const about = new Set([VIEWS_CURRENT_TOPIC, VIEWS_REPLAYS_TOPIC])
  const deletedTopics: string[] = []
  for (const { name } of await log.topics()) {
    if (!about.has(name) && !/^views\..+\.g\d+$/.test(name)) continue
    await log.deleteTopic(name)
    deletedTopics.push(name)
  }
  return { deletedTopics, resetGroups }
}
