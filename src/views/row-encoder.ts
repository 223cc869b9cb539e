import { WindrowError } from '../core/errors.ts'
import { putShortAscii } from '../core/short-ascii.ts'
import { WIRE_HEADER_BYTES, writeWireHeader } from '../events/wire-format.ts'
import type { Cell, ColumnType, View, ViewColumn } from './view.ts'

/** Writes the rows of one view in the Confluent wire format. */
export interface RowEncoder {
  readonly schemaId: number
  /**
   * The row's bytes, valid until the next call: they lie in memory that is used again. `cells` are in the order of the view's
   * columns; -0 is written as 0, since a row's zero has no sign. Throws WR_ROW_CELL when a cell does not fit its column.
   */
  encode(cells: readonly Cell[]): Uint8Array
}

export const KIND_TEXT = 0
export const KIND_LONG = 1
export const KIND_DOUBLE = 2
export const KIND_FLAG = 3

/** How a column's cells are written. */
export function wireKind(type: ColumnType): number {
  switch (type) {
    case 'text':
    case 'day':
    case 'month':
      return KIND_TEXT
    case 'instant':
    case 'count':
      return KIND_LONG
    case 'double':
      return KIND_DOUBLE
    case 'flag':
      return KIND_FLAG
  }
}

/** A union's branch, and a number of at most 54 bits as a zigzag varint, at their longest. */
const MAX_NUMBER_BYTES = 11
const utf8 = new TextEncoder()

/** An encoder of rows of `view` under the id that its `rowSchema` was registered with. */
export function rowEncoder(view: View, schemaId: number): RowEncoder {
  return new PlannedRowEncoder(view, schemaId)
}

class PlannedRowEncoder implements RowEncoder {
  readonly schemaId: number
  private readonly view: View
  private readonly kinds: Uint8Array
  private readonly nullable: Uint8Array
  private readonly fixedBytes: number
  private bytes = new Uint8Array(512)
  private data = new DataView(this.bytes.buffer)
  private end = 0

  constructor(view: View, schemaId: number) {
    this.view = view
    this.schemaId = schemaId
    this.kinds = Uint8Array.from(view.columns, (column) => wireKind(column.type))
    this.nullable = Uint8Array.from(view.columns, (column) => (column.nullable ? 1 : 0))
    this.fixedBytes = WIRE_HEADER_BYTES + view.columns.length * MAX_NUMBER_BYTES
  }

  encode(cells: readonly Cell[]): Uint8Array {
    const { kinds, nullable } = this
    if (cells.length !== kinds.length) throw wrongWidth(this.view, cells.length)
    this.end = 0
    this.reserve(0)
    writeWireHeader(this.bytes, 0, this.schemaId)
    this.end = WIRE_HEADER_BYTES
    for (let i = 0; i < kinds.length; i++) {
      const cell = cells[i] as Cell
      if (nullable[i] === 1) {
        if (cell === null) {
          this.bytes[this.end++] = 0
          continue
        }
        this.bytes[this.end++] = 2
      }
      if (!this.put(kinds[i] as number, cell)) throw wrongCell(this.view, this.view.columns[i] as ViewColumn, cell)
    }
    return this.bytes.subarray(0, this.end)
  }

  /** False when the cell is not of that kind. */
  private put(kind: number, cell: Cell): boolean {
    if (kind === KIND_DOUBLE) {
      if (typeof cell !== 'number') return false
      // Adding zero takes the sign off -0 and changes nothing else.
      this.data.setFloat64(this.end, cell + 0, true)
      this.end += 8
      return true
    }
    if (kind === KIND_LONG) {
      if (typeof cell !== 'number' || !Number.isSafeInteger(cell)) return false
      this.putLong(cell)
      return true
    }
    if (kind === KIND_TEXT) {
      if (typeof cell !== 'string') return false
      this.putText(cell)
      return true
    }
    if (typeof cell !== 'boolean') return false
    this.bytes[this.end++] = cell ? 1 : 0
    return true
  }

  /** Zigzag in two steps, since doubling a 53-bit number with a sign does not fit a double. */
  private putLong(value: number): void {
    const bytes = this.bytes
    const negative = value < 0
    const magnitude = negative ? -value - 1 : value
    let low = ((magnitude & 63) << 1) | (negative ? 1 : 0)
    let rest = Math.floor(magnitude / 64)
    while (rest > 0) {
      bytes[this.end++] = low | 128
      low = rest & 127
      rest = rest > 0x7fffffff ? Math.floor(rest / 128) : rest >>> 7
    }
    bytes[this.end++] = low
  }

  private putText(text: string): void {
    this.reserve(text.length * 3)
    const end = putShortAscii(text, this.bytes, this.end + 1)
    if (end < 0) {
      this.putUtf8(text)
      return
    }
    // Short enough for its length, doubled, to be one byte.
    this.bytes[this.end] = text.length << 1
    this.end = end
  }

  private putUtf8(text: string): void {
    const room = 5
    const start = this.end + room
    const { written } = utf8.encodeInto(text, this.bytes.subarray(start))
    this.putLong(written)
    this.bytes.copyWithin(this.end, start, start + written)
    this.end += written
  }

  /** Room for `more` bytes of text besides the fixed part of a whole row. */
  private reserve(more: number): void {
    const needed = this.end + more + this.fixedBytes
    if (needed <= this.bytes.byteLength) return
    const grown = new Uint8Array(Math.max(needed, this.bytes.byteLength * 2))
    grown.set(this.bytes.subarray(0, this.end))
    this.bytes = grown
    this.data = new DataView(grown.buffer)
  }
}

function wrongWidth(view: View, width: number): WindrowError {
  return new WindrowError('WR_ROW_CELL', {
    message: `a row of ${view.name} has ${view.columns.length} cells, not ${width}`,
    remedy: `Give the cells of ${view.columns.map((column) => column.column).join(', ')} in this order.`,
    facts: { view: view.name, width },
  })
}

function wrongCell(view: View, column: ViewColumn, cell: Cell): WindrowError {
  return new WindrowError('WR_ROW_CELL', {
    message: `${view.name}.${column.column} cannot be ${JSON.stringify(cell) ?? 'undefined'}: it is a ${column.type}${column.nullable ? ' or null' : ''}`,
    remedy: 'Let the topology set the column to a value of its type, or declare the column as it is used.',
    facts: { view: view.name, column: column.column, type: column.type, nullable: column.nullable, cell },
  })
}
