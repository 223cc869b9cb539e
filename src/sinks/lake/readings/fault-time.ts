import { type AvroType, avroType, type SchemaJson } from '../../../events/avro-schema.ts'
import type { SchemaLookup } from '../../../events/reading-decoder.ts'
import { MAX_TIME, MIN_TIME } from '../../../events/reading-limits.ts'
import { schemaIdOf, WIRE_HEADER_BYTES } from '../../../events/wire-format.ts'

/** The event time of a record that is no usable reading, in milliseconds since the epoch; null where none can be read. */
export function faultTimes(schemas: SchemaLookup): (value: Uint8Array | null) => number | null {
  const types = new Map<number, AvroType | null>()
  const typeOf = (id: number): AvroType | null => {
    const known = types.get(id)
    if (known !== undefined) return known
    const text = schemas.lookup(id) ?? null
    const type = text === null ? null : parsed(text)
    types.set(id, type)
    return type
  }
  return (value) => {
    const id = value === null ? -1 : schemaIdOf(value)
    const type = id < 0 ? null : typeOf(id)
    if (value === null || type === null) return null
    const body = Buffer.from(value.buffer, value.byteOffset + WIRE_HEADER_BYTES, value.byteLength - WIRE_HEADER_BYTES)
    try {
      const { timestamp } = type.fromBuffer(body) as { readonly timestamp?: unknown }
      return typeof timestamp === 'number' && timestamp >= MIN_TIME && timestamp <= MAX_TIME ? timestamp : null
    } catch {
      // avsc reports every malformed body by throwing.
      return null
    }
  }
}

function parsed(schema: string): AvroType | null {
  try {
    return avroType(JSON.parse(schema) as SchemaJson)
  } catch {
    // No schema, which is why its records are no readings.
    return null
  }
}
