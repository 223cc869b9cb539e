import { avroRecordType, avroType, canonicalForm, isUnion, type SchemaField, type SchemaJson } from './avro-schema.ts'
import type { EventPlan } from './planned-field.ts'

/** How records of one writer schema are read as the event's own schema. */
export interface WriterSchema {
  /** True when the bytes are in the event's layout, so that they can be read in place. */
  readonly isOwn: boolean
  /** The body in the event's layout, valid until the next call; null when it is malformed. */
  translate(body: Buffer): Uint8Array | null
}

/** Parses a registered schema. Throws when it is no schema, or when the event's schema cannot read what it writes. */
export function writerSchema(plan: EventPlan, schema: string): WriterSchema {
  const json = JSON.parse(schema) as SchemaJson
  if (canonicalForm(avroType(json)) === plan.canonicalLayout) return { isOwn: true, translate: (body) => body }
  refuseRepetition(json)
  // Texts are taken as bytes, which look the same on the wire: so no reader replaces what is not UTF-8 without a word.
  const writer = avroRecordType(textsAsBytes(json))
  const reader = avroRecordType(textsAsBytes(plan.layout))
  const resolver = reader.createResolver(writer)
  let scratch = Buffer.allocUnsafeSlow(1024)

  const encode = (value: unknown): Uint8Array => {
    const end = reader.encode(value, scratch, 0)
    if (end >= 0) return new Uint8Array(scratch.buffer, scratch.byteOffset, end)
    scratch = Buffer.allocUnsafeSlow(scratch.byteLength * 2 - end)
    return encode(value)
  }
  return {
    isOwn: false,
    translate(body) {
      try {
        return encode(reader.fromBuffer(body, resolver))
      } catch {
        // avsc reports every malformed body by throwing; the caller makes a fault of it.
        return null
      }
    },
  }
}

/** Arrays and maps say themselves how many items follow, so that a broken record could keep a reader busy for ever. */
function refuseRepetition(schema: SchemaJson): void {
  if (typeof schema === 'string') return
  if (isUnion(schema)) {
    for (const branch of schema) refuseRepetition(branch)
    return
  }
  if (schema.type === 'array' || schema.type === 'map') throw new TypeError(`the schema has a field of type ${schema.type}`)
  for (const field of schema.fields ?? []) refuseRepetition(field.type)
  if (typeof schema.type === 'object') refuseRepetition(schema.type)
}

function textsAsBytes(schema: SchemaJson): SchemaJson {
  if (typeof schema === 'string') return schema === 'string' ? 'bytes' : schema
  if (isUnion(schema)) return schema.map(textsAsBytes)
  const type = schema.type === undefined ? undefined : textsAsBytes(schema.type)
  const fields = schema.fields?.map(textFieldAsBytes)
  return { ...schema, ...(type === undefined ? {} : { type }), ...(fields === undefined ? {} : { fields }) }
}

function textFieldAsBytes(field: SchemaField): SchemaField {
  const type = textsAsBytes(field.type)
  const isText = JSON.stringify(type) !== JSON.stringify(field.type)
  if (!isText || typeof field.default !== 'string') return { ...field, type }
  // The default of a bytes field is written as one character a byte.
  return { ...field, type, default: Buffer.from(field.default, 'utf8').toString('latin1') }
}
