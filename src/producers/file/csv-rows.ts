import { type Line, LineSplitter } from './byte-lines.ts'
import { type CsvRecord, CsvRecords, csvCells, delimiterOf } from './csv-records.ts'
import { brokenFault, type FilePart, MAX_ROW_BYTES, tooLongFault } from './file-rows.ts'
import { columnsError } from './row-mapping.ts'

/** The rows of a CSV file with a header line. Throws WR_FILE_COLUMNS where the first line is no header. */
export async function* csvRows(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<FilePart> {
  const lines = new LineSplitter(MAX_ROW_BYTES)
  let columns: readonly string[] = []
  let records: CsvRecords | null = null
  const partsOf = function* (line: Line): Generator<FilePart> {
    if (records !== null) for (const record of records.push(line)) yield partOf(record, columns)
    else if (line.bytes.byteLength > 0) {
      const header = headerOf(line)
      columns = header.columns
      records = new CsvRecords(columns.length, header.delimiter)
    }
  }
  for await (const chunk of chunks) for (const line of lines.push(chunk)) yield* partsOf(line)
  const last = lines.end()
  if (last !== null) yield* partsOf(last)
  if (records === null) throw columnsError('csv', [], 'is empty')
  for (const record of (records as CsvRecords).end()) yield partOf(record, columns)
}

function partOf({ line, cells, fault }: CsvRecord, columns: readonly string[]): FilePart {
  if (cells !== null) return { kind: 'row', line: line.number, columns, cells, bytes: () => line.bytes }
  if (line.tooLong !== null) return tooLongFault(line.number, line.bytes, line.tooLong, columns)
  return brokenFault(line.number, line.bytes, fault ?? 'the line is broken', columns)
}

function headerOf(line: Line): { readonly columns: readonly string[]; readonly delimiter: string } {
  try {
    if (line.tooLong !== null) throw new RangeError('too long')
    const text = new TextDecoder('utf-8', { fatal: true }).decode(line.bytes)
    if (text.includes('\r')) throw new RangeError('a CR within the line')
    const delimiter = delimiterOf(text)
    return { columns: csvCells(text, delimiter).map((column) => column.trim()), delimiter }
  } catch (cause) {
    throw columnsError('csv', [], 'begins with a line that is no header of UTF-8 text (lines end with LF or CRLF)', cause)
  }
}
