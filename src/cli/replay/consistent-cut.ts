import type { EventType } from '../../events/event-type.ts'
import { endsOf } from '../../log/ends-of.ts'
import type { GroupProgress, Log, Topic } from '../../log/port.ts'
import { engineGroup } from '../../runtime/engine-group.ts'
import { parseTaskProgress } from '../../runtime/task-progress.ts'
import type { Topology } from '../../streams/topology.ts'
import type { View } from '../../views/view.ts'
import type { CurrentView } from '../../views/views-current.ts'
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
  /** Of each partition of the view's topic: all before is made of readings before `upTo`. */
  readonly ends: readonly number[]
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
    progress.set(event.name, await log.groupProgress(engineGroup(topic.name), topic))
  }
  return {
    readingTopics,
    views: views.map(({ view, topic, current }) => {
      const own = makes.filter((topology) => topology.view === view)
      const upTo = new Map<string, readonly number[]>()
      for (const { event } of own) {
        const readings = readingTopics.get(event.name)
        if (readings !== undefined) upTo.set(event.name, standsAt(current, event.name, readings, progress.get(event.name) ?? []))
      }
      return { view, topic, topologies: own, ends: ends.get(view) as readonly number[], upTo }
    }),
  }
}

/** What the rows of a view are made of: mostly all that was committed; another offset while its tasks turn to a new generation. */
function standsAt(
  { view, generation, inputs }: CurrentView,
  event: string,
  readings: Topic,
  progress: readonly GroupProgress[],
): number[] {
  const input = inputs.find((each) => each.event === event && each.topicId === readings.id)
  return Array.from({ length: readings.partitions }, (_, partition) => {
    const committed = progress.find((each) => each.partition === partition)
    const built = input?.offsets[partition] ?? null
    if (committed === undefined) return built ?? 0
    const { generations, behind } = parseTaskProgress(committed.metadata)
    const inLine = generations.get(view) ?? (committed.offset > 0 ? 1 : null)
    // A generation that was current before may have come back with more than the tasks have processed since.
    if (inLine === generation) return Math.max(committed.offset, built ?? 0)
    const own = behind.get(view)
    return own?.generation === generation ? own.offset : (built ?? committed.offset)
  })
}
