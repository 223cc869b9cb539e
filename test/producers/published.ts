import { keyText, valueBytes } from '../../src/core/record-block.ts'
import { avroType, type SchemaJson } from '../../src/events/avro-schema.ts'
import { DEAD_LETTERS_TOPIC, type DeadLetter, decodeDeadLetter } from '../../src/events/dead-letter.ts'
import type { EventType } from '../../src/events/event-type.ts'
import { WIRE_HEADER_BYTES } from '../../src/events/wire-format.ts'
import type { Log } from '../../src/log/port.ts'

/** A reading as it stands in the log. */
export interface LoggedReading {
  readonly key: string
  readonly timestamp: number
  readonly revised_at: number | null
  readonly ingested_at: number
  readonly [field: string]: unknown
}

interface Record {
  readonly key: string
  readonly value: Uint8Array
}

/** Every record of a topic, partition by partition. */
export async function recordsOf(log: Log, name: string): Promise<Record[]> {
  const topic = await log.findTopic(name)
  const records: Record[] = []
  for (let partition = 0; topic !== null && partition < topic.partitions; partition++) {
    const reader = log.reader(topic, partition)
    for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
      for (let i = 0; i < batch.count; i++)
        records.push({ key: keyText(batch, i), value: valueBytes(batch, i) ?? new Uint8Array(0) })
    }
    await reader.close()
  }
  return records
}

/** Every reading of an event's topic, in the order of each partition. */
export async function readingsIn(log: Log, event: EventType): Promise<LoggedReading[]> {
  const type = avroType(JSON.parse(event.schema) as SchemaJson)
  return (await recordsOf(log, event.defaultTopic)).map(({ key, value }) => {
    const reading = type.fromBuffer(Buffer.from(value.subarray(WIRE_HEADER_BYTES))) as object
    return { key, ...reading } as LoggedReading
  })
}

/** The latest revision of each reading, by identity: what every view is a function of. */
export function truthOf(readings: readonly LoggedReading[]): Map<string, LoggedReading> {
  const latest = new Map<string, LoggedReading>()
  for (const reading of readings) {
    const identity = JSON.stringify([reading.key, reading.series ?? '', reading.production_type ?? '', reading.timestamp])
    const before = latest.get(identity)
    if (before === undefined || (reading.revised_at ?? -Infinity) >= (before.revised_at ?? -Infinity))
      latest.set(identity, reading)
  }
  return latest
}

export async function deadLettersIn(log: Log): Promise<Array<DeadLetter & { readonly recordKey: string }>> {
  return (await recordsOf(log, DEAD_LETTERS_TOPIC)).map(({ key, value }) => ({ recordKey: key, ...decodeDeadLetter(value) }))
}
