import { keyText, valueBytes } from '../core/record-block.ts'
import type { Log, Topic } from '../log/port.ts'
import type { View } from '../views/view.ts'
import { type CurrentView, decodeCurrentView, VIEWS_CURRENT_TOPIC } from '../views/views-current.ts'

/** Which generation of each view is current, by the view's name. */
export async function currentViews(log: Log): Promise<ReadonlyMap<string, CurrentView>> {
  const found = new Map<string, CurrentView>()
  const topic = await log.findTopic(VIEWS_CURRENT_TOPIC)
  if (topic === null) return found
  for (let partition = 0; partition < topic.partitions; partition++) {
    const reader = log.reader(topic, partition)
    try {
      for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
        for (let i = 0; i < batch.count; i++) {
          const value = valueBytes(batch, i)
          if (value === null) found.delete(keyText(batch, i))
          else found.set(keyText(batch, i), await decodeCurrentView(value, (id) => log.registry.schemaById(id)))
        }
      }
    } finally {
      await reader.close()
    }
  }
  return found
}

/** The topic of the view's current generation, null while there is none. */
export async function currentTopic(log: Log, view: View): Promise<Topic | null> {
  const current = (await currentViews(log)).get(view.name)
  return current === undefined ? null : log.findTopic(current.topic)
}
