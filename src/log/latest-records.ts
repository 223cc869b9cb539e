import { keyText, type RecordBatch, valueBytes } from '../core/record-block.ts'
import type { WireRecords } from '../events/wire-record.ts'
import type { Log } from './port.ts'

/** A small compacted topic of one partition whose records all fit into memory. */
export interface LatestRecords<T> {
  readonly topic: string
  readonly records: WireRecords<T>
}

/** The last record of each key, by key; none where there is no such topic. */
export async function readLatest<T>(log: Log, { topic: name, records }: LatestRecords<T>): Promise<Map<string, T>> {
  const latest = new Map<string, T>()
  const topic = await log.findTopic(name)
  if (topic === null) return latest
  const reader = log.reader(topic, 0)
  try {
    for (let batch = await reader.next(); batch !== null; batch = await reader.next()) await take(log, records, batch, latest)
    return latest
  } finally {
    await reader.close()
  }
}

/**
 * Calls `onLatest` for the last record of each key, then for every change, one after another, until the signal aborts. The topic is made
 * where it is missing. A key that is gone says nothing.
 */
export async function followLatest<T>(
  log: Log,
  { topic: name, records }: LatestRecords<T>,
  signal: AbortSignal,
  onLatest: (record: T) => Promise<void> | void,
): Promise<void> {
  const topic = await log.ensureTopic({ name, partitions: 1, cleanup: 'compact' })
  const reader = log.reader(topic, 0)
  try {
    while (!signal.aborted) {
      const latest = new Map<string, T>()
      for (let batch = await reader.next(); batch !== null; batch = await reader.next()) await take(log, records, batch, latest)
      for (const record of latest.values()) await onLatest(record)
      await reader.whenMore(signal)
    }
  } finally {
    await reader.close()
  }
}

async function take<T>(log: Log, records: WireRecords<T>, batch: RecordBatch, latest: Map<string, T>): Promise<void> {
  for (let i = 0; i < batch.count; i++) {
    const value = valueBytes(batch, i)
    if (value === null) latest.delete(keyText(batch, i))
    else latest.set(keyText(batch, i), await records.decode(value, (id) => log.registry.schemaById(id)))
  }
}
