import type { Log, Topic } from '../log/port.ts'
import { currentViews } from '../runtime/live-views.ts'
import type { View } from '../views/view.ts'

/** The topic of the view's current generation, null while there is none. */
export async function currentTopic(log: Log, view: View): Promise<Topic | null> {
  const current = (await currentViews(log)).get(view.name)
  return current === undefined ? null : log.findTopic(current.topic)
}
