import type { Reading } from '../../src/events/reading.ts'
import type { LogRecord } from '../oracle/log-record.ts'
import type { EventName } from '../oracle/oracle.ts'
import { FLAW_CODES, type Flaw } from './flaws.ts'

/** A record of a history: what its producer meant, and what is wrong with it. */
export interface HistoryRecord {
  readonly key: string
  readonly partition: number
  readonly reading: Reading
  readonly flaw: Flaw | null
  /** True for one whose producer knows an older schema, without the last field. */
  readonly byOlderSchema: boolean
}

/** What came to one reading topic, in this order. */
export interface History {
  readonly event: EventName
  readonly partitions: number
  readonly allowedLatenessMinutes: number | null
  readonly records: readonly HistoryRecord[]
}

/** The history as the oracle takes it: each record with the offset that it gets in its partition. */
export function logRecords(history: History): LogRecord[] {
  const next = new Array<number>(history.partitions).fill(0)
  return history.records.map(({ partition, reading, flaw }) => {
    const offset = next[partition] as number
    next[partition] = offset + 1
    return { partition, offset, reading: flaw === null ? reading : null, code: flaw === null ? null : FLAW_CODES[flaw] }
  })
}
