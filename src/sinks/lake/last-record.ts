import { createHash } from 'node:crypto'
import type { RecordBatch } from '../../core/record-block.ts'
import type { Log, Topic } from '../../log/port.ts'

/** By which a log is known again that was put back to an older state, and has since grown past where a lake is. */
export interface LastRecord {
  readonly offset: number
  /** Of its key and value. */
  readonly hash: string
}

/** Null where there are none. */
export function lastRecordOf(records: RecordBatch): LastRecord | null {
  return records.count === 0 ? null : recordAt(records, records.count - 1)
}

/** Whether the log has another record there, or none in between of others. A place that cannot be read says nothing. */
export async function isOtherRecord(log: Log, topic: Topic, partition: number, last: LastRecord): Promise<boolean> {
  const { start, end } = await log.bounds(topic, partition)
  if (last.offset < start || last.offset >= end) return false
  const reader = log.reader(topic, partition, last.offset)
  try {
    const records = await reader.next(1)
    if (records === null || records.count === 0) return false
    const { offset, hash } = recordAt(records, 0)
    return offset !== last.offset || hash !== last.hash
  } finally {
    await reader.close()
  }
}

function recordAt({ bytes, keyStart, keyEnd, valueStart, valueEnd, offsets }: RecordBatch, i: number): LastRecord {
  const hash = createHash('sha256').update(bytes.subarray(keyStart[i], keyEnd[i]))
  const from = valueStart[i] as number
  // What is no value differs from one that is empty.
  hash.update(from < 0 ? 'none' : 'value').update(from < 0 ? '' : bytes.subarray(from, valueEnd[i]))
  return { offset: offsets[i] as number, hash: hash.digest('hex').slice(0, 32) }
}
