import type { SchemaObject } from './avro-schema.ts'

/** The wire types that a field of a reading may have. */
export type WireType = 'double' | 'float' | 'int' | 'long' | 'boolean' | 'string' | 'enum' | 'record'

export type FieldRole =
  | 'key'
  | 'subKey'
  | 'timestamp'
  | 'intervalMinutes'
  | 'location'
  | 'revisedAt'
  | 'ingestedAt'
  | 'dataOrigin'
  | 'payload'

/** How one field stands on the wire, and what it is for. */
export interface PlannedField {
  /** snake_case, as in the schema. */
  readonly field: string
  /** camelCase */
  readonly name: string
  readonly wire: WireType
  /** Which branch of the union is null, -1 where there is no union. */
  readonly nullBranch: -1 | 0 | 1
  /** Of an enum, in the order of their numbers. */
  readonly symbols: readonly string[]
  readonly unit: string | null
  /** The least and greatest value that is physically possible, inclusive; null where the schema says none. */
  readonly minimum: number | null
  readonly maximum: number | null
  readonly doc: string
}

export interface PlannedEventField extends PlannedField {
  readonly role: FieldRole
  /** Place of a payload field in a row, else -1. */
  readonly column: number
}

/** An event's schema, taken apart once. */
export interface EventPlan {
  readonly name: string
  /** As the event's encoder writes. */
  readonly schema: SchemaObject
  /** The same with the fields in the order of `fields`: what can be decoded in place. The two are mostly the same. */
  readonly layout: SchemaObject
  /** Of the layout. Schemas of the same canonical form have the same bytes. */
  readonly canonicalLayout: string
  /** camelCase name of the key field. */
  readonly keyName: string
  /** The key, the sub-key in the order of its texts, the common fields, the payload. */
  readonly fields: readonly PlannedEventField[]
  /** The fields of the nested location, in the schema's order. */
  readonly location: readonly PlannedField[]
  /** Of a row of doubles. */
  readonly width: number
}

export interface EventShape {
  readonly name: string
  readonly schema: string
  readonly keyField: string
  readonly subKeyFields: readonly string[]
}
