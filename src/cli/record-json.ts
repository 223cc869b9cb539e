import { messageOf } from '../core/errors.ts'
import { headersOf, keyText, type RecordBatch, valueBytes } from '../core/record-block.ts'
import {
  type AvroRecordType,
  avroRecordType,
  isUnion,
  logicalTypeOf,
  type SchemaField,
  type SchemaJson,
  type SchemaObject,
} from '../events/avro-schema.ts'
import { schemaIdOf, WIRE_HEADER_BYTES } from '../events/wire-format.ts'
import type { Log, Topic } from '../log/port.ts'
import { formatInstant } from '../views/instant.ts'

interface Reader {
  readonly type: AvroRecordType
  readonly schema: SchemaObject
}

/** Turns records of any topic into JSON that a person can read: times in ISO 8601, values by their writer's schema. */
export interface RecordPrinter {
  /** One record as an object for JSON. What cannot be decoded is given in base64, with the reason. */
  print(topic: Topic, partition: number, batch: RecordBatch, i: number): Promise<Readonly<Record<string, unknown>>>
}

export function recordPrinter(log: Log): RecordPrinter {
  const readers = new Map<number, Reader | null>()

  async function readerOf(id: number): Promise<Reader | null> {
    const known = readers.get(id)
    if (known !== undefined) return known
    const text = await log.registry.schemaById(id)
    const schema = text === null ? null : (JSON.parse(text) as SchemaObject)
    const reader = schema === null ? null : { schema, type: avroRecordType(schema) }
    readers.set(id, reader)
    return reader
  }

  async function decodedValue(bytes: Uint8Array): Promise<Readonly<Record<string, unknown>>> {
    const raw = { value: null, base64: Buffer.from(bytes).toString('base64') }
    const id = schemaIdOf(bytes)
    if (id < 0) return { ...raw, problem: 'not in the Confluent wire format' }
    try {
      const reader = await readerOf(id)
      if (reader === null) return { ...raw, problem: `the registry does not know schema ${id}` }
      const body = Buffer.from(bytes.buffer, bytes.byteOffset + WIRE_HEADER_BYTES, bytes.byteLength - WIRE_HEADER_BYTES)
      return { value: readable(reader.schema, reader.type.fromBuffer(body) as Readonly<Record<string, unknown>>) }
    } catch (error) {
      return { ...raw, problem: messageOf(error) }
    }
  }

  return {
    async print(topic, partition, batch, i) {
      const bytes = valueBytes(batch, i)
      const headers = headersOf(batch, i)
      return {
        topic: topic.name,
        partition,
        offset: batch.offsets[i],
        appended_at: formatInstant(batch.appendedAt[i] as number),
        key: keyText(batch, i),
        ...(Object.keys(headers).length === 0 ? {} : { headers }),
        ...(bytes === null ? { value: null, tombstone: true } : await decodedValue(bytes)),
      }
    },
  }
}

function readable(schema: SchemaObject, record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries((schema.fields ?? []).map((field) => [field.name, readableValue(field, record[field.name])]))
}

function readableValue(field: SchemaField, value: unknown): unknown {
  if (typeof value === 'number' && logicalTypeOf(field.type) === 'timestamp-millis') return formatInstant(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  const nested = nestedRecord(field.type)
  return nested !== null && typeof value === 'object' && value !== null
    ? readable(nested, value as Record<string, unknown>)
    : value
}

/** The definition of the record that a field holds, null where it holds none. */
function nestedRecord(type: SchemaJson): SchemaObject | null {
  if (typeof type === 'string') return null
  if (isUnion(type)) return type.map(nestedRecord).find((found) => found !== null) ?? null
  if (type.type === 'record') return type
  return typeof type.type === 'object' ? nestedRecord(type.type) : null
}
