import type { SchemaField, SchemaJson, SchemaObject } from '../../src/events/avro-schema.ts'
import type { EventType } from '../../src/events/event-type.ts'

/** What Telegraf makes of a field's values. */
export type TelegrafType = 'float' | 'integer' | 'boolean' | 'string'

export interface TelegrafField {
  readonly name: string
  readonly type: TelegrafType
}

/** The schema by which Telegraf reads the records of one topic. */
export interface TelegrafSchema {
  readonly json: string
  /** All of a reading, those of its place too. */
  readonly fields: readonly TelegrafField[]
}

/** The zero byte and the four of the schema id before the Avro body. */
const HEAD = { name: 'head', type: { type: 'fixed', name: 'Head', size: 5 } } as const

/**
 * An event's schema as Telegraf's parser needs it, of the same bytes. The head is a field: with a static schema the parser does not take it
 * off. Times are plain longs: of `timestamp-millis` it makes none. Fields of a nested record stand where the record stood: its unions are
 * told from records by nothing. And without docs, since it parses the schema anew for every record.
 */
export function telegrafSchema(event: EventType): TelegrafSchema {
  const { name, fields } = JSON.parse(event.schema) as { name: string; fields: readonly SchemaField[] }
  const flat = fields.flatMap(flatField)
  const twice = flat.find((field, i) => flat.findIndex((other) => other.name === field.name) !== i)
  if (twice !== undefined) throw new Error(`${name} has two fields ${twice.name} when its place is taken apart`)
  return {
    json: JSON.stringify({ type: 'record', name, fields: [HEAD, ...flat] }),
    fields: flat.map((field) => ({ name: field.name, type: telegrafType(field) })),
  }
}

function flatField({ name, type }: SchemaField): SchemaField[] {
  const nested = isObject(type) && type.type === 'record' ? type.fields : undefined
  return nested === undefined ? [{ name, type: plainType(type) }] : nested.flatMap(flatField)
}

function plainType(type: SchemaJson): SchemaJson {
  if (Array.isArray(type)) return type.map(plainType)
  return isObject(type) && typeof type.type === 'string' ? type.type : type
}

function isObject(type: SchemaJson): type is SchemaObject {
  return typeof type === 'object' && !Array.isArray(type)
}

const types: Readonly<Record<string, TelegrafType>> = {
  double: 'float',
  float: 'float',
  long: 'integer',
  int: 'integer',
  boolean: 'boolean',
  string: 'string',
}

function telegrafType({ name, type }: SchemaField): TelegrafType {
  const branches = (Array.isArray(type) ? type : [type]).filter((branch: SchemaJson) => branch !== 'null')
  const [branch] = branches
  const found = branches.length === 1 && typeof branch === 'string' ? types[branch] : undefined
  if (found === undefined) throw new Error(`Telegraf makes no field of ${name}: it is ${JSON.stringify(type)}`)
  return found
}
