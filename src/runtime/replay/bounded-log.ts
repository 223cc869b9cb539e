import type { RecordBatch } from '../../core/record-block.ts'
import { indexOfOffset, sliceBatch } from '../../core/slice-batch.ts'
import type { Log, LogReader, Topic } from '../../log/port.ts'

export interface ReadBound {
  /** No record at or beyond this offset is given. */
  readonly end: number
  /** At this offset the reader says once that there is no more for now, so that what was read before is committed by itself. */
  readonly mark: number
  /** Called when the mark is before the end and all before it has been committed. */
  readonly onMark: () => void
  /** Called with what a read has given, before whoever reads gets it. */
  readonly onRead: (batch: RecordBatch) => void
  /** Called when the reader waits for more and there is none: all before the end has been read, and taken. */
  readonly onEnd: () => void
}

/** The log as it was when its readers were at `end`: who waits for more there is told that it is over. Only its readers may be used. */
export function boundedLog(log: Log, { end, mark, onMark, onRead, onEnd }: ReadBound): Log {
  const reader = (topic: Topic, partition: number, from?: number): LogReader => {
    const inner = log.reader(topic, partition, from)
    let mayGo: 'to the mark' | 'on' | 'to the end' = 'to the mark'
    let rest: RecordBatch | null = null
    const position = (): number => (rest === null ? inner.position : (rest.offsets[0] as number))
    return {
      get position() {
        return position()
      },
      async next(maxBytes) {
        if (position() >= end) return null
        if (mayGo === 'to the mark' && position() >= mark) {
          mayGo = 'on'
          return null
        }
        if (mayGo === 'on') {
          mayGo = 'to the end'
          onMark()
        }
        const whole: RecordBatch | null = rest ?? (await inner.next(maxBytes))
        rest = null
        if (whole === null) return null
        const limit = mayGo === 'to the end' ? end : Math.min(mark, end)
        const count = indexOfOffset(whole, limit)
        if (limit < end && count < whole.count) rest = sliceBatch(whole, count, whole.count)
        const batch = sliceBatch(whole, 0, count)
        onRead(batch)
        return batch
      },
      async whenMore(signal) {
        if (position() >= end) onEnd()
        // Short of it there is more to come: the end was committed by somebody who had read up to there.
        else if (mayGo !== 'on') await inner.whenMore(signal)
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
