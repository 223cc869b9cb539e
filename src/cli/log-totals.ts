import { engineGroup } from '../runtime/live-views.ts'
import type { Session } from './session.ts'

/** Readings that the topologies have processed, and rows that they have written, since the log began. */
export interface LogTotals {
  readonly readings: number
  readonly rows: number
}

export async function logTotals({ log, catalogue }: Session): Promise<LogTotals> {
  let readings = 0
  for (const event of catalogue.events) {
    const topic = await log.findTopic(catalogue.topicOf(event))
    if (topic === null) continue
    for (const { offset } of await log.groupProgress(engineGroup(topic.name), topic)) readings += offset
  }
  let rows = 0
  for (const topic of await log.topics()) {
    if (!/^views\..+\.g\d+$/.test(topic.name)) continue
    for (let partition = 0; partition < topic.partitions; partition++) rows += (await log.bounds(topic, partition)).end
  }
  return { readings, rows }
}
