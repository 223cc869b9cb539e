/** What can be wrong with a record, and the code of the dead letter that it becomes. */
export const FLAW_CODES = {
  tombstone: 'WR_RECORD_TOMBSTONE',
  'not framed': 'WR_WIRE_FORMAT',
  'cut before its header ends': 'WR_WIRE_FORMAT',
  'unknown schema': 'WR_SCHEMA_UNKNOWN',
  'schema of something else': 'WR_SCHEMA_INCOMPATIBLE',
  'cut off': 'WR_READING_MALFORMED',
  'too long': 'WR_READING_MALFORMED',
  'not a number': 'WR_READING_NOT_FINITE',
  infinite: 'WR_READING_NOT_FINITE',
  'zone of another planet': 'WR_READING_ZONE',
  'no interval': 'WR_READING_INTERVAL',
  'interval of two days': 'WR_READING_INTERVAL',
  'year 9999': 'WR_READING_FUTURE',
  'year 12000': 'WR_READING_TIMESTAMP',
  'beyond the pole': 'WR_READING_COORDINATES',
  'key of another': 'WR_KEY_MISMATCH',
  'wrong partition': 'WR_KEY_PARTITION',
} as const

export type Flaw = keyof typeof FLAW_CODES

export const FLAWS = Object.keys(FLAW_CODES) as Flaw[]
