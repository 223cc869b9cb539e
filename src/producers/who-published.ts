import type { Log } from '../log/port.ts'
import { openTable, type Table, type TableOptions } from '../log/table.ts'
import { CURSORS_TOPIC } from './cursors.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** What the cursors tell of who has published into this log. */
export interface WhoPublished {
  /** Whether the source has ever published a reading into one of the topics. */
  hasPublished(source: string, topicIds: readonly string[]): boolean
  /** The sources other than `source`, of those named, that have published readings of the station into the topic. */
  others(source: string, among: readonly string[], topicId: string, station: string): readonly string[]
}

/** Reads the cursors up to now; null where nothing was ever published by a producer. */
export async function whoPublished(log: Log, kv: TableOptions['kv']): Promise<WhoPublished | null> {
  const topic = await log.findTopic(CURSORS_TOPIC)
  if (topic === null) return null
  const table = await openTable({ log, kv, topic })
  await table.catchUp()
  return {
    hasPublished: (source, topicIds) => topicIds.some((id) => hasKey(table, [source, id])),
    others: (source, among, topicId, station) =>
      among.filter((other) => other !== source && hasKey(table, [other, topicId, station])),
  }
}

/** Whether there is a key of four parts that begins with these: source, topic, station, day. */
function hasKey(table: Table, beginning: readonly string[]): boolean {
  const prefix = encoder.encode(`${JSON.stringify(beginning).slice(0, -1)},`)
  for (const { key } of table.entries(prefix)) {
    const parts: unknown = JSON.parse(decoder.decode(key))
    if (Array.isArray(parts) && parts.length === 4) return true
  }
  return false
}
