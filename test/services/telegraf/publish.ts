import { partitionOf } from '../../../src/core/murmur2.ts'
import { RecordBlockBuilder } from '../../../src/core/record-block.ts'
import type { EventType } from '../../../src/events/event-type.ts'
import type { Reading } from '../../../src/events/reading.ts'
import { readingEncoder } from '../../../src/events/reading-encoder.ts'
import { readingKey } from '../../../src/events/reading-key.ts'
import type { Log, Topic, Write } from '../../../src/log/port.ts'

/** A record of one key. */
export function recordOf(topic: Topic, key: string, value: Uint8Array | null): Write {
  const builder = new RecordBlockBuilder()
  builder.add(key, value)
  return { topic, partition: partitionOf(Buffer.from(key), topic.partitions), block: builder.build() }
}

/** Readings as records, in this order. */
export async function recordsOf<R extends Reading>(
  log: Log,
  event: EventType<R>,
  readings: readonly R[],
): Promise<readonly Write[]> {
  const topic = await log.findTopic(event.defaultTopic)
  if (topic === null) throw new Error(`${event.defaultTopic} is not there`)
  const encoder = readingEncoder(event, await log.registry.register(`${topic.name}-value`, event.schema))
  return readings.map((reading) => recordOf(topic, readingKey(event, reading), encoder.encode(reading)))
}
