import { WindrowError } from '../core/errors.ts'
import type { EventPlan, PlannedEventField, PlannedField } from './planned-field.ts'
import type { Reading } from './reading.ts'
import { READING_REMEDIES, type ReadingFaultCode } from './reading-fault.ts'
import {
  isTimeZone,
  MAX_AHEAD_MS,
  MAX_INTERVAL_MINUTES,
  MAX_KEY_BYTES,
  MAX_TEXT_BYTES,
  MAX_TIME,
  MIN_TIME,
  SUB_KEY_SEPARATOR,
  WHOLE_NUMBER_BOUND,
} from './reading-limits.ts'

/** The values of a reading by camelCase name. */
export type Values = Readonly<Record<string, unknown>>

/** Throws a WR_READING_... error that names the field unless every field of the reading can be published as it stands. */
export function checkReading(plan: EventPlan, reading: Reading): void {
  const values = reading as unknown as Values
  for (const field of plan.fields) {
    const problem = checkField(plan, field, values[field.name])
    if (problem !== null) throw problem
  }
  if (reading.timestamp > reading.ingestedAt + MAX_AHEAD_MS) {
    throw refused(plan, 'timestamp', reading.timestamp, 'WR_READING_FUTURE', 'lies more than 24 hours after ingestedAt')
  }
}

function checkField(plan: EventPlan, field: PlannedEventField, value: unknown): WindrowError | null {
  if (value === null || value === undefined) {
    if (field.nullBranch >= 0) return null
    return refused(plan, field.name, value, 'WR_READING_FIELD', 'is missing')
  }
  switch (field.role) {
    case 'key':
      return checkKey(plan, field, value, false)
    case 'subKey':
      return checkKey(plan, field, value, hasParts(plan))
    case 'timestamp':
    case 'revisedAt':
    case 'ingestedAt':
      return checkTime(plan, field, value)
    case 'intervalMinutes':
      return checkInterval(plan, field, value)
    case 'location':
      return checkLocation(plan, value)
    case 'dataOrigin':
    case 'payload':
      return checkValue(plan, field, field.name, value)
  }
}

/** Whether the sub-key is joined from several fields. */
function hasParts(plan: EventPlan): boolean {
  return plan.fields[2]?.role === 'subKey'
}

function checkKey(plan: EventPlan, field: PlannedField, value: unknown, isPart: boolean): WindrowError | null {
  const problem = checkValue(plan, field, field.name, value)
  if (problem !== null) return problem
  const text = value as string
  if (text.length === 0) return refused(plan, field.name, value, 'WR_READING_KEY', 'is empty')
  if (Buffer.byteLength(text) > MAX_KEY_BYTES) return refused(plan, field.name, value, 'WR_READING_KEY', 'is too long')
  if (isPart && text.includes(SUB_KEY_SEPARATOR)) return refused(plan, field.name, value, 'WR_READING_KEY', 'holds a "/"')
  return null
}

function checkTime(plan: EventPlan, field: PlannedField, value: unknown): WindrowError | null {
  if (typeof value !== 'number') return wrongType(plan, field, field.name, value)
  if (!Number.isInteger(value) || value < MIN_TIME || value > MAX_TIME) {
    return refused(
      plan,
      field.name,
      value,
      'WR_READING_TIMESTAMP',
      'is no whole number of milliseconds between the years 1900 and 9999',
    )
  }
  return null
}

function checkInterval(plan: EventPlan, field: PlannedField, value: unknown): WindrowError | null {
  if (typeof value !== 'number') return wrongType(plan, field, field.name, value)
  if (!Number.isInteger(value) || value < 1 || value > MAX_INTERVAL_MINUTES) {
    return refused(plan, field.name, value, 'WR_READING_INTERVAL', 'is no whole number of minutes from 1 to 1440')
  }
  return null
}

function checkLocation(plan: EventPlan, location: unknown): WindrowError | null {
  if (typeof location !== 'object') return refused(plan, 'location', location, 'WR_READING_FIELD', 'is not an object')
  const values = location as Values
  for (const field of plan.location) {
    const name = `location.${field.name}`
    const value = values[field.name]
    if (field.name === 'timeZone') {
      if (typeof value !== 'string' || !isTimeZone(value)) {
        return refused(plan, name, value, 'WR_READING_ZONE', 'is no IANA time zone')
      }
    } else if (value !== null && value !== undefined) {
      const bound = field.name === 'latitude' ? 90 : 180
      const problem =
        checkValue(plan, field, name, value) ??
        (field.wire === 'double' ? checkCoordinate(plan, name, value as number, bound) : null)
      if (problem !== null) return problem
    }
  }
  return null
}

function checkCoordinate(plan: EventPlan, name: string, degrees: number, bound: number): WindrowError | null {
  if (degrees < -bound || degrees > bound) {
    return refused(plan, name, degrees, 'WR_READING_COORDINATES', `is not between -${bound} and ${bound} degrees`)
  }
  return null
}

function checkValue(plan: EventPlan, field: PlannedField, name: string, value: unknown): WindrowError | null {
  switch (field.wire) {
    case 'double':
    case 'float':
      if (typeof value !== 'number') return wrongType(plan, field, name, value)
      // A double beyond the range of float would become infinite on the wire.
      if (!Number.isFinite(field.wire === 'float' ? Math.fround(value) : value)) {
        return refused(plan, name, value, 'WR_READING_NOT_FINITE', 'is not a finite number')
      }
      return null
    case 'int':
      if (value !== ((value as number) | 0)) return wrongType(plan, field, name, value)
      return null
    case 'long':
      if (!Number.isInteger(value)) return wrongType(plan, field, name, value)
      if (Math.abs(value as number) < WHOLE_NUMBER_BOUND) return null
      return refused(plan, name, value, 'WR_READING_FIELD', 'is a whole number of 2^52 or more')
    case 'boolean':
      if (typeof value !== 'boolean') return wrongType(plan, field, name, value)
      return null
    case 'string':
      return checkText(plan, field, name, value)
    case 'enum':
      if (!field.symbols.includes(value as string)) return wrongType(plan, field, name, value)
      return null
    case 'record':
      return wrongType(plan, field, name, value)
  }
}

function checkText(plan: EventPlan, field: PlannedField, name: string, value: unknown): WindrowError | null {
  if (typeof value !== 'string') return wrongType(plan, field, name, value)
  if (/[\0\p{Surrogate}]/u.test(value)) {
    return refused(plan, name, value, 'WR_READING_TEXT', 'holds U+0000 or half of a surrogate pair')
  }
  if (value.length * 3 > MAX_TEXT_BYTES && Buffer.byteLength(value) > MAX_TEXT_BYTES) {
    return refused(plan, name, value, 'WR_READING_TEXT', `is longer than ${MAX_TEXT_BYTES} bytes`)
  }
  return null
}

function wrongType(plan: EventPlan, field: PlannedField, name: string, value: unknown): WindrowError {
  const wanted = field.wire === 'enum' ? `one of ${field.symbols.join(', ')}` : `of type ${field.wire}`
  return refused(plan, name, value, 'WR_READING_FIELD', `is not ${wanted}`)
}

function refused(plan: EventPlan, field: string, value: unknown, code: ReadingFaultCode, problem: string): WindrowError {
  return new WindrowError(code, {
    message: `The field ${field} of this ${plan.name} reading ${problem} (it is ${describe(value)}).`,
    remedy: READING_REMEDIES[code],
    facts: { event: plan.name, field },
  })
}

function describe(value: unknown): string {
  const text =
    typeof value === 'string' ? JSON.stringify(value) : typeof value === 'object' && value !== null ? 'an object' : String(value)
  return text.length > 80 ? `${text.slice(0, 80)}...` : text
}
