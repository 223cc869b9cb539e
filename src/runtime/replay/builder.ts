import { endsOf } from '../../log/ends-of.ts'
import type { Log, Topic } from '../../log/port.ts'
import { type BuildOrder, buildOrder, jobOf } from './build-order.ts'
import { startBuilding } from './building.ts'
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
  /** Commits what is pending. `isDone`: nothing is to be built any more. */
  stop(isDone: boolean): Promise<void>
  /** How far it has come, as committed. */
  offsets(): Promise<InputOffsets>
}

/** Other processes that take part in building. */
export interface BuildHelpers {
  /** At most so many processes build, this one included. */
  readonly workers: number
  /** They are started where more records than this are to be read; a million where it does not say. */
  readonly worthRecords?: number
  /** Starts so many, and waits for none: each joins when it is ready. */
  start(order: BuildOrder, count: number): Helping
}

export interface Helping {
  /** Throws the error of a task that failed in one of them. One that died is no error: the others have its partitions. */
  rethrow(): void
  /** Lets them commit what is pending, and resolves when all have ended. */
  stop(isDone: boolean): Promise<void>
}

/** So many records may be left when the tasks are asked to stand still: it takes the builder some milliseconds. */
const FEW = 2_000
const SOON_MS = 10

/** To begin costs another process about two seconds of CPU time: with fewer records than this one alone has done before it pays. */
const WORTH_HELP = 1_000_000

export async function startBuilder(
  options: ReplayOptions,
  plan: ReplayPlan,
  inputs: ReadonlyMap<string, Topic>,
): Promise<Builder> {
  const { log, clock, topologies, helpers } = options
  const groupOf = (topic: string): string => replayGroup(plan.id, topic)
  const left = async (): Promise<{ read: number; toRead: number }> => {
    const parts = await partsOf(log, inputs, groupOf)
    const toRead = parts.reduce((sum, { start, end }) => sum + end - start, 0)
    const read = parts.reduce((sum, { start, offset }) => sum + offset - start, 0)
    return { read: Math.min(read, toRead), toRead }
  }
  const workers = workersFor(helpers, await partsOf(log, inputs, groupOf))
  const order = buildOrder(plan, inputs, Math.floor(options.memoryBytes / workers))
  const own = await startBuilding(options, jobOf(order, topologies))
  const helping = workers > 1 ? helpers?.start(order, workers - 1) : undefined
  const rethrow = (): void => {
    own.rethrow()
    helping?.rethrow()
  }

  return {
    async untilCaughtUp(lookMs, onLook, signal) {
      for (;;) {
        rethrow()
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
        while (!(await offsetsOf(log, groupOf(topic.name), topic)).every((offset, p) => offset >= (ends[p] as number))) {
          rethrow()
          await clock.sleep(SOON_MS, signal)
          signal.throwIfAborted()
        }
      }
    },
    left,
    async stop(isDone) {
      await Promise.all([own.stop(isDone), helping?.stop(isDone)])
    },
    async offsets() {
      const found = new Map<string, readonly number[]>()
      for (const [event, topic] of inputs) found.set(event, await offsetsOf(log, groupOf(topic.name), topic))
      return found
    },
  }
}

/** A partition that is read, and how far its group has come in it. */
interface Part {
  readonly start: number
  readonly end: number
  readonly offset: number
}

async function partsOf(log: Log, inputs: ReadonlyMap<string, Topic>, groupOf: (topic: string) => string): Promise<Part[]> {
  const parts: Part[] = []
  for (const topic of inputs.values()) {
    const offsets = await offsetsOf(log, groupOf(topic.name), topic)
    for (const [partition, offset] of offsets.entries()) {
      const { start, end } = await log.bounds(topic, partition)
      parts.push({ start, end, offset: Math.max(start, offset) })
    }
  }
  return parts
}

/** How many processes build: no more than there are partitions with something to read, and one where that is little. */
function workersFor(helpers: BuildHelpers | undefined, parts: readonly Part[]): number {
  if (helpers === undefined) return 1
  const unread = parts.map(({ end, offset }) => Math.max(0, end - offset))
  const records = unread.reduce((sum, each) => sum + each, 0)
  if (records <= (helpers.worthRecords ?? WORTH_HELP)) return 1
  return Math.max(1, Math.min(helpers.workers, unread.filter((each) => each > 0).length))
}

async function offsetsOf(log: Log, group: string, topic: Topic): Promise<number[]> {
  const offsets = new Array<number>(topic.partitions).fill(0)
  for (const { partition, offset } of await log.groupProgress(group, topic)) offsets[partition] = offset
  return offsets
}
