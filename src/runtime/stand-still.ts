import type { Clock } from '../core/clock.ts'
import { untilAnyAborts } from '../core/until-any-aborts.ts'
import type { Generations } from './generations.ts'

/** So long a task stands still at most for a replay that is about to hand over. */
const MOST_MS = 5_000

export interface StandStillOptions {
  readonly generations: Generations
  /** The name of the task's event. */
  readonly event: string
  readonly replay: string
  readonly clock: Clock
  readonly stop: AbortSignal
}

/** Waits until the replay does not wait for the tasks of the event any more, for some seconds at most, or until `stop` aborts. */
export async function standStill({ generations, event, replay, clock, stop }: StandStillOptions): Promise<void> {
  const end = clock.monotonic() + MOST_MS
  while (!stop.aborted && generations.handoverOf(event) === replay) {
    const leftMs = end - clock.monotonic()
    if (leftMs <= 0) return
    await untilAnyAborts([stop, generations.changed], (signal) => clock.sleep(leftMs, signal))
  }
}
