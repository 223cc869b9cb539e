import type { Clock } from '../../core/clock.ts'
import type { KeyValueStore } from '../../kv/port.ts'
import type { Log } from '../../log/port.ts'
import type { ViewReplay } from '../../views/views-replays.ts'
import { deleteOldGenerations } from './delete-old-generations.ts'
import { noteBroughtUp } from './note-brought-up.ts'
import { groupsOf, removeGroups, removeStates } from './replay-groups.ts'

export interface CleanUpOptions {
  readonly log: Log
  readonly clock: Clock
  /** The local state; null: there is none. */
  readonly kv: KeyValueStore | null
  /** The last replay of each view, as told by now. */
  readonly replays: Iterable<ViewReplay>
  /** Those that are still gone on with. */
  readonly isNeeded: (replay: ViewReplay) => boolean
  /** Ids of topics that are kept in any case. */
  readonly targets: readonly string[]
  /** Groups of replays that are gone which could not be removed when they went. */
  readonly groups: readonly string[]
  /** A generation that ceased to be current before (ms since the epoch) is deleted. */
  readonly keptSince: number
}

/**
 * Removes what replays have left that nobody goes on with: their half-built generations, groups and local state. Gives the groups
 * for which it is too early. Ended anywhere, it is done again by the next replay, which is told by the records what there was.
 */
export async function cleanUp(options: CleanUpOptions): Promise<readonly string[]> {
  const { log, clock, kv, isNeeded, targets, keptSince } = options
  const replays = [...options.replays]
  const needed = replays.filter(isNeeded)
  await noteBroughtUp(
    log,
    clock,
    replays.filter((replay) => !isNeeded(replay)),
  )
  const topics = new Set([...targets, ...needed.map(({ topicId }) => topicId)])
  await deleteOldGenerations(log, { since: keptSince, topics, replayed: replays.map(({ view }) => view) })
  const kept = new Set(needed.map(({ id }) => id))
  if (kv !== null) await removeStates(kv, kept)
  const groups = new Set([...options.groups, ...replays.flatMap((replay) => replay.groups)])
  for (const replay of needed) for (const group of groupsOf(replay)) groups.delete(group)
  return removeGroups(log, groups)
}

/** One that was cut short: the next replay of the same views goes on with it. */
export function isUnfinished({ state }: ViewReplay): boolean {
  return state === 'building' || state === 'handover'
}
