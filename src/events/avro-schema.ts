import avro from 'avsc'

/** A parsed schema that reads and writes values. */
export type AvroType = avro.Type

export type AvroRecordType = avro.types.RecordType

/** A schema as JSON: a name, a union or a definition. */
export type SchemaJson = string | readonly SchemaJson[] | SchemaObject

export interface SchemaObject {
  readonly type?: SchemaJson
  readonly name?: string
  readonly fields?: readonly SchemaField[]
  readonly [attribute: string]: unknown
}

export interface SchemaField {
  readonly name: string
  readonly type: SchemaJson
  readonly unit?: unknown
  readonly doc?: unknown
  readonly default?: unknown
  readonly [attribute: string]: unknown
}

/** Logical types are left alone: times stay numbers of milliseconds. Throws what is wrong with the schema. */
export function avroType(schema: SchemaJson): AvroType {
  return avro.Type.forSchema(schema as unknown as Parameters<typeof avro.Type.forSchema>[0])
}

/** Throws what is wrong with the schema, also when it is no record. */
export function avroRecordType(schema: SchemaJson): AvroRecordType {
  const type = avroType(schema)
  if (!isRecordType(type)) throw new TypeError('the schema is not a record')
  return type
}

export function isRecordType(type: AvroType): type is AvroRecordType {
  return type.typeName === 'record'
}

export function isUnionType(type: AvroType): type is avro.types.UnwrappedUnionType {
  return type.typeName.startsWith('union:')
}

/** The types of a union, or the type alone. */
export function branchesOf(type: AvroType): readonly AvroType[] {
  return isUnionType(type) ? type.types : [type]
}

export function symbolsOf(type: AvroType): readonly string[] {
  return type.typeName === 'enum' ? (type as avro.types.EnumType).symbols : []
}

/** Two schemas of the same canonical form have the same bytes: it leaves out docs, defaults and attributes. */
export function canonicalForm(type: AvroType): string {
  return JSON.stringify(type.schema())
}

/** The `logicalType` of a field's type, or of the branch of its union that has one; null where there is none. */
export function logicalTypeOf(type: SchemaJson): string | null {
  if (typeof type === 'string') return null
  if (isUnion(type)) {
    for (const branch of type) {
      const logical = logicalTypeOf(branch)
      if (logical !== null) return logical
    }
    return null
  }
  if (typeof type.logicalType === 'string') return type.logicalType
  return typeof type.type === 'object' ? logicalTypeOf(type.type) : null
}

export function isUnion(type: SchemaJson): type is readonly SchemaJson[] {
  return Array.isArray(type)
}
