import { hash } from 'node:crypto'
import { planOf } from './event-plan.ts'
import type { EventType } from './event-type.ts'
import type { FieldRole, PlannedField } from './planned-field.ts'
import type { Reading } from './reading.ts'
import type { Values } from './reading-check.ts'

export interface ContentHashOptions {
  /** False: two readings that differ in `revisedAt` alone have the same hash. Default true. */
  readonly revisedAt?: boolean
}

interface HashedField {
  readonly label: string
  readonly name: string
  readonly inLocation: boolean
  readonly isFloat: boolean
  readonly isRevision: boolean
}

const NOT_CONTENT: ReadonlySet<FieldRole> = new Set(['ingestedAt', 'dataOrigin', 'location'])

const hashedFields = new WeakMap<EventType, readonly HashedField[]>()

/**
 * 64 bits over all that a reading says, without `ingestedAt` and `dataOrigin`: readings with the same hash are duplicates. Stored in
 * producers' cursors, so it stays the same for ever: SHA-256 over the non-null fields in the order of their names, therefore a
 * nullable field that a later version adds changes no hash.
 */
export function contentHash<R extends Reading>(event: EventType<R>, reading: R, options: ContentHashOptions = {}): bigint {
  const values = reading as unknown as Values
  const place = reading.location as unknown as Values
  let text = ''
  for (const field of fieldsOf(event)) {
    if (field.isRevision && options.revisedAt === false) continue
    const value = (field.inLocation ? place : values)[field.name]
    if (value === null || value === undefined) continue
    text += field.label + canonical(field.isFloat ? Math.fround(value as number) : value)
  }
  return hash('sha256', text, 'buffer').readBigUInt64BE()
}

/** No value's text can be taken for another's: texts are quoted, and numbers are the shortest that give the same double. */
function canonical(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

function fieldsOf(event: EventType): readonly HashedField[] {
  let fields = hashedFields.get(event)
  if (fields === undefined) {
    const plan = planOf(event)
    const own = plan.fields.filter(({ role }) => !NOT_CONTENT.has(role))
    const hashed = [
      ...own.map((field) => hashedField(field, false, field.role === 'revisedAt')),
      ...plan.location.map((field) => hashedField(field, true, false)),
    ]
    fields = hashed.sort((a, b) => (a.label < b.label ? -1 : 1))
    hashedFields.set(event, fields)
  }
  return fields
}

function hashedField(field: PlannedField, inLocation: boolean, isRevision: boolean): HashedField {
  const label = `;${inLocation ? 'location.' : ''}${field.field}=`
  return { label, name: field.name, inLocation, isFloat: field.wire === 'float', isRevision }
}
