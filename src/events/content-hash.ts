import { hash } from 'node:crypto'
import { planOf } from './event-plan.ts'
import type { EventType } from './event-type.ts'
import type { FieldRole, PlannedField } from './planned-field.ts'
import type { Place, Reading } from './reading.ts'
import type { Values } from './reading-check.ts'

export interface ContentHashOptions {
  /** False: two readings that differ in `revisedAt` alone have the same hash. Default true. */
  readonly revisedAt?: boolean
}

interface HashedField {
  readonly label: string
  readonly name: string
  readonly isFloat: boolean
  readonly isRevision: boolean
}

const NOT_CONTENT: ReadonlySet<FieldRole> = new Set(['ingestedAt', 'dataOrigin', 'location'])

interface HashedFields {
  readonly before: readonly HashedField[]
  readonly place: readonly HashedField[]
  readonly after: readonly HashedField[]
}

const PLACE_LABEL = ';location.'

const hashedFields = new WeakMap<EventType, HashedFields>()
const placeTexts = new WeakMap<Place, string>()

/**
 * 64 bits over all that a reading says, without `ingestedAt` and `dataOrigin`: readings with the same hash are duplicates. Stored in
 * producers' cursors, so it stays the same for ever: SHA-256 over the non-null fields in the order of their names, therefore a
 * nullable field that a later version adds changes no hash.
 */
export function contentHash<R extends Reading>(event: EventType<R>, reading: R, options: ContentHashOptions = {}): bigint {
  const values = reading as unknown as Values
  const { before, place, after } = fieldsOf(event)
  const withRevision = options.revisedAt !== false
  const text = textOf(before, values, withRevision) + placeText(place, reading.location) + textOf(after, values, withRevision)
  return hash('sha256', text, 'buffer').readBigUInt64BE()
}

function textOf(fields: readonly HashedField[], values: Values, withRevision: boolean): string {
  let text = ''
  for (const field of fields) {
    if (field.isRevision && !withRevision) continue
    const value = values[field.name]
    if (value === null || value === undefined) continue
    text += field.label + canonical(field.isFloat ? Math.fround(value as number) : value)
  }
  return text
}

/** The readings of a station mostly share one place, whose fields are the same for every event. */
function placeText(fields: readonly HashedField[], place: Place): string {
  let text = placeTexts.get(place)
  if (text === undefined) {
    text = textOf(fields, place as unknown as Values, true)
    placeTexts.set(place, text)
  }
  return text
}

/** No value's text can be taken for another's: texts are quoted, and numbers are the shortest that give the same double. */
function canonical(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

/** In the order of their labels, among which those of the place follow one another. */
function fieldsOf(event: EventType): HashedFields {
  let fields = hashedFields.get(event)
  if (fields === undefined) {
    const plan = planOf(event)
    const own = plan.fields
      .filter(({ role }) => !NOT_CONTENT.has(role))
      .map((field) => hashedField(field, false, field.role === 'revisedAt'))
      .sort(byLabel)
    const place = plan.location.map((field) => hashedField(field, true, false)).sort(byLabel)
    fields = {
      before: own.filter(({ label }) => label < PLACE_LABEL),
      place,
      after: own.filter(({ label }) => label >= PLACE_LABEL),
    }
    hashedFields.set(event, fields)
  }
  return fields
}

function byLabel(a: HashedField, b: HashedField): number {
  return a.label < b.label ? -1 : 1
}

function hashedField(field: PlannedField, inLocation: boolean, isRevision: boolean): HashedField {
  const label = `${inLocation ? PLACE_LABEL : ';'}${field.field}=`
  return { label, name: field.name, isFloat: field.wire === 'float', isRevision }
}
