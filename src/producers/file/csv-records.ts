import { parse } from 'csv-parse/sync'
import type { Line } from './byte-lines.ts'

/** One record of a CSV file: as many cells as the header has columns, or what is wrong with the line. */
export interface CsvRecord {
  readonly line: Line
  readonly cells: readonly string[] | null
  /** Set where `cells` is null. */
  readonly fault: string | null
}

const QUOTE = 0x22

/** A quoted cell that holds more line breaks than this is taken for a quote that nobody closed. */
const MAX_LINES_OF_A_RECORD = 50

/** The cells of one record; throws where its quotes are broken. */
export function csvCells(text: string, delimiter: string): string[] {
  if (!text.includes('"')) return text.split(delimiter)
  const [cells] = parse(text, { delimiter, relax_column_count: true }) as string[][]
  return cells ?? []
}

/** Of comma, semicolon and tab the one that the header has most of. */
export function delimiterOf(header: string): string {
  const counted = [',', ';', '\t'].map((delimiter) => ({ delimiter, count: header.split(delimiter).length }))
  return counted.reduce((best, each) => (each.count > best.count ? each : best)).delimiter
}

/**
 * Turns lines into records (RFC 4180). A record with a line break in a quoted cell is put together again (with LF); where that does not give
 * the right number of cells, only its first line is at fault and the lines after it are read on their own.
 */
export class CsvRecords {
  private readonly delimiter: string
  private readonly columns: number
  private readonly decoder = new TextDecoder('utf-8', { fatal: true })
  /** Lines from one with an open quote on. */
  private open: Line[] = []

  constructor(columns: number, delimiter: string) {
    this.columns = columns
    this.delimiter = delimiter
  }

  *push(line: Line): Generator<CsvRecord> {
    if (this.open.length === 0 && !hasOpenQuote(line)) {
      if (line.bytes.byteLength > 0) yield this.whole(line)
      return
    }
    // Kept over the next chunk, so it needs memory of its own.
    this.open.push({ ...line, bytes: line.bytes.slice() })
    if (this.open.length > 1 && hasOpenQuote(line)) yield* this.close()
    else if (this.open.length >= MAX_LINES_OF_A_RECORD || line.tooLong !== null) yield* this.giveUp()
  }

  /** To be called after the last line. */
  *end(): Generator<CsvRecord> {
    while (this.open.length > 0) yield* this.giveUp()
  }

  private *close(): Generator<CsvRecord> {
    const [first] = this.open as [Line, ...Line[]]
    const record = this.read(
      first,
      Buffer.concat(this.open.flatMap((line, i) => (i === 0 ? [line.bytes] : [LINE_BREAK, line.bytes]))),
    )
    if (record.cells === null) {
      yield* this.giveUp()
      return
    }
    this.open = []
    yield record
  }

  private *giveUp(): Generator<CsvRecord> {
    const [first, ...rest] = this.open as [Line, ...Line[]]
    this.open = []
    yield first.tooLong === null ? { line: first, cells: null, fault: 'a quote is never closed' } : this.whole(first)
    for (const line of rest) yield* this.push(line)
  }

  private whole(line: Line): CsvRecord {
    return line.tooLong === null ? this.read(line, line.bytes) : { line, cells: null, fault: 'the line is too long' }
  }

  private read(line: Line, bytes: Uint8Array): CsvRecord {
    try {
      const cells = csvCells(this.decoder.decode(bytes), this.delimiter)
      if (cells.length === this.columns) return { line, cells, fault: null }
      return { line, cells: null, fault: `${cells.length} cells where the header has ${this.columns}` }
    } catch (error) {
      const fault = error instanceof TypeError ? 'the line is not UTF-8' : 'a quote stands where none may'
      return { line, cells: null, fault }
    }
  }
}

const LINE_BREAK = Uint8Array.of(0x0a)

/** True where the line opens a quoted cell that it does not close, or closes one that an earlier line opened. */
function hasOpenQuote(line: Line): boolean {
  if (line.tooLong !== null) return false
  let quotes = 0
  for (let i = line.bytes.indexOf(QUOTE); i >= 0; i = line.bytes.indexOf(QUOTE, i + 1)) quotes += 1
  return quotes % 2 === 1
}
