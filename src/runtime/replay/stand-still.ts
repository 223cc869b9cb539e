import type { Clock } from '../../core/clock.ts'
import type { Log, Topic } from '../../log/port.ts'
import { engineGroup } from '../engine-group.ts'
import { parseTaskProgress } from '../task-progress.ts'

export interface StandStillOptions {
  readonly log: Log
  readonly clock: Clock
  readonly signal: AbortSignal
  /** The tasks commit it when they stand still. */
  readonly request: string
  readonly topics: readonly Topic[]
  readonly isRunning: (topic: Topic) => Promise<boolean>
}

/** A task that is busy, or asleep, is not waited for longer: it reads again what it misses, which only takes longer. */
const PATIENCE_MS = 3_000
const LOOK_MS = 10

/** Waits until the tasks of all partitions say that they stand still, as far as there are any. */
export async function untilStandingStill(options: StandStillOptions): Promise<void> {
  const { clock, signal, topics, isRunning } = options
  const end = clock.monotonic() + PATIENCE_MS
  for (const topic of topics) {
    if (!(await isRunning(topic))) continue
    while (clock.monotonic() < end && !(await standStill(options, topic))) {
      await clock.sleep(LOOK_MS, signal)
      signal.throwIfAborted()
    }
  }
}

async function standStill({ log, request }: StandStillOptions, topic: Topic): Promise<boolean> {
  const progress = await log.groupProgress(engineGroup(topic.name), topic)
  const standing = progress.filter(({ metadata }) => parseTaskProgress(metadata).stoodStillFor === request)
  return standing.length === topic.partitions
}
