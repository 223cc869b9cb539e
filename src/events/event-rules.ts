import { type ErrorDetails, WindrowError } from '../core/errors.ts'
import { snakeCase } from '../core/naming.ts'
import { logicalTypeOf, type SchemaField } from './avro-schema.ts'
import type { EventShape, FieldRole, PlannedField, WireType } from './planned-field.ts'

interface Requirement {
  readonly role: FieldRole
  readonly wire: WireType
  readonly nullable: boolean
  readonly logicalType: string | null
}

const required = (role: FieldRole, wire: WireType, logicalType: string | null = null, nullable = false): Requirement => ({
  role,
  wire,
  nullable,
  logicalType,
})

const COMMON_FIELDS: Readonly<Record<string, Requirement>> = {
  timestamp: required('timestamp', 'long', 'timestamp-millis'),
  interval_minutes: required('intervalMinutes', 'int'),
  location: required('location', 'record'),
  revised_at: required('revisedAt', 'long', 'timestamp-millis', true),
  ingested_at: required('ingestedAt', 'long', 'timestamp-millis'),
  data_origin: required('dataOrigin', 'string'),
}

const LOCATION_FIELDS: Readonly<Record<string, { readonly wire: WireType; readonly nullable: boolean }>> = {
  city: { wire: 'string', nullable: true },
  country: { wire: 'string', nullable: true },
  latitude: { wire: 'double', nullable: true },
  longitude: { wire: 'double', nullable: true },
  time_zone: { wire: 'string', nullable: false },
}

const PAYLOAD_TYPES: ReadonlySet<string> = new Set(['double', 'float', 'int', 'long', 'boolean', 'string', 'enum'])

export function roleOf(shape: EventShape, field: string): FieldRole {
  const common = COMMON_FIELDS[field]
  if (field === shape.keyField) return 'key'
  if (shape.subKeyFields.includes(field)) return 'subKey'
  return common === undefined ? 'payload' : common.role
}

export function checkField(shape: EventShape, field: PlannedField, role: FieldRole, attributes: SchemaField | undefined): void {
  if (snakeCase(field.name) !== field.field) {
    throw eventSchemaError(shape, field.field, {
      message: `cannot be told from "${snakeCase(field.name)}" once written in camelCase`,
      remedy: `Name it "${snakeCase(field.name)}".`,
    })
  }
  const common = COMMON_FIELDS[field.field]
  if (common !== undefined && common.role !== role) {
    throw eventSchemaError(shape, field.field, {
      message: 'is one of the common fields and cannot be the key or a part of the sub-key',
      remedy: 'Choose another field.',
    })
  }
  if (role === 'payload') {
    if (!PAYLOAD_TYPES.has(field.wire)) throw unsupported(shape, field.field, field.wire)
  } else if (role === 'key') {
    expect(shape, field, { wire: 'string', nullable: false })
  } else if (role === 'subKey') {
    if (field.wire !== 'string' && field.wire !== 'enum')
      throw wrongType(shape, field.field, 'string or enum, or either with null')
  } else if (common !== undefined) {
    expect(shape, field, common)
    const logicalType = attributes === undefined ? null : logicalTypeOf(attributes.type)
    if (logicalType !== common.logicalType) throw wrongType(shape, field.field, describe(common))
  }
}

export function checkPresence(shape: EventShape, fields: readonly PlannedField[]): void {
  for (const needed of [shape.keyField, ...shape.subKeyFields, ...Object.keys(COMMON_FIELDS)]) {
    if (fields.some(({ field }) => field === needed)) continue
    const common = COMMON_FIELDS[needed]
    throw eventSchemaError(shape, needed, {
      message: 'is missing',
      remedy:
        common === undefined
          ? `Add the field "${needed}", or name another as key or sub-key.`
          : `Add it as ${describe(common)}; \`commonFields\` has all the common fields ready.`,
    })
  }
}

/** Two sub-keys must never have the same text. */
export function checkSubKey(shape: EventShape, fields: readonly PlannedField[]): void {
  const early = fields.slice(0, -1).find(({ nullBranch }) => nullBranch >= 0)
  if (early === undefined) return
  throw eventSchemaError(shape, early.field, {
    message: 'may be null, though another field of the sub-key follows it',
    remedy: 'Let only the last field of the sub-key be null.',
  })
}

export function checkLocation(shape: EventShape, fields: readonly PlannedField[]): void {
  for (const field of fields) {
    const wanted = LOCATION_FIELDS[field.field]
    const name = `location.${field.field}`
    if (wanted === undefined) {
      throw eventSchemaError(shape, name, {
        message: 'is unknown',
        remedy: `Let location have exactly the fields ${Object.keys(LOCATION_FIELDS).join(', ')}.`,
      })
    }
    expect(shape, { ...field, field: name }, wanted)
  }
  for (const needed of Object.keys(LOCATION_FIELDS)) {
    if (fields.some(({ field }) => field === needed)) continue
    throw eventSchemaError(shape, `location.${needed}`, { message: 'is missing', remedy: 'Add it; `commonFields` has it ready.' })
  }
}

function expect(shape: EventShape, field: PlannedField, wanted: { readonly wire: WireType; readonly nullable: boolean }): void {
  if (field.wire === wanted.wire && field.nullBranch >= 0 === wanted.nullable) return
  throw wrongType(shape, field.field, describe({ logicalType: null, ...wanted }))
}

function describe(wanted: Pick<Requirement, 'wire' | 'nullable' | 'logicalType'>): string {
  const logical = wanted.logicalType === null ? '' : ` (${wanted.logicalType})`
  return `${wanted.wire}${logical}${wanted.nullable ? ', in a union with null' : ', not null'}`
}

export function wrongType(shape: EventShape, field: string, wanted: string): WindrowError {
  return eventSchemaError(shape, field, { message: 'has the wrong type', remedy: `Make it ${wanted}.` })
}

export function unsupported(shape: EventShape, field: string, type: string): WindrowError {
  return eventSchemaError(shape, field, {
    message: `has the type ${type}, which a reading cannot hold`,
    remedy: 'Use double, float, int, long, boolean, string or enum, each alone or in a union with null.',
  })
}

export function eventSchemaError(shape: EventShape, field: string | null, details: ErrorDetails): WindrowError {
  const what = field === null ? `The schema of the event "${shape.name}"` : `The field "${field}" of the event "${shape.name}"`
  return new WindrowError('WR_EVENT_SCHEMA', {
    ...details,
    message: `${what} ${details.message}.`,
    kind: 'usage',
    facts: { event: shape.name, field },
  })
}
