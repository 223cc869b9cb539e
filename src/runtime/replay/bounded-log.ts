import type { RecordBatch } from '../../core/record-block.ts'
import { indexOfOffset, sliceBatch } from '../../core/slice-batch.ts'
import type { Log, LogReader, Topic } from '../../log/port.ts'

export interface ReadBound {
  /** No record at or beyond this offset is given. */
  readonly end: number
  /** Called with what a read has given, before whoever reads gets it. */
  readonly onRead: (batch: RecordBatch) => void
  /** Called when the reader waits for more and there is none: all before the end has been read, and taken. */
  readonly onEnd: () => void
}

/** The log as it was when its readers were at `end`: who waits for more there is told that it is over. Only its readers may be used. */
export function boundedLog(log: Log, { end, onRead, onEnd }: ReadBound): Log {
  const reader = (topic: Topic, partition: number, from?: number): LogReader => {
    const inner = log.reader(topic, partition, from)
    return {
      get position() {
        return inner.position
      },
      async next(maxBytes) {
        if (inner.position >= end) return null
        const whole = await inner.next(maxBytes)
        if (whole === null) return null
        const batch = sliceBatch(whole, 0, indexOfOffset(whole, end))
        onRead(batch)
        return batch
      },
      async whenMore(signal) {
        // Short of it there is more to come: the end was committed by somebody who had read up to there.
        if (inner.position < end) await inner.whenMore(signal)
        else onEnd()
      },
      close: () => inner.close(),
    }
  }
  return {
    backend: log.backend,
    registry: log.registry,
    reader,
    bounds: (topic, partition) => log.bounds(topic, partition),
    ensureTopic: refuse,
    findTopic: refuse,
    topics: refuse,
    deleteTopic: refuse,
    append: refuse,
    exclusiveWriter: refuse,
    joinGroup: refuse,
    groupProgress: refuse,
    resetGroup: refuse,
    compact: refuse,
    close: refuse,
  }
}

function refuse(): never {
  throw new TypeError('A log that is only read again was asked for something else.')
}
