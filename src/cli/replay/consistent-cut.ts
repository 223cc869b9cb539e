import type { EventType } from '../../events/event-type.ts'
import { endsOf } from '../../log/ends-of.ts'
import type { GroupProgress, Log, Topic } from '../../log/port.ts'
import { rowsStand, tasksProgress } from '../../runtime/replay/rows-stand.ts'
import type { Topology } from '../../streams/topology.ts'
import type { View } from '../../views/view.ts'
import type { BuiltView } from './built-views.ts'

/** By event: an offset of each partition of its topic of readings, from partition 0. */
export type ReadingOffsets = ReadonlyMap<string, readonly number[]>

/** What is compared: views, and up to where. */
export interface Cut {
  /** By event. */
  readonly readingTopics: ReadonlyMap<string, Topic>
  readonly views: readonly CutView[]
}

export interface CutView {
  readonly view: View
  readonly topic: Topic
  readonly topologies: readonly Topology[]
  /** Of each partition of the view's topic: all before is made of all readings before `certain`, and of none beyond `upTo`. */
  readonly ends: readonly number[]
  readonly certain: ReadingOffsets
  readonly upTo: ReadingOffsets
}

export interface CutOptions {
  readonly log: Log
  readonly topologies: readonly Topology[]
  readonly topicOf: (event: EventType) => string
  readonly views: readonly BuiltView[]
}

/**
 * Where live views and readings fit each other while both go on. Ends are read first and progress after: rows and progress are committed
 * together, so rows before the ends are of readings before that progress. What it is ahead by is beyond the ends, where changes are allowed for.
 */
export async function consistentCut({ log, topologies, topicOf, views }: CutOptions): Promise<Cut> {
  const ends = new Map<View, readonly number[]>()
  for (const { view, topic } of views) ends.set(view, await endsOf(log, topic))
  const readingTopics = new Map<string, Topic>()
  const progress = new Map<string, readonly GroupProgress[]>()
  const makes = topologies.filter(({ view }) => ends.has(view))
  for (const event of new Set(makes.map((topology) => topology.event))) {
    const topic = await log.findTopic(topicOf(event))
    if (topic === null) continue
    readingTopics.set(event.name, topic)
    progress.set(event.name, await tasksProgress(log, topic))
  }
  return {
    readingTopics,
    views: views.map(({ view, topic, current }) => {
      const own = makes.filter((topology) => topology.view === view)
      const certain = new Map<string, readonly number[]>()
      const upTo = new Map<string, readonly number[]>()
      for (const { event } of own) {
        const readings = readingTopics.get(event.name)
        if (readings === undefined) continue
        const stand = rowsStand(current, readings, progress.get(event.name) ?? [])
        certain.set(event.name, stand.certain)
        upTo.set(event.name, stand.furthest)
      }
      return { view, topic, topologies: own, ends: ends.get(view) as readonly number[], certain, upTo }
    }),
  }
}
