import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { KeyValueStore } from '../../kv/port.ts'
import type { GroupMember, Log, Topic } from '../../log/port.ts'
import { fixedGenerations } from '../generations.ts'
import { Supervisor } from '../supervisor.ts'
import type { BuildJob } from './build-order.ts'
import { replayGroup } from './replay-groups.ts'

/** The part of a replay's building that this process has, while it has it. */
export interface Building {
  /** Throws the error of a task that failed. */
  rethrow(): void
  /** Commits what is pending and leaves the groups. `isDone`: all is built, so that nobody will go on from the local state. */
  stop(isDone: boolean): Promise<void>
}

export interface BuildingOptions {
  readonly log: Log
  /** For the local state of the tasks; null keeps all in memory. */
  readonly kv: KeyValueStore | null
  /** Minutes by event; an event that is not named takes readings of any age. */
  readonly allowedLatenessMinutes: ReadonlyMap<string, number>
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * A builder that was cut short reads the log again from its last checkpoint, without making rows, which takes about as long as the
 * checkpoints that a shorter distance would have needed.
 */
const CHECKPOINT_READINGS = 1_000_000

/** Takes part in building: joins the groups of the replay, and runs a task for each partition that it is given. */
export async function startBuilding(
  options: BuildingOptions,
  { order, topologies, events, targets }: BuildJob,
): Promise<Building> {
  let isOfUse = true
  const supervisor = new Supervisor({
    ...options,
    topologies,
    isStateOfUse: () => isOfUse,
    tuning: { checkpointReadings: CHECKPOINT_READINGS },
    generations: fixedGenerations(targets),
    // The live tasks have told of what cannot be used.
    deadLetters: null,
    // What is half built may be what fills it, while the live tasks wait for room.
    waitsForRoom: false,
    groupOf: (topic) => replayGroup(order.replay, topic),
    memoryBytes: order.memoryBytes,
  })
  const members: GroupMember[] = []
  const stop = async (isDone: boolean): Promise<void> => {
    isOfUse = !isDone
    await Promise.all(members.map((member) => member.leave()))
    await supervisor.stopAll()
  }
  try {
    for (const event of events) members.push(await supervisor.join(event, order.inputs.get(event.name) as Topic))
  } catch (error) {
    await stop(false)
    throw error
  }
  return { rethrow: () => supervisor.rethrow(), stop }
}
