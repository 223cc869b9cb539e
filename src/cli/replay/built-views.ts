import type { Topic } from '../../log/port.ts'
import { currentViews } from '../../runtime/live-views.ts'
import type { View } from '../../views/view.ts'
import type { CurrentView } from '../../views/views-current.ts'
import type { Session } from '../session.ts'
import { viewNotBuilt } from '../view-not-built.ts'

/** A view with its current generation. */
export interface BuiltView {
  readonly view: View
  readonly topic: Topic
  readonly current: CurrentView
}

/** The views of these names, or all that are built. Throws WR_VIEW_EMPTY where a named one, or every one, has not been built. */
export async function builtViews({ log, catalogue }: Session, names: readonly string[]): Promise<BuiltView[]> {
  const wanted = catalogue.viewsNamed(names)
  const all = await currentViews(log)
  const built: BuiltView[] = []
  for (const view of wanted) {
    const current = all.get(view.name)
    const topic = current === undefined ? null : await log.findTopic(current.topic)
    if (current !== undefined && topic !== null && topic.id === current.topicId) built.push({ view, topic, current })
    else if (names.length > 0) throw viewNotBuilt(view)
  }
  const [first] = wanted
  if (built.length === 0 && first !== undefined) throw viewNotBuilt(first)
  return built
}
