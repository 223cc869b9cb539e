import type { Log, Topic } from '../../log/port.ts'
import { currentViews } from '../../runtime/live-views.ts'
import type { Sink } from '../../sinks/sink.ts'
import type { View } from '../../views/view.ts'
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
export async function sinkLags({ log, catalogue }: Session, sink: Sink): Promise<ViewLag[]> {
  const current = await currentViews(log)
  const lags = catalogue.views
    .filter(({ stores }) => stores.includes(sink.store))
    .map(async (view) => {
      const generation = current.get(view.name)
      const topic = generation === undefined ? null : await log.findTopic(generation.topic)
      return topic === null ? null : lagOf(log, sink, view, topic)
    })
  return (await Promise.all(lags)).filter((lag) => lag !== null)
}

async function lagOf(log: Log, sink: Sink, view: View, topic: Topic): Promise<ViewLag> {
  const written = await sink.progress(view, topic)
  const bounds = await Promise.all(Array.from({ length: topic.partitions }, (_, partition) => log.bounds(topic, partition)))
  let [lag, isAhead] = [0, false]
  for (const [partition, { start, end }] of bounds.entries()) {
    const offset = written[partition] ?? 0
    lag += Math.max(0, end - Math.max(start, offset))
    isAhead ||= offset > end
  }
  return { view: view.name, lag, isAhead }
}
