import { messageOf, WindrowError } from '../core/errors.ts'
import { avroRecordType, isRecordType, isUnion, logicalTypeOf, type SchemaField, type SchemaJson } from './avro-schema.ts'
import { planOf } from './event-plan.ts'
import type { EventType } from './event-type.ts'
import { writerSchema } from './writer-schemas.ts'

/** One registered version of a subject. */
export interface RegisteredVersion {
  readonly version: number
  readonly id: number
  /** JSON text of the Avro schema. */
  readonly schema: string
}

/** What registering needs of a schema registry. */
export interface EventRegistry {
  register(subject: string, schema: string): Promise<number>
  versions(subject: string): Promise<readonly RegisteredVersion[]>
}

/**
 * Checks that the present schema reads what every registered version wrote (backward compatible, transitively), in the same units and
 * precision of time. Throws WR_SCHEMA_INCOMPATIBLE naming the subject, the version and the field.
 */
export function assertReadable(subject: string, versions: readonly RegisteredVersion[], event: EventType): void {
  const plan = planOf(event)
  for (const { version, schema } of versions) {
    const refuse = (field: string | null, problem: string, cause?: unknown): WindrowError =>
      incompatible({ subject, version, event, field, problem, cause })
    try {
      // The same that the decoder does, so that what passes here can be decoded.
      writerSchema(plan, schema)
    } catch (cause) {
      const field = unreadableField(event, schema)
      const problem = field === null ? `${messageOf(cause)}` : `the field ${field} has changed so that old records do not fit it`
      throw refuse(field, problem, cause)
    }
    const change = changedMeaning(plan.schema, JSON.parse(schema) as SchemaJson)
    if (change !== null) throw refuse(change.field, `the field ${change.field} ${change.problem}`)
  }
}

/** Checks the event's schema against all registered versions of the topic's values and registers it. Returns its id. */
export async function registerEvent(registry: EventRegistry, topic: string, event: EventType): Promise<number> {
  const subject = `${topic}-value`
  assertReadable(subject, await registry.versions(subject), event)
  return registry.register(subject, event.schema)
}

interface Incompatibility {
  readonly subject: string
  readonly version: number
  readonly event: EventType
  readonly field: string | null
  readonly problem: string
  readonly cause: unknown
}

function incompatible({ subject, version, event, field, problem, cause }: Incompatibility): WindrowError {
  return new WindrowError('WR_SCHEMA_INCOMPATIBLE', {
    message: `The present schema of ${event.name} readings cannot read version ${version} of ${subject}: ${problem}.`,
    remedy:
      'Give a new field a default, keep the type and unit of an old one (or widen the type), name a changed one anew, or publish the changed readings to a topic of their own.',
    kind: 'usage',
    facts: { subject, version, field, event: event.name },
    cause,
  })
}

type RecordType = ReturnType<typeof avroRecordType>

/** The path of the first field of the event that records of the schema cannot fill, null where the reason is another. */
function unreadableField(event: EventType, schema: string): string | null {
  try {
    return unreadableIn(avroRecordType(planOf(event).schema), avroRecordType(JSON.parse(schema) as SchemaJson))
  } catch {
    // Text that is no record schema has no field to name; the reason is in the error's cause.
    return null
  }
}

function unreadableIn(reader: RecordType, writer: RecordType): string | null {
  const written = new Map(writer.fields.map((field) => [field.name, field]))
  for (const { name, type, defaultValue, aliases } of reader.fields) {
    const old = [name, ...aliases].map((candidate) => written.get(candidate)).find((field) => field !== undefined)
    if (old === undefined) {
      if (defaultValue() === undefined) return name
      continue
    }
    try {
      type.createResolver(old.type)
    } catch {
      // Which field it is, is all that is asked here; the reason is in the error's cause.
      const nested = isRecordType(type) && isRecordType(old.type) ? unreadableIn(type, old.type) : null
      return nested === null ? name : `${name}.${nested}`
    }
  }
  return null
}

interface ChangedMeaning {
  readonly field: string
  readonly problem: string
}

/** A field whose numbers have the same type as before but mean something else. */
function changedMeaning(present: SchemaJson, old: SchemaJson): ChangedMeaning | null {
  const before = new Map(fieldsOf(old).map((field) => [field.name, field]))
  for (const field of fieldsOf(present)) {
    const was = before.get(field.name)
    if (was === undefined) continue
    if (typeof was.unit === 'string' && was.unit !== field.unit) {
      return { field: field.name, problem: `was in ${was.unit}, now it is ${unitText(field.unit)}` }
    }
    const time = logicalTypeOf(was.type)
    if (time !== null && time !== logicalTypeOf(field.type)) {
      return { field: field.name, problem: `was a ${time}, now it is ${logicalTypeOf(field.type) ?? 'none'}` }
    }
    const nested = changedMeaning(field.type, was.type)
    if (nested !== null) return { field: `${field.name}.${nested.field}`, problem: nested.problem }
  }
  return null
}

function unitText(unit: unknown): string {
  return typeof unit === 'string' ? `in ${unit}` : 'without unit'
}

function fieldsOf(schema: SchemaJson): readonly SchemaField[] {
  return typeof schema === 'string' || isUnion(schema) ? [] : (schema.fields ?? [])
}
