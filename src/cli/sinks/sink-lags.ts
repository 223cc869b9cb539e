import type { Sink } from '../../sinks/sink.ts'
import type { Session } from '../session.ts'

/** How a store stands to the topic of one of its views. */
export interface ViewLag {
  readonly view: string
  /** Changes that the log has and the store does not. */
  readonly lag: number
  /** The store was written further than the log goes. */
  readonly isAhead: boolean
}

/** How far a store has each of its views that is built. Nothing is made or written. */
export async function sinkLags({ log, catalogue, topicOfView }: Session, sink: Sink): Promise<ViewLag[]> {
  const lags: ViewLag[] = []
  for (const view of catalogue.views.filter(({ stores }) => stores.includes(sink.store))) {
    const topic = await topicOfView(view)
    if (topic === null) continue
    const written = await sink.progress(view, topic)
    let [lag, isAhead] = [0, false]
    for (let partition = 0; partition < topic.partitions; partition++) {
      const { start, end } = await log.bounds(topic, partition)
      const offset = written[partition] ?? 0
      lag += Math.max(0, end - Math.max(start, offset))
      isAhead ||= offset > end
    }
    lags.push({ view: view.name, lag, isAhead })
  }
  return lags
}
