import { isWindrowError } from '../../core/errors.ts'
import { afterPrefix } from '../../kv/bytes.ts'
import type { KeyValueStore } from '../../kv/port.ts'
import type { Log, Topic } from '../../log/port.ts'
import type { ViewReplay } from '../../views/views-replays.ts'
import { STATES, StateFiles } from '../state-files.ts'

/** The group in which a replay reads a topic of readings. */
export function replayGroup(id: string, topic: string): string {
  return `replay.${id}.${topic}`
}

const GROUP = /^replay\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(.+)$/

/** The groups in which the replay reads, without those of others that it is to remove. */
export function groupsOf({ id, groups }: Pick<ViewReplay, 'id' | 'groups'>): readonly string[] {
  return groups.filter((group) => GROUP.exec(group)?.[1] === id)
}

/** The topic of readings that a replay's group reads; null where there is none any more. */
export async function topicOfGroup(log: Log, group: string): Promise<Topic | null> {
  const name = GROUP.exec(group)?.[2]
  return name === undefined ? null : log.findTopic(name)
}

/** Forgets the progress of groups. Gives those for which it is too early: on Kafka one that was killed keeps its place for a while. */
export async function removeGroups(log: Log, groups: Iterable<string>): Promise<readonly string[]> {
  const left: string[] = []
  for (const group of groups) {
    const topic = await topicOfGroup(log, group)
    if (topic === null) continue
    try {
      await log.resetGroup(group, topic)
    } catch (error) {
      if (!isWindrowError(error, 'WR_GROUP_ACTIVE')) throw error
      left.push(group)
    }
  }
  return left
}

const utf8 = new TextEncoder()
const text = new TextDecoder()

/** Removes what the tasks of replays have saved here, but for replays of these ids. */
export async function removeStates(kv: KeyValueStore, kept: ReadonlySet<string>): Promise<void> {
  let start: Uint8Array<ArrayBufferLike> = utf8.encode(`${STATES}replay.`)
  const end = afterPrefix(start)
  for (;;) {
    const [key] = kv.keys({ start, end, limit: 1 })
    if (key === undefined) return
    const name = text.decode(key.subarray(STATES.length, key.indexOf(0)))
    const id = GROUP.exec(name)?.[1]
    if (id !== undefined && !kept.has(id)) await new StateFiles(kv, name).remove()
    start = afterPrefix(key.slice(0, key.indexOf(0) + 1))
  }
}
