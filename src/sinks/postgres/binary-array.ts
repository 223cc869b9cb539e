import type { Cell, ColumnType } from '../../views/view.ts'
import { OID } from './sql-values.ts'

/** 2000-01-01, from which Postgres counts microseconds. */
const POSTGRES_EPOCH_MS = 946_684_800_000
const HEADER_BYTES = 20
const utf8 = new TextEncoder()

/** The element type of a column's array as SQL writes it. A day goes as text and is cast, so that Postgres checks it. */
export function arrayElement(type: ColumnType): 'text' | 'timestamptz' | 'float8' | 'int8' | 'bool' {
  switch (type) {
    case 'text':
    case 'day':
    case 'month':
      return 'text'
    case 'instant':
      return 'timestamptz'
    case 'double':
      return 'float8'
    case 'count':
      return 'int8'
    case 'flag':
      return 'bool'
  }
}

/**
 * One column of rows as a one-dimensional Postgres array in binary format: exact for every double and instant, and half the
 * work of texts on both sides. `cellAt` gives the cell of row i; it has to fit the type.
 */
export function binaryArray(type: ColumnType, count: number, cellAt: (row: number) => Cell): Uint8Array {
  const writer = new ArrayWriter(type, count)
  for (let i = 0; i < count; i++) writer.add(cellAt(i))
  return writer.finish()
}

class ArrayWriter {
  private readonly type: ColumnType
  private bytes: Uint8Array
  private view: DataView
  private end = HEADER_BYTES

  constructor(type: ColumnType, count: number) {
    this.type = type
    this.bytes = new Uint8Array(HEADER_BYTES + count * 16)
    this.view = new DataView(this.bytes.buffer)
    this.view.setInt32(0, count === 0 ? 0 : 1)
    this.view.setInt32(8, OID[arrayElement(type)])
    this.view.setInt32(12, count)
    this.view.setInt32(16, 1)
  }

  add(cell: Cell): void {
    if (cell === null) {
      this.reserve(4)
      this.view.setInt32(this.end, -1)
      this.view.setInt32(4, 1)
      this.end += 4
      return
    }
    if (typeof cell === 'string') this.addText(cell)
    else if (typeof cell === 'boolean') this.addFlag(cell)
    else this.addNumber(cell)
  }

  finish(): Uint8Array {
    const count = this.view.getInt32(12)
    return this.bytes.subarray(0, count === 0 ? 12 : this.end)
  }

  private addText(text: string): void {
    this.reserve(4 + text.length * 3)
    const { written } = utf8.encodeInto(text, this.bytes.subarray(this.end + 4))
    this.view.setInt32(this.end, written)
    this.end += 4 + written
  }

  private addFlag(flag: boolean): void {
    this.reserve(5)
    this.view.setInt32(this.end, 1)
    this.bytes[this.end + 4] = flag ? 1 : 0
    this.end += 5
  }

  private addNumber(value: number): void {
    this.reserve(12)
    this.view.setInt32(this.end, 8)
    const start = this.end + 4
    this.end += 12
    if (this.type === 'double') this.view.setFloat64(start, value)
    else if (this.type === 'instant') this.putInt64(start, value - POSTGRES_EPOCH_MS, 1000)
    else this.putInt64(start, value, 1)
  }

  /** `value * factor` as 64 bits, exact where the product has more than 53. */
  private putInt64(start: number, value: number, factor: number): void {
    const high = Math.floor(value / 0x1_0000_0000)
    const lowProduct = (value - high * 0x1_0000_0000) * factor
    this.view.setInt32(start, high * factor + Math.floor(lowProduct / 0x1_0000_0000))
    this.view.setUint32(start + 4, lowProduct)
  }

  private reserve(more: number): void {
    if (this.end + more <= this.bytes.byteLength) return
    const grown = new Uint8Array(Math.max(this.bytes.byteLength * 2, this.end + more))
    grown.set(this.bytes.subarray(0, this.end))
    this.bytes = grown
    this.view = new DataView(grown.buffer)
  }
}
