import type { Reading } from './reading.ts'

/** number: binary64 or null. flag: 1, 0 or null. text: an index into the batch's dictionary, or null. */
export type PayloadKind = 'number' | 'flag' | 'text'

/** A field of a reading beyond those that every reading has. */
export interface PayloadColumn {
  /** camelCase */
  readonly name: string
  /** snake_case, as in the schema. */
  readonly field: string
  readonly kind: PayloadKind
  readonly unit: string | null
  /** The least and greatest value that is physically possible, inclusive; null where the schema says none. */
  readonly minimum: number | null
  readonly maximum: number | null
  readonly doc: string
}

/** A kind of reading: its schema, its topic and what identifies one. Made by `defineEvent`. */
export interface EventType<R extends Reading = Reading> {
  /** For instance `air`. */
  readonly name: string
  /** The topic's name unless configured otherwise, for instance `air.readings`. */
  readonly defaultTopic: string
  /** The JSON text of the Avro schema that this version writes. */
  readonly schema: string
  /** snake_case field that is the record's key, for instance `station_id`. */
  readonly keyField: string
  /**
   * snake_case text fields whose non-null values, joined by `/`, are the sub-key; empty when the key and the time identify a
   * reading. They are not among the payload columns.
   */
  readonly subKeyFields: readonly string[]
  /** In the schema's order, without the key, the sub-key fields and the common fields. */
  readonly payload: readonly PayloadColumn[]
  /** Carries the TypeScript type only. */
  readonly reading?: R
}
