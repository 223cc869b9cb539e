import { messageOf, WindrowError } from '../core/errors.ts'
import type { BadRecord } from './row-records.ts'
import type { SinkRow, SinkTarget } from './sink.ts'

/** A row that a store refuses for ever, or a record that is no row. */
export interface RefusedRow {
  readonly sink: string
  readonly target: SinkTarget
  readonly offset: number
  readonly key: Uint8Array
  /** The record's bytes, null for a tombstone. */
  readonly value: Uint8Array | null
  readonly code: string
  readonly message: string
}

const utf8 = new TextEncoder()

export function refusedRow(sink: string, target: SinkTarget, row: SinkRow, reason: unknown): RefusedRow {
  return {
    sink,
    target,
    offset: row.offset,
    key: utf8.encode(row.key),
    value: row.value,
    code: reason instanceof WindrowError ? reason.code : 'WR_ROW_REFUSED',
    message: messageOf(reason),
  }
}

export function refusedRecord(sink: string, target: SinkTarget, record: BadRecord): RefusedRow {
  return { sink, target, ...record }
}
