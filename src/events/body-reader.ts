import type { RecordBlock } from '../core/record-block.ts'
import { sameBytes } from './byte-table.ts'
import type { Dictionaries } from './dictionaries.ts'
import { PayloadReader } from './payload-reader.ts'
import { PieceTable, textPieces } from './piece-table.ts'
import { PlaceCache } from './place-cache.ts'
import type { EventPlan, PlannedField } from './planned-field.ts'
import { type ReadingBatch, ROW_INTERVAL, ROW_PAYLOAD, ROW_PLACE, ROW_REVISED_AT, ROW_TIMESTAMP } from './reading-batch.ts'
import { MAX_AHEAD_MS, MAX_INTERVAL_MINUTES, MAX_TIME, MIN_TIME } from './reading-limits.ts'
import { BAD_INTERVAL, BAD_TIME, FINE, IN_FUTURE, KEY_MISMATCH, MALFORMED } from './record-problem.ts'
import { subKeyPieces } from './sub-key-reader.ts'
import { TextSpan } from './text-span.ts'
import { readLong } from './varint.ts'

/**
 * Reads Avro bodies in an event's layout straight into the columns of a batch: no object, closure or string a reading. Nothing
 * outside [start, end) is ever read.
 */
export class BodyReader {
  /** What is wrong with the last body, and the snake_case path of the field at fault; null when it is the body as a whole. */
  problem = FINE
  field: string | null = null
  private readonly keyField: string
  private readonly subKeyFields: readonly PlannedField[]
  private readonly subKeys: PieceTable
  private readonly places: PlaceCache
  private readonly payload: PayloadReader
  private readonly revisedNull: number
  private readonly origins: PieceTable
  private readonly keepsOrigins: boolean
  private readonly span = new TextSpan()

  constructor(plan: EventPlan, dictionaries: Dictionaries) {
    this.keyField = plan.fields[0]?.field ?? ''
    this.subKeyFields = plan.fields.filter(({ role }) => role === 'subKey')
    this.subKeys = new PieceTable(subKeyPieces(dictionaries.subKeys, this.subKeyFields))
    this.places = new PlaceCache(plan, dictionaries.places)
    this.payload = new PayloadReader(plan, dictionaries.texts)
    const { origins } = dictionaries
    this.origins = new PieceTable(textPieces(origins === null ? () => 0 : (text) => origins.idOf(text)))
    this.keepsOrigins = origins !== null
    this.revisedNull = plan.fields.find(({ role }) => role === 'revisedAt')?.nullBranch === 0 ? 0 : 2
  }

  /**
   * Reads the body [start, end) of record i of the block, whose key has the number `key` (negative: unusable), into row
   * `out.count`. Gives the first problem; only after MALFORMED is the row incomplete.
   */
  read(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    block: RecordBlock,
    i: number,
    key: number,
    out: ReadingBatch,
  ): number {
    this.problem = FINE
    let at = this.readKey(bytes, view, start, end, block, i)
    if (at < 0) return MALFORMED
    at = this.readSubKey(bytes, view, at, end, out)
    if (at < 0) return MALFORMED
    at = this.readCommon(bytes, view, at, end, key, out)
    if (at < 0) return MALFORMED
    const { payload } = this
    at = payload.read(bytes, view, at, end, out.rows, out.count * out.width + ROW_PAYLOAD)
    if (at !== end) this.cut(at < 0 ? payload.field : null)
    else if (payload.problem !== FINE) this.blame(payload.problem, payload.field)
    return this.problem
  }

  /** What is wrong with the times and the interval of row `out.count`, which `read` has filled. */
  check(out: ReadingBatch): number {
    const base = out.count * out.width
    const timestamp = out.rows[base + ROW_TIMESTAMP] as number
    const interval = out.rows[base + ROW_INTERVAL] as number
    const revisedAt = out.rows[base + ROW_REVISED_AT] as number
    const ingestedAt = out.ingestedAt[out.count] as number
    if (!(timestamp >= MIN_TIME && timestamp <= MAX_TIME)) this.blame(BAD_TIME, 'timestamp')
    else if (!(ingestedAt >= MIN_TIME && ingestedAt <= MAX_TIME)) this.blame(BAD_TIME, 'ingested_at')
    else if (revisedAt < MIN_TIME || revisedAt > MAX_TIME) this.blame(BAD_TIME, 'revised_at')
    else if (!(interval >= 1 && interval <= MAX_INTERVAL_MINUTES)) this.blame(BAD_INTERVAL, 'interval_minutes')
    else if (timestamp > ingestedAt + MAX_AHEAD_MS) this.blame(IN_FUTURE, 'timestamp')
    return this.problem
  }

  /** Each of these gives the position after what it read, or -1 after `cut`. */
  private readKey(bytes: Uint8Array, view: DataView, at: number, end: number, block: RecordBlock, i: number): number {
    const keyStart = block.keyStart[i] as number
    const length = (block.keyEnd[i] as number) - keyStart
    const after = at + 1 + length
    // As nearly always: a length of one byte, and the bytes of the record's key.
    if (length < 64 && after <= end && bytes[at] === length << 1 && sameBytes(block.view, keyStart, view, at + 1, length))
      return after
    const { span } = this
    if (at >= end || span.read(bytes, view, at, end) < 0) return this.cut(this.keyField)
    const isSame = length === span.end - span.start && sameBytes(block.view, keyStart, view, span.start, length)
    if (!isSame) this.blame(KEY_MISMATCH, this.keyField)
    return span.end
  }

  private readSubKey(bytes: Uint8Array, view: DataView, at: number, end: number, out: ReadingBatch): number {
    const first = this.subKeyFields[0]
    if (first === undefined) {
      out.subKeys[out.count] = 0
      return at
    }
    const after = this.subKeys.read(bytes, view, at, end)
    if (after < 0) return this.cut(first.field)
    if (this.subKeys.problem !== FINE) this.blame(this.subKeys.problem, first.field)
    out.subKeys[out.count] = this.subKeys.id
    return after
  }

  private readCommon(bytes: Uint8Array, view: DataView, start: number, end: number, key: number, out: ReadingBatch): number {
    const { rows, count } = out
    const base = count * out.width
    let at = readLong(bytes, view, start, end, rows, base + ROW_TIMESTAMP)
    if (at < 0) return this.cut('timestamp')
    at = readLong(bytes, view, at, end, rows, base + ROW_INTERVAL)
    if (at < 0) return this.cut('interval_minutes')
    at = this.places.read(bytes, view, at, end, key)
    if (at < 0) return this.cut(this.places.path)
    if (this.places.problem !== FINE) this.blame(this.places.problem, this.places.path)
    rows[base + ROW_PLACE] = this.places.place
    if (at < end && bytes[at] === this.revisedNull) {
      rows[base + ROW_REVISED_AT] = Number.NaN
      at += 1
    } else {
      at = at < end && bytes[at] === 2 - this.revisedNull ? readLong(bytes, view, at + 1, end, rows, base + ROW_REVISED_AT) : -1
      if (at < 0) return this.cut('revised_at')
    }
    at = readLong(bytes, view, at, end, out.ingestedAt, count)
    if (at < 0) return this.cut('ingested_at')
    at = this.origins.read(bytes, view, at, end)
    if (at < 0) return this.cut('data_origin')
    if (this.origins.problem !== FINE) this.blame(this.origins.problem, 'data_origin')
    if (this.keepsOrigins) out.origins[count] = this.origins.id
    return at
  }

  private cut(field: string | null): -1 {
    this.problem = MALFORMED
    this.field = field
    return -1
  }

  private blame(problem: number, field: string): void {
    if (this.problem !== FINE) return
    this.problem = problem
    this.field = field
  }
}
