import { partitionOf } from '../../core/murmur2.ts'
import { RecordBlockBuilder } from '../../core/record-block.ts'
import { deadLetterKey, encodeDeadLetter } from '../../events/dead-letter.ts'
import type { Write } from '../../log/port.ts'
import type { DeadLetterTopic } from '../../runtime/dead-letter-output.ts'
import type { RefusedRow } from '../../sinks/refused-row.ts'

/** The dead letter of a row that a store refuses, keyed by the record that the row came from. */
export function deadLetterOf(
  { sink, target, offset, key, value, code, message }: RefusedRow,
  { topic, schemaId }: DeadLetterTopic,
  at: number,
): Write {
  const origin = {
    kind: 'sink',
    sink,
    topic: target.topic.name,
    topicId: target.topic.id,
    partition: target.partition,
    offset,
  } as const
  const letter = { origin, line: null, code, message, key, value, valueLength: value?.byteLength ?? 0, at }
  const recordKey = new TextEncoder().encode(deadLetterKey(origin))
  const builder = new RecordBlockBuilder()
  builder.add(recordKey, encodeDeadLetter(letter, schemaId))
  return { topic, partition: partitionOf(recordKey, topic.partitions), block: builder.build() }
}
