import { messageOf } from '../core/errors.ts'
import { camelCase } from '../core/naming.ts'
import {
  type AvroRecordType,
  type AvroType,
  avroRecordType,
  branchesOf,
  canonicalForm,
  isRecordType,
  isUnion,
  isUnionType,
  type SchemaField,
  type SchemaObject,
  symbolsOf,
} from './avro-schema.ts'
import {
  checkField,
  checkLocation,
  checkPresence,
  checkSubKey,
  eventSchemaError,
  roleOf,
  unsupported,
  wrongType,
} from './event-rules.ts'
import type { EventType } from './event-type.ts'
import type { EventPlan, EventShape, FieldRole, PlannedEventField, PlannedField, WireType } from './planned-field.ts'
import { ROW_PAYLOAD } from './reading-batch.ts'

const plans = new WeakMap<EventType, EventPlan>()

/** The plan of an event made by `defineEvent`; made once an event. */
export function planOf(event: EventType): EventPlan {
  let plan = plans.get(event)
  if (plan === undefined) {
    plan = planEvent(event)
    plans.set(event, plan)
  }
  return plan
}

/** Takes a schema apart and checks it. Throws WR_EVENT_SCHEMA that names the field and says what to do. */
export function planEvent(shape: EventShape): EventPlan {
  const { schema, type } = parseSchema(shape, shape.schema)
  const attributes = new Map((schema.fields ?? []).map((field) => [field.name, field]))
  let column = ROW_PAYLOAD
  const planned = type.fields.map(({ name, type: fieldType }): PlannedEventField => {
    const field = planField(shape, attributes.get(name), name, fieldType)
    const role = roleOf(shape, field.field)
    checkField(shape, field, role, attributes.get(name))
    return { ...field, role, column: role === 'payload' ? column++ : -1 }
  })
  checkPresence(shape, planned)
  const location = planLocation(shape, type, attributes.get('location'))
  const fields = inLayoutOrder(shape, planned)
  checkSubKey(
    shape,
    fields.filter(({ role }) => role === 'subKey'),
  )
  const layout = parseSchema(shape, JSON.stringify({ ...schema, fields: fields.map(({ field }) => attributes.get(field)) }))
  return {
    name: shape.name,
    schema,
    layout: layout.schema,
    canonicalLayout: canonicalForm(layout.type),
    keyName: camelCase(shape.keyField),
    fields,
    location,
    width: column,
  }
}

const LAYOUT: readonly FieldRole[] = [
  'key',
  'subKey',
  'timestamp',
  'intervalMinutes',
  'location',
  'revisedAt',
  'ingestedAt',
  'dataOrigin',
  'payload',
]

/** The key, the sub-key as declared, the common fields, the payload as in the schema. */
function inLayoutOrder(shape: EventShape, fields: readonly PlannedEventField[]): readonly PlannedEventField[] {
  const place = ({ role, field }: PlannedEventField): number => LAYOUT.indexOf(role) * 1000 + shape.subKeyFields.indexOf(field)
  return [...fields].sort((a, b) => place(a) - place(b))
}

function parseSchema(shape: EventShape, text: string): { schema: SchemaObject; type: AvroRecordType } {
  try {
    const schema = JSON.parse(text) as SchemaObject
    return { schema, type: avroRecordType(schema) }
  } catch (cause) {
    throw eventSchemaError(shape, null, {
      message: `is not a usable Avro record: ${messageOf(cause)}`,
      remedy:
        'Give an Avro record schema, as an object or as JSON text, with the fields in the order: key, sub-key, common fields, payload.',
      cause,
    })
  }
}

function planField(shape: EventShape, attributes: SchemaField | undefined, field: string, type: AvroType): PlannedField {
  const branches = branchesOf(type)
  const nullBranch = branches.findIndex((branch) => branch.typeName === 'null')
  const value = branches.find((branch) => branch.typeName !== 'null')
  const isUnion = isUnionType(type)
  if (value === undefined || branches.length !== (isUnion ? 2 : 1) || (isUnion && nullBranch < 0)) {
    throw unsupported(shape, field, branches.map((branch) => branch.typeName).join(' | '))
  }
  return {
    field,
    name: camelCase(field),
    wire: value.typeName as WireType,
    nullBranch: nullBranch as -1 | 0 | 1,
    symbols: symbolsOf(value),
    unit: typeof attributes?.unit === 'string' ? attributes.unit : null,
    minimum: boundOf(shape, field, attributes, 'minimum'),
    maximum: boundOf(shape, field, attributes, 'maximum'),
    doc: typeof attributes?.doc === 'string' ? attributes.doc : '',
  }
}

function boundOf(
  shape: EventShape,
  field: string,
  attributes: SchemaField | undefined,
  name: 'minimum' | 'maximum',
): number | null {
  const bound = attributes?.[name]
  if (bound === undefined) return null
  if (typeof bound === 'number' && Number.isFinite(bound)) return bound
  throw eventSchemaError(shape, field, {
    message: `has a ${name} that is no number`,
    remedy: 'Give a number, in the unit of the field.',
  })
}

function planLocation(shape: EventShape, type: AvroRecordType, attributes: SchemaField | undefined): readonly PlannedField[] {
  const location = type.field('location').type
  if (!isRecordType(location)) throw wrongType(shape, 'location', 'a record')
  const inner = new Map((definitionOf(attributes)?.fields ?? []).map((field) => [field.name, field]))
  const fields = location.fields.map((field) => planField(shape, inner.get(field.name), field.name, field.type))
  checkLocation(shape, fields)
  return fields
}

function definitionOf(field: SchemaField | undefined): SchemaObject | null {
  return field === undefined || typeof field.type === 'string' || isUnion(field.type) ? null : field.type
}
