import type { Schema } from 'ajv'

/** A series of an answer: of one type of consumption or production. */
export interface RteSeries {
  readonly type?: string
  readonly production_type?: string
  readonly production_subtype?: string
  /** Each is held against `RteValue` by itself. */
  readonly values?: readonly unknown[] | null
}

/** What is known of a value before it is looked at. */
export interface RteValue {
  readonly start_date?: unknown
  readonly end_date?: unknown
  readonly updated_date?: unknown
  readonly value?: unknown
}

/** The envelope of an answer whose series stand in `property` and are told apart by `label`. */
export function rteAnswerSchema(property: string, label: 'type' | 'production_type'): Schema {
  const series = {
    type: 'object',
    required: [label],
    properties: { [label]: { type: 'string', minLength: 1 }, values: { type: 'array', nullable: true } },
  }
  return { type: 'object', required: [property], properties: { [property]: { type: 'array', items: series } } }
}
