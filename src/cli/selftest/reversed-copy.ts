import { RecordBlockBuilder, valueBytes } from '../../core/record-block.ts'
import type { EventType } from '../../events/event-type.ts'
import { registerEvent } from '../../events/schema-evolution.ts'
import { writeWireHeader } from '../../events/wire-format.ts'
import type { Log, Topic } from '../../log/port.ts'
import type { Session } from '../session.ts'

/** Records appended at once. */
const BLOCK = 5_000

/** Appends every reading of `from` to the log of `to`, each partition from its last record to its first, every seventh twice. */
export async function copyReversed(from: Session, to: Session): Promise<void> {
  for (const event of from.catalogue.events) {
    const name = from.catalogue.topicOf(event)
    const source = await from.log.findTopic(name)
    if (source === null) continue
    const target = await to.log.ensureTopic({ name, partitions: source.partitions, cleanup: 'keep' })
    const schemaId = await registerEvent(to.log.registry, name, event as EventType)
    for (let partition = 0; partition < source.partitions; partition++) {
      const records = (await recordsOf(from.log, source, partition)).reverse()
      await appendAll(to.log, target, partition, records, schemaId)
    }
  }
}

interface KeyAndValue {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

async function recordsOf(log: Log, topic: Topic, partition: number): Promise<KeyAndValue[]> {
  const records: KeyAndValue[] = []
  const reader = log.reader(topic, partition)
  try {
    for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
      for (let i = 0; i < batch.count; i++) {
        const value = valueBytes(batch, i)
        if (value !== null) records.push({ key: batch.bytes.slice(batch.keyStart[i], batch.keyEnd[i]), value: value.slice() })
      }
    }
  } finally {
    await reader.close()
  }
  return records
}

async function appendAll(
  log: Log,
  topic: Topic,
  partition: number,
  records: readonly KeyAndValue[],
  schemaId: number,
): Promise<void> {
  const builder = new RecordBlockBuilder()
  for (const [i, { key, value }] of records.entries()) {
    // The other log's registry may have given the schema another id.
    writeWireHeader(value, 0, schemaId)
    builder.add(key, value)
    if (i % 7 === 0) builder.add(key, value)
    if (builder.count >= BLOCK) await log.append([{ topic, partition, block: builder.build() }])
  }
  if (builder.count > 0) await log.append([{ topic, partition, block: builder.build() }])
}
