import type { Clock } from '../core/clock.ts'
import { isWindrowError, type WindrowError } from '../core/errors.ts'
import { assertSameShape, topicGone } from '../log/errors.ts'
import type { Log, Topic } from '../log/port.ts'

export interface WatchOptions {
  readonly log: Log
  readonly clock: Clock
  readonly topics: readonly Topic[]
  readonly stop: AbortSignal
  /** Called once a topic, when it is not any more what it was: deleted, made anew, or given more partitions. */
  readonly onChanged: (topic: Topic, now: Topic | null, error: WindrowError) => void
}

const LOOK_MS = 30_000

/** Looks at the topics of readings now and then: what happens to them while tasks read them shows in no partition of theirs. */
export async function watchTopics({ log, clock, topics, stop, onChanged }: WatchOptions): Promise<void> {
  const watched = new Set(topics)
  for (;;) {
    await clock.sleep(LOOK_MS, stop)
    if (stop.aborted) return
    for (const topic of watched) {
      try {
        const now = await log.findTopic(topic.name)
        const error = now?.id === topic.id ? changeOf(topic, now) : topicGone(topic)
        if (error === null) continue
        watched.delete(topic)
        onChanged(topic, now, error)
      } catch (error) {
        // A log that is away says nothing about its topics.
        if (!(isWindrowError(error) && error.canRetry)) throw error
      }
    }
  }
}

function changeOf(topic: Topic, now: Topic): WindrowError | null {
  try {
    assertSameShape(now, topic)
    return null
  } catch (error) {
    return error as WindrowError
  }
}
