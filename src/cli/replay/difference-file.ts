import { existsSync } from 'node:fs'
import { dirname, extname, resolve } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { jsonCell } from '../../api/cell-text.ts'
import { WindrowError } from '../../core/errors.ts'
import { SortedStore } from '../../kv/sorted-store.ts'
import type { RowDifference } from '../../sinks/compare-store.ts'
import { parseKey } from '../../views/row-key.ts'
import type { Cell, View, ViewColumn } from '../../views/view.ts'
import { writeTable } from '../export/write-table.ts'
import type { BuiltView } from './built-views.ts'

/** Collects differences on the local disk and writes them as a file, whole or not at all. */
export interface DifferenceFile {
  add(view: View, store: string, difference: RowDifference): Promise<void>
  write(): Promise<void>
  /** Forgets what was collected. */
  close(): Promise<void>
}

const FORMATS = ['.csv', '.json', '.parquet']
/** Bytes of a line's number. */
const NUMBER_BYTES = 8

/** A table's file must be named after one of the formats, in a folder that is there: better told now than after an hour. */
export function refuseBadOutput(folder: string, output: string): void {
  const path = resolve(folder, output)
  const isKnown = FORMATS.includes(extname(path).toLowerCase())
  if (isKnown && existsSync(dirname(path))) return
  throw new WindrowError('WR_USAGE', {
    message: isKnown
      ? `${dirname(path)} is no folder to write ${output} to.`
      : `${output} does not say in which format to write it.`,
    remedy: `Give --output a file in a folder that exists, named ${FORMATS.map((format) => `*${format}`).join(', ')}.`,
    kind: 'usage',
  })
}

/**
 * A line a differing column: the view, the store, what kind of difference, the key, the column, and both values as text. A row that is missing
 * or too much is one line without a column, with all its values as a JSON object.
 */
export function openDifferenceFile(folder: string, output: string, views: readonly BuiltView[]): DifferenceFile {
  refuseBadOutput(folder, output)
  const lines = new SortedStore()
  const table = tableOf(views.map(({ view }) => view))
  let count = 0
  const put = async (cells: readonly Cell[]): Promise<void> => {
    const number = new DataView(new ArrayBuffer(NUMBER_BYTES))
    number.setBigUint64(0, BigInt(count++))
    await lines.put(new Uint8Array(number.buffer), serialize(cells))
  }
  return {
    async add(view, store, difference) {
      for (const cells of linesOf(table, view, store, difference)) await put(cells)
    },
    write: () => writeTable(folder, output, table, pagesOf(lines)),
    close: () => lines.close(),
  }
}

async function* pagesOf(lines: SortedStore): AsyncGenerator<ReadonlyArray<readonly Cell[]>> {
  for await (const page of lines.entries()) yield page.map(({ value }) => deserialize(value) as readonly Cell[])
}

const text = (column: string): ViewColumn => ({
  name: column,
  column,
  type: 'text',
  nullable: true,
  unit: null,
  doc: '',
  isKey: false,
})

/** The key columns of all views, each once. */
function tableOf(views: readonly View[]): View {
  const keys = [...new Set(views.flatMap(({ key }) => key.map(({ column }) => column)))]
  const columns = [...['view', 'store', 'difference'], ...keys, ...['column', 'expected', 'found']].map(text)
  return { name: 'differences', doc: '', key: [], values: columns, columns, stores: [] }
}

function* linesOf(table: View, view: View, store: string, { kind, key, expected, found }: RowDifference): Generator<Cell[]> {
  const keyCells = new Map(parseKey(view, key).map((cell, i) => [view.key[i]?.column, cellText(view.key[i] as ViewColumn, cell)]))
  const line = (column: string | null, wanted: string | null, had: string | null): Cell[] => {
    const own = new Map<string, Cell>([
      ['view', view.name],
      ['store', store],
      ['difference', kind],
      ['column', column],
      ['expected', wanted],
      ['found', had],
    ])
    return table.columns.map((each) => own.get(each.column) ?? keyCells.get(each.column) ?? null)
  }
  if (expected === null || found === null) {
    yield line(null, expected === null ? null : rowText(view, expected), found === null ? null : rowText(view, found))
    return
  }
  for (const [i, column] of view.columns.entries()) {
    const [wanted, had] = [expected[i] ?? null, found[i] ?? null]
    if (!Object.is(wanted, had)) yield line(column.column, cellText(column, wanted), cellText(column, had))
  }
}

function cellText(column: ViewColumn, cell: Cell): string | null {
  const value = jsonCell(column, cell)
  return value === null ? null : String(value)
}

function rowText(view: View, cells: readonly Cell[]): string {
  return JSON.stringify(
    Object.fromEntries(view.values.map((column, i) => [column.column, jsonCell(column, cells[view.key.length + i] ?? null)])),
  )
}
