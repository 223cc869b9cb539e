import { camelCase } from '../core/naming.ts'
import { type AvroType, avroType, isUnion, type SchemaField, type SchemaJson, type SchemaObject } from './avro-schema.ts'
import { planOf } from './event-plan.ts'
import type { EventType } from './event-type.ts'
import type { PlannedField } from './planned-field.ts'
import type { Reading } from './reading.ts'
import { checkReading, type Values } from './reading-check.ts'
import { WIRE_HEADER_BYTES, writeWireHeader } from './wire-format.ts'

export interface ReadingEncoder<R extends Reading> {
  /**
   * The record's value: wire header and Avro body. Owned by the caller. Throws WR_READING_..., naming the field, for a reading
   * that a decoder would refuse; -0 is written as 0, an absent optional field as null.
   */
  encode(reading: R): Uint8Array
}

const SLAB_BYTES = 64 * 1024

/** Encodes readings of an event under the id that the registry gave to `event.schema`. */
export function readingEncoder<R extends Reading>(event: EventType<R>, schemaId: number): ReadingEncoder<R> {
  const plan = planOf(event)
  const type = camelCaseType(plan.schema)
  const numbers = plan.fields.filter(isFloating)
  const coordinates = plan.location.filter(isFloating)
  let slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
  let used = 0

  const write = (value: Values): Uint8Array => {
    const end = used + WIRE_HEADER_BYTES <= slab.byteLength ? type.encode(value, slab, used + WIRE_HEADER_BYTES) : -SLAB_BYTES
    if (end < 0) {
      // `end` is minus the bytes that were missing. Records share a slab so that small ones cost no allocation of their own.
      slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, slab.byteLength - end + WIRE_HEADER_BYTES))
      used = 0
      return write(value)
    }
    writeWireHeader(slab, used, schemaId)
    const record = new Uint8Array(slab.buffer, slab.byteOffset + used, end - used)
    used = end
    return record
  }

  return {
    encode(reading) {
      checkReading(plan, reading)
      const values = reading as unknown as Values
      return write(positiveZeros(positiveZeros(values, numbers), coordinates, 'location'))
    },
  }
}

function isFloating({ wire }: PlannedField): boolean {
  return wire === 'double' || wire === 'float'
}

/** The same values, or a copy with 0 for -0: which of the two zeros a sum or a minimum gives must not depend on the order of readings. */
function positiveZeros(values: Values, fields: readonly PlannedField[], nested?: string): Values {
  const inner = nested === undefined ? values : (values[nested] as Values)
  if (!fields.some(({ name }) => Object.is(inner[name], -0))) return values
  const copy: Record<string, unknown> = { ...inner }
  for (const { name } of fields) if (copy[name] === 0) copy[name] = 0
  return nested === undefined ? copy : { ...values, [nested]: copy }
}

/** The bytes of a record do not depend on the names of its fields, so that avsc can write our objects without a copy. */
function camelCaseType(schema: SchemaObject): AvroType {
  return avroType(camelCaseFields(schema))
}

function camelCaseFields(schema: SchemaJson): SchemaJson {
  if (typeof schema === 'string') return schema
  if (isUnion(schema)) return schema.map(camelCaseFields)
  if (schema.fields === undefined) return schema
  const fields = schema.fields.map((field: SchemaField) => ({
    name: camelCase(field.name),
    type: camelCaseFields(field.type),
    ...('default' in field ? { default: field.default } : {}),
  }))
  return { ...schema, fields }
}
