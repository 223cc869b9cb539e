import type { RawCell } from './cells.ts'

/** A row of a file: cells in the order of the columns. Rows with the same columns share the array. */
export interface FileRow {
  readonly kind: 'row'
  readonly line: number
  readonly columns: readonly string[]
  readonly cells: readonly RawCell[]
  /** The row as it stands in the file (of Parquet: as JSON). To be called before the next row is pulled. */
  bytes(): Uint8Array
}

/** A part of a file that is no row. */
export interface FileFault {
  readonly kind: 'fault'
  readonly line: number
  /** Those of its file where a header tells them, null elsewhere. */
  readonly columns: readonly string[] | null
  /** Valid until the next row is pulled. */
  readonly bytes: Uint8Array
  readonly tooLong: { readonly byteLength: number; readonly hash: string } | null
  readonly code: `WR_${string}`
  readonly message: string
}

/** A property of a JSON document beside its arrays of rows. */
interface FileProperty {
  readonly kind: 'property'
  readonly name: string
  readonly value: unknown
}

export type FilePart = FileRow | FileFault | FileProperty

/** Lines, rows and JSON elements that are longer than this are no readings; they are never in memory whole. */
export const MAX_ROW_BYTES = 1024 * 1024

export function tooLongFault(
  line: number,
  bytes: Uint8Array,
  tooLong: { readonly byteLength: number; readonly hash: string },
  columns: readonly string[] | null = null,
): FileFault {
  const message = `${tooLong.byteLength} bytes in one line, where ${MAX_ROW_BYTES} are allowed`
  return { kind: 'fault', line, columns, bytes, tooLong, code: 'WR_LINE_TOO_LONG', message }
}

export function brokenFault(
  line: number,
  bytes: Uint8Array,
  message: string,
  columns: readonly string[] | null = null,
): FileFault {
  return { kind: 'fault', line, columns, bytes, tooLong: null, code: 'WR_LINE_BROKEN', message }
}
