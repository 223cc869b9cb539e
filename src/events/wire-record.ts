import { messageOf, WindrowError } from '../core/errors.ts'
import { camelCase, snakeCase } from '../core/naming.ts'
import { avroRecordType, type SchemaJson } from './avro-schema.ts'
import { schemaIdOf, WIRE_HEADER_BYTES, writeWireHeader } from './wire-format.ts'

/** How records of one small topic are written and read: one Avro schema, in the Confluent wire format. */
export interface WireRecords<T> {
  /** The schema as JSON text, to be registered. */
  readonly schema: string
  /** `schemaId` is the id that the schema was registered with. */
  encode(record: T, schemaId: number): Uint8Array
  /** Also of an older writer. `schemaOf` gives the text of the writer's schema, null when nobody knows it. */
  decode(bytes: Uint8Array, schemaOf: (id: number) => Promise<string | null>): Promise<T>
}

/** What is said of bytes that are no such record. */
export interface UnreadableRecord {
  readonly code: WindrowError['code']
  /** That has the records. */
  readonly topic: string
  readonly remedy: string
}

/** `T` has the fields of the schema in camelCase. */
export function wireRecords<T>(schema: SchemaJson, { code, topic, remedy }: UnreadableRecord): WireRecords<T> {
  const unreadable = (why: string, cause?: unknown): WindrowError =>
    new WindrowError(code, { message: `a record of ${topic} cannot be read: ${why}`, remedy, cause })
  const ownType = avroRecordType(schema)
  return {
    schema: JSON.stringify(schema),
    encode(record, schemaId) {
      const body = ownType.toBuffer(renamed(record, snakeCase))
      const bytes = new Uint8Array(WIRE_HEADER_BYTES + body.byteLength)
      writeWireHeader(bytes, 0, schemaId)
      bytes.set(body, WIRE_HEADER_BYTES)
      return bytes
    },
    async decode(bytes, schemaOf) {
      const id = schemaIdOf(bytes)
      if (id < 0) throw unreadable('it is not in the Confluent wire format')
      const written = await schemaOf(id)
      if (written === null) throw unreadable(`the registry does not know schema ${id}`)
      try {
        const writer = avroRecordType(JSON.parse(written) as SchemaJson)
        const body = Buffer.from(bytes.buffer, bytes.byteOffset + WIRE_HEADER_BYTES, bytes.byteLength - WIRE_HEADER_BYTES)
        return renamed(ownType.fromBuffer(body, ownType.createResolver(writer)), camelCase) as T
      } catch (error) {
        throw unreadable(messageOf(error), error)
      }
    },
  }
}

/** The same value with other names of its fields, also of the records within. */
function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [rename(name), renamed(field, rename)]))
}
