import { type RebuildOptions, type RebuiltView, rebuildViews } from '../../runtime/replay/rebuild.ts'
import type { Cut, CutView, ReadingOffsets } from './consistent-cut.ts'

export interface RebuiltCut {
  /** By view. */
  readonly views: ReadonlyMap<string, RebuiltView>
  /** Records read, and how long it took. */
  readonly records: number
  readonly seconds: number
  close(): Promise<void>
}

/** Rebuilds the views of a cut: those that stand at the same offsets, which nearly always are all, in one read of the log. */
export async function rebuildCut(
  options: Omit<RebuildOptions, 'topologies' | 'readingTopics' | 'upTo' | 'marks'>,
  { readingTopics, views }: Cut,
): Promise<RebuiltCut> {
  const groups = inGroups(views)
  const made = new Map<string, RebuiltView>()
  const closes: Array<() => Promise<void>> = []
  const close = async (): Promise<void> => {
    for (const each of closes) await each()
  }
  let [records, seconds] = [0, 0]
  try {
    for (const group of groups) {
      const rebuilt = await rebuildViews({
        ...options,
        topologies: group.flatMap(({ topologies }) => topologies),
        readingTopics,
        upTo: new Map(group.flatMap(({ upTo }) => [...upTo])),
        marks: new Map(group.flatMap(({ certain }) => [...certain])),
        memoryBytes: options.memoryBytes / groups.length,
      })
      closes.push(() => rebuilt.close())
      for (const [name, view] of rebuilt.views) made.set(name, view)
      records += rebuilt.offsets
      seconds += rebuilt.seconds
    }
    return { views: made, records, seconds, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** No two of a group say other offsets of the same event. */
function inGroups(views: readonly CutView[]): CutView[][] {
  const groups: CutView[][] = []
  const agree = (a: CutView, b: CutView): boolean => same(a.upTo, b.upTo) && same(a.certain, b.certain)
  for (const view of views) {
    const group = groups.find((members) => members.every((member) => agree(view, member)))
    if (group === undefined) groups.push([view])
    else group.push(view)
  }
  return groups
}

function same(a: ReadingOffsets, b: ReadingOffsets): boolean {
  return [...a].every(([event, offsets]) => offsets.join() === (b.get(event) ?? offsets).join())
}
