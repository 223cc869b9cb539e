import { messageOf, WindrowError } from '../core/errors.ts'
import { avroRecordType, type SchemaJson } from './avro-schema.ts'
import type { EventType } from './event-type.ts'

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
 * Checks that the present schema reads what every registered version wrote (backward compatible, transitively). Throws
 * WR_SCHEMA_INCOMPATIBLE naming the subject, the version and the field.
 */
export function assertReadable(subject: string, versions: readonly RegisteredVersion[], event: EventType): void {
  const reader = avroRecordType(JSON.parse(event.schema) as SchemaJson)
  for (const { version, schema } of versions) {
    const writer = avroRecordType(JSON.parse(schema) as SchemaJson)
    try {
      reader.createResolver(writer)
    } catch (cause) {
      const field = unreadableField(reader, writer)
      throw new WindrowError('WR_SCHEMA_INCOMPATIBLE', {
        message: `The present schema of ${event.name} readings cannot read version ${version} of ${subject}: ${
          field === null ? messageOf(cause) : `the field ${field} has changed so that old records do not fit it`
        }.`,
        remedy:
          'Give a new field a default, keep the type of an old one or widen it, or publish the changed readings to a topic of their own.',
        kind: 'usage',
        facts: { subject, version, field, event: event.name },
        cause,
      })
    }
  }
}

/** Checks the event's schema against all registered versions of the topic's values and registers it. Returns its id. */
export async function registerEvent(registry: EventRegistry, topic: string, event: EventType): Promise<number> {
  const subject = `${topic}-value`
  assertReadable(subject, await registry.versions(subject), event)
  return registry.register(subject, event.schema)
}

type RecordType = ReturnType<typeof avroRecordType>

/** The first field of the reader that old records cannot fill, null where the reason is another. */
function unreadableField(reader: RecordType, writer: RecordType): string | null {
  const written = new Map(writer.fields.map((field) => [field.name, field]))
  for (const field of reader.fields) {
    const old = written.get(field.name)
    if (old === undefined) {
      if (field.defaultValue() === undefined) return field.name
      continue
    }
    try {
      field.type.createResolver(old.type)
    } catch {
      // Which field it is, is all that is asked here; the reason is in the error's cause.
      return field.name
    }
  }
  return null
}
