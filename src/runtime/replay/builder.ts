import type { EventType } from '../../events/event-type.ts'
import { endsOf } from '../../log/ends-of.ts'
import type { GroupMember, Topic } from '../../log/port.ts'
import { fixedGenerations } from '../generations.ts'
import { Supervisor } from '../supervisor.ts'
import { replayGroup } from './replay-groups.ts'
import type { ReplayPlan } from './replay-plan.ts'
import type { ReplayOptions } from './replay-views.ts'

/** Offsets by partition, by the name of the event. */
export type InputOffsets = ReadonlyMap<string, readonly number[]>

/** Runs the topologies of a plan in groups of their own, into the topics of the new generations. */
export interface Builder {
  /** Until little more than what came in meanwhile is left. Rejects with the error of a task that failed, and when the signal aborts. */
  untilCaughtUp(lookMs: number, onLook: (read: number, toRead: number) => Promise<void>, signal: AbortSignal): Promise<void>
  /** Until it has all that is in the log at the call: no row of any generation is made of more. */
  untilAtEnd(signal: AbortSignal): Promise<void>
  /** Records that have been read, and how many there are. */
  left(): Promise<{ readonly read: number; readonly toRead: number }>
  /** Commits what is pending. */
  stop(): Promise<void>
  /** How far it has come, as committed. */
  offsets(): Promise<InputOffsets>
}

/** So many records may be left when the tasks are asked to stand still: it takes the builder some milliseconds. */
const FEW = 2_000
const SOON_MS = 10

export async function startBuilder(
  options: ReplayOptions,
  plan: ReplayPlan,
  events: readonly EventType[],
  inputs: ReadonlyMap<string, Topic>,
): Promise<Builder> {
  const { log, clock } = options
  const targets = new Map(plan.views.map(({ target }) => [target.view.name, target]))
  const groupOf = (topic: string): string => replayGroup(plan.id, topic)
  const supervisor = new Supervisor({
    ...options,
    topologies: plan.views.flatMap(({ topologies }) => topologies),
    generations: fixedGenerations(targets),
    deadLetters: null,
    // What is half built may be what fills it, while the live tasks wait for room.
    waitsForRoom: false,
    groupOf,
  })
  const members: GroupMember[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(members.map((member) => member.leave()))
    await supervisor.stopAll()
  }
  try {
    for (const event of events) members.push(await supervisor.join(event, inputs.get(event.name) as Topic))
  } catch (error) {
    await stop()
    throw error
  }
  const offsetsOf = async (topic: Topic): Promise<number[]> => {
    const offsets = new Array<number>(topic.partitions).fill(0)
    for (const { partition, offset } of await log.groupProgress(groupOf(topic.name), topic)) offsets[partition] = offset
    return offsets
  }

  const left = async (): Promise<{ read: number; toRead: number }> => {
    let read = 0
    let toRead = 0
    for (const topic of inputs.values()) {
      const offsets = await offsetsOf(topic)
      for (let partition = 0; partition < topic.partitions; partition++) {
        const { start, end } = await log.bounds(topic, partition)
        read += Math.max(0, (offsets[partition] as number) - start)
        toRead += end - start
      }
    }
    return { read: Math.min(read, toRead), toRead }
  }

  return {
    async untilCaughtUp(lookMs, onLook, signal) {
      for (;;) {
        supervisor.rethrow()
        signal.throwIfAborted()
        const { read, toRead } = await left()
        await onLook(read, toRead)
        if (toRead - read <= FEW) return
        await clock.sleep(lookMs, signal)
      }
    },
    async untilAtEnd(signal) {
      for (const topic of inputs.values()) {
        const ends = await endsOf(log, topic)
        while (!(await offsetsOf(topic)).every((offset, p) => offset >= (ends[p] as number))) {
          supervisor.rethrow()
          await clock.sleep(SOON_MS, signal)
          signal.throwIfAborted()
        }
      }
    },
    left,
    stop,
    async offsets() {
      const found = new Map<string, readonly number[]>()
      for (const [event, topic] of inputs) found.set(event, await offsetsOf(topic))
      return found
    },
  }
}
