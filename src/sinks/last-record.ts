import { createHash } from 'node:crypto'
import type { RecordBatch } from '../core/record-block.ts'
import type { Log, Topic } from '../log/port.ts'

/** By which a log is known again that was put back to an older state, and has since grown past where a store is. */
export interface LastRecord {
  readonly offset: number
  /** Of its key and value. */
  readonly hash: string
}

/** Null where there are none. */
export function lastRecordOf(records: RecordBatch): LastRecord | null {
  return records.count === 0 ? null : recordAt(records, records.count - 1)
}

/** Whether the log has another record there, or none between others: of a compacted topic it may have been forgotten. A place that cannot be read says nothing. */
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
  const from = valueStart[i] as number
  const value = from < 0 ? null : bytes.subarray(from, valueEnd[i])
  return { offset: offsets[i] as number, hash: recordHash(bytes.subarray(keyStart[i], keyEnd[i]), value) }
}

/** `7:0123…`, as stores keep it. */
export function lastRecordText(last: LastRecord | null): string | null {
  return last === null ? null : `${last.offset}:${last.hash}`
}

/** Null for what is none, as of earlier versions. */
export function parseLastRecord(text: unknown): LastRecord | null {
  const found = typeof text === 'string' ? /^(\d+):([0-9a-f]+)$/.exec(text) : null
  return found === null ? null : { offset: Number(found[1]), hash: found[2] as string }
}

/** `key` as it is in the log, or its text. */
export function recordHash(key: Uint8Array | string, value: Uint8Array | null): string {
  // What is no value differs from one that is empty.
  const hash = createHash('sha256')
    .update(key)
    .update(value === null ? 'none' : 'value')
  return hash
    .update(value ?? '')
    .digest('hex')
    .slice(0, 32)
}
