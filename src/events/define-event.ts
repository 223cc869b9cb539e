import type { SnakeCase } from '../core/naming.ts'
import type { SchemaField } from './avro-schema.ts'
import { planEvent } from './event-plan.ts'
import type { EventType, PayloadColumn, PayloadKind } from './event-type.ts'
import type { PlannedEventField } from './planned-field.ts'
import type { Reading } from './reading.ts'

type TextFieldOf<R extends Reading> = SnakeCase<Exclude<keyof R & string, keyof Reading>>

export interface EventDeclaration<R extends Reading> {
  /** Short, for instance `air`. */
  readonly name: string
  /** The topic's name unless configured otherwise, for instance `air.readings`. */
  readonly topic: string
  /**
   * The Avro record schema, as an object or as JSON text. Decoding is fastest with the fields in the order: key, sub-key, the common
   * fields as in `commonFields`, payload. Beside `unit` and `doc`, a payload number may have `minimum` and `maximum` (inclusive): producers
   * dead-letter readings beyond them.
   */
  readonly schema: string | object
  /** snake_case field, a string and not null: the record's key. */
  readonly key: TextFieldOf<R>
  /** snake_case text fields, of which only the last may be null. Needed where key and time do not identify a reading. */
  readonly subKey?: ReadonlyArray<TextFieldOf<R>>
}

/**
 * Declares a kind of reading. Throws WR_EVENT_SCHEMA, naming the field, when the schema lacks a common field, has one of another
 * type, or has a payload field that is no double, float, int, long, boolean, string or enum (each alone or in a union with null).
 */
export function defineEvent<R extends Reading>(declaration: EventDeclaration<R>): EventType<R> {
  const given = typeof declaration.schema === 'string' ? declaration.schema : JSON.stringify(declaration.schema)
  const shape = { name: declaration.name, schema: given, keyField: declaration.key, subKeyFields: declaration.subKey ?? [] }
  const plan = planEvent(shape)
  return {
    name: shape.name,
    defaultTopic: declaration.topic,
    schema: JSON.stringify(plan.schema),
    keyField: shape.keyField,
    subKeyFields: [...shape.subKeyFields],
    payload: plan.fields.filter(({ role }) => role === 'payload').map(payloadColumn),
  }
}

function payloadColumn({ name, field, wire, unit, minimum, maximum, doc }: PlannedEventField): PayloadColumn {
  const kind: PayloadKind = wire === 'boolean' ? 'flag' : wire === 'string' || wire === 'enum' ? 'text' : 'number'
  return { name, field, kind, unit, minimum, maximum, doc }
}

const millis = { type: 'long', logicalType: 'timestamp-millis' }
const optional = (name: string, type: string, doc: string): SchemaField => ({ name, type: ['null', type], default: null, doc })

/** The fields that every reading has, to be put into the schema of an event of one's own (`fields: [key, ...commonFields, ...payload]`). */
export const commonFields: readonly SchemaField[] = [
  { name: 'timestamp', type: millis, unit: 'ms', doc: 'Start of the interval, UTC.' },
  { name: 'interval_minutes', type: 'int', unit: 'min', doc: 'Length of the interval in whole minutes, 1 to 1440.' },
  {
    name: 'location',
    type: {
      type: 'record',
      name: 'Location',
      fields: [
        optional('city', 'string', 'Name of the city.'),
        optional('country', 'string', 'Country, ISO 3166-1 alpha-2 where possible.'),
        { ...optional('latitude', 'double', 'Degrees north, WGS 84.'), unit: 'deg' },
        { ...optional('longitude', 'double', 'Degrees east, WGS 84.'), unit: 'deg' },
        { name: 'time_zone', type: 'string', doc: 'IANA time zone: decides to which local day a reading belongs.' },
      ],
    },
    doc: 'Where the reading was taken.',
  },
  {
    name: 'revised_at',
    type: ['null', millis],
    default: null,
    unit: 'ms',
    doc: 'When the value was revised; null for the first.',
  },
  { name: 'ingested_at', type: millis, unit: 'ms', doc: "The producer's clock when it published the reading." },
  { name: 'data_origin', type: 'string', doc: 'Who said it.' },
]
