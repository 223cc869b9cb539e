import type { Reading } from '../../src/events/reading.ts'

/** A record of a reading topic as its producer meant it: a reading, or the code of what makes it unusable. */
export interface LogRecord<R extends Reading = Reading> {
  readonly partition: number
  readonly offset: number
  readonly reading: R | null
  /** The code of its dead letter; null for a usable reading. */
  readonly code: string | null
}

/** What became of a record; each record is exactly one of these. */
export type Fate = 'current' | 'superseded' | 'stale' | 'duplicate' | 'tooLate' | 'deadLettered'

/** A row of a view by the camelCase names of its columns. */
export type ExpectedRow = Readonly<Record<string, string | number | boolean | null>>

/** Rows by their canonical key. */
export type ExpectedRows = Map<string, ExpectedRow>
