import { WindrowError } from '../../core/errors.ts'
import { formatInstant, parseInstant } from '../../views/row-key.ts'
import type { Cell, ColumnType } from '../../views/view.ts'

/** What a statement is given for a `?`: bytes as Cassandra stores them, null, or undefined to leave a column as it is. */
export type CqlParameter = Buffer | null | undefined

const DAY_MS = 86_400_000
/** Days are counted from the middle of what 32 bits hold. */
const DAY_ZERO = 2 ** 31
const LONGEST_KEY_BYTES = 65_535
const TRUE = Buffer.of(1)
const FALSE = Buffer.of(0)

/** The type of a column in CQL, as system_schema names it. */
export function cqlType(type: ColumnType): string {
  switch (type) {
    case 'text':
    case 'month':
      return 'text'
    case 'instant':
      return 'timestamp'
    case 'day':
      return 'date'
    case 'double':
      return 'double'
    case 'count':
      return 'bigint'
    case 'flag':
      return 'boolean'
  }
}

// Making objects costs more than filling them, and the same few values come again and again: stations, places, small counts. Nobody
// changes the bytes of a parameter.
const LONGEST_KEPT = 64
const MOST_KEPT = 4_096
const keptTexts = new Map<string, Buffer>()
const SMALL = Array.from({ length: 256 }, (_, value) => bigintBytes(BigInt(value)))
const ZERO = bytesOfDouble(0)
const ONE = bytesOfDouble(1)
let lastLong = 0
let lastLongBytes = SMALL[0] as Buffer

export function textBytes(text: string): Buffer {
  const kept = keptTexts.get(text)
  if (kept !== undefined) return kept
  const bytes = Buffer.from(text)
  if (bytes.byteLength <= LONGEST_KEPT) {
    if (keptTexts.size === MOST_KEPT) keptTexts.clear()
    keptTexts.set(text, bytes)
  }
  return bytes
}

export function intBytes(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** `value` is a whole number of at most 53 bits. */
export function longBytes(value: number): Buffer {
  const small = SMALL[value]
  if (small !== undefined) return small
  // A window's start and its key are the same instant.
  if (value === lastLong) return lastLongBytes
  const bytes = Buffer.allocUnsafe(8)
  const high = Math.floor(value / 2 ** 32)
  bytes.writeInt32BE(high)
  bytes.writeUInt32BE(value - high * 2 ** 32, 4)
  lastLong = value
  lastLongBytes = bytes
  return bytes
}

export function bigintBytes(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigInt64BE(value)
  return bytes
}

/** Throws WR_ROW_REFUSED for a cell that its type cannot hold. */
export function cellBytes(type: ColumnType, cell: Cell): Buffer | null {
  if (cell === null) return null
  switch (type) {
    case 'text':
    case 'month':
      return textBytes(cell as string)
    case 'instant':
    case 'count':
      return longBytes(cell as number)
    case 'day':
      return dayBytes(cell as string)
    case 'double':
      return doubleBytes(cell as number)
    case 'flag':
      return cell === true ? TRUE : FALSE
  }
}

/** The same for a column of the key, whose cells have a length of 16 bits. */
export function keyBytes(type: ColumnType, cell: Cell): Buffer | null {
  const bytes = cellBytes(type, cell)
  if (bytes !== null && bytes.byteLength > LONGEST_KEY_BYTES) throw keyTooLong(bytes.byteLength)
  return bytes
}

function doubleBytes(value: number): Buffer {
  if (value === 1) return ONE
  return Object.is(value, 0) ? ZERO : bytesOfDouble(value)
}

function bytesOfDouble(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeDoubleBE(value)
  return bytes
}

function dayBytes(day: string): Buffer {
  const ms = parseInstant(`${day}T00:00:00Z`)
  if (Number.isNaN(ms)) throw noSuchDay(day)
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(ms / DAY_MS + DAY_ZERO)
  return bytes
}

/** The cell of a value as the driver gives it. */
export function cellOfValue(type: ColumnType, value: unknown): Cell {
  if (value === null || value === undefined) return null
  switch (type) {
    case 'instant':
      return (value as Date).getTime()
    case 'day':
      return dayOf((value as { readonly date: Date }).date)
    case 'count':
      return Number(value as bigint)
    default:
      return value as Cell
  }
}

/** Of a day beyond what a Date holds, which no row of a view has: the text of none. */
function dayOf(date: Date): string {
  const ms = date.getTime()
  return Number.isNaN(ms) ? 'no day' : formatInstant(ms).slice(0, -'T00:00:00Z'.length)
}

function keyTooLong(length: number): WindrowError {
  return new WindrowError('WR_ROW_REFUSED', {
    message: `Cassandra cannot hold a key column of ${length} bytes: the most are ${LONGEST_KEY_BYTES}`,
    remedy: 'Correct what the topology writes into the key.',
    facts: { length },
  })
}

function noSuchDay(day: string): WindrowError {
  return new WindrowError('WR_ROW_REFUSED', {
    message: `Cassandra cannot hold ${JSON.stringify(day)} as a date`,
    remedy: 'Correct what the topology writes into the column: a day is YYYY-MM-DD.',
    facts: { day },
  })
}
