import type { EventPlan } from './planned-field.ts'
import { READING_REMEDIES, type ReadingFaultCode } from './reading-fault.ts'

/** What is wrong with a record, as small numbers for the hot path; 0 is nothing. */
export const FINE = 0
export const MALFORMED = 1
export const NOT_FINITE = 2
export const BAD_ZONE = 3
export const BAD_INTERVAL = 4
export const BAD_TIME = 5
export const IN_FUTURE = 6
export const BAD_COORDINATES = 7
export const BAD_KEY = 8
export const BAD_TEXT = 9
export const TOO_LARGE = 10
export const KEY_MISMATCH = 11
export const KEY_PARTITION = 12
export const TOMBSTONE = 13
export const WIRE_FORMAT = 14
export const SCHEMA_UNKNOWN = 15
export const SCHEMA_INCOMPATIBLE = 16

export type RecordFaultCode =
  | ReadingFaultCode
  | 'WR_READING_MALFORMED'
  | 'WR_KEY_MISMATCH'
  | 'WR_KEY_PARTITION'
  | 'WR_RECORD_TOMBSTONE'
  | 'WR_WIRE_FORMAT'
  | 'WR_SCHEMA_UNKNOWN'
  | 'WR_SCHEMA_INCOMPATIBLE'

interface Wording {
  readonly code: RecordFaultCode
  /** Follows the name of the field, or stands alone where no field is at fault. */
  readonly text: string
}

const WORDINGS: readonly Wording[] = [
  { code: 'WR_READING_MALFORMED', text: '' },
  { code: 'WR_READING_MALFORMED', text: 'is cut off or not Avro of the schema that the record names.' },
  { code: 'WR_READING_NOT_FINITE', text: 'is NaN or infinite.' },
  { code: 'WR_READING_ZONE', text: 'is no IANA time zone.' },
  { code: 'WR_READING_INTERVAL', text: 'is no number of minutes from 1 to 1440.' },
  { code: 'WR_READING_TIMESTAMP', text: 'is not between the years 1900 and 9999.' },
  { code: 'WR_READING_FUTURE', text: 'lies more than 24 hours after ingested_at.' },
  { code: 'WR_READING_COORDINATES', text: 'is beyond its range.' },
  { code: 'WR_READING_KEY', text: 'is empty, too long, or holds a "/".' },
  { code: 'WR_READING_TEXT', text: 'is too long or holds U+0000.' },
  { code: 'WR_READING_FIELD', text: 'is a whole number of 2^52 or more.' },
  { code: 'WR_KEY_MISMATCH', text: 'is not what the key of the record says.' },
  {
    code: 'WR_KEY_PARTITION',
    text: 'belongs to another partition: murmur2 of the key does not give the partition where the record is.',
  },
  { code: 'WR_RECORD_TOMBSTONE', text: 'The record has no value; a reading is never deleted, only revised.' },
  { code: 'WR_WIRE_FORMAT', text: 'The value does not begin with 0x00 and a schema id (Confluent wire format).' },
  { code: 'WR_SCHEMA_UNKNOWN', text: 'The registry has no schema of the id that the record names.' },
  { code: 'WR_SCHEMA_INCOMPATIBLE', text: "The schema that the record names cannot be read as the event's." },
]

export interface Explanation {
  readonly code: RecordFaultCode
  readonly message: string
}

/** The code and the sentence of a problem; `field` is the snake_case path of the field at fault, null where none is. */
export function explainProblem(plan: EventPlan, problem: number, field: string | null): Explanation {
  const { code, text } = WORDINGS[problem] as Wording
  const subject = field === null ? `This ${plan.name} reading` : `The field ${field} of this ${plan.name} reading`
  const sentence = /^[A-Z]/.test(text) ? text : `${subject} ${text}`
  const remedy = code in READING_REMEDIES ? ` ${READING_REMEDIES[code as ReadingFaultCode]}` : ''
  return { code, message: sentence + remedy }
}
