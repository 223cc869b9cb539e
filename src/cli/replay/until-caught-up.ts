import type { Clock } from '../../core/clock.ts'
import { WindrowError } from '../../core/errors.ts'
import type { Topic } from '../../log/port.ts'
import type { Sink } from '../../sinks/sink.ts'
import type { View } from '../../views/view.ts'

export interface UntilCaughtUpOptions {
  readonly sink: Sink
  readonly view: View
  readonly topic: Topic
  /** Of each partition of the topic. */
  readonly ends: readonly number[]
  /** A store that has not come any further for so long is written by nobody. */
  readonly patienceMs: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** How often the store is asked how far it is. */
const LOOK_MS = 100

/** Waits until the store has the view up to the ends. WR_SINK_BEHIND where it gets no further. */
export async function untilCaughtUp(options: UntilCaughtUpOptions): Promise<void> {
  const { sink, view, topic, ends, patienceMs, clock, signal } = options
  let furthest = -1
  let deadline = clock.monotonic() + patienceMs
  for (;;) {
    signal.throwIfAborted()
    const progress = await sink.progress(view, topic)
    const lag = ends.reduce((sum, end, partition) => sum + Math.max(0, end - (progress[partition] ?? 0)), 0)
    if (lag === 0) return
    const done = progress.reduce((sum, offset) => sum + offset, 0)
    if (done > furthest) {
      furthest = done
      deadline = clock.monotonic() + patienceMs
    }
    if (clock.monotonic() >= deadline) throw behind(options, lag)
    await clock.sleep(LOOK_MS, signal)
  }
}

function behind({ sink, view, topic }: UntilCaughtUpOptions, lag: number): WindrowError {
  return new WindrowError('WR_SINK_BEHIND', {
    message: `${sink.name} lacks the last ${lag} changes of ${view.name}, and nobody writes them`,
    remedy: `Run \`windrow run --until-end --sinks ${sink.store}\` (or keep \`windrow start\` running), then compare again.`,
    facts: { sink: sink.name, view: view.name, topic: topic.name, lag },
  })
}
