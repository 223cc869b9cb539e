import { jsonCell } from '../../api/cell-text.ts'
import type { Cell, View } from '../../views/view.ts'

/** A value of two states of a row, as it is in JSON. */
export interface DifferingColumn {
  readonly column: string
  readonly expected: Cell
  readonly found: Cell
}

/** Those that differ; of a row that only one side has those that are not null. */
export function differingColumns(view: View, expected: readonly Cell[] | null, found: readonly Cell[] | null): DifferingColumn[] {
  return view.columns.flatMap((column, i) => {
    const [wanted, had] = [expected?.[i] ?? null, found?.[i] ?? null]
    if (column.isKey || Object.is(wanted, had)) return []
    return [{ column: column.column, expected: jsonCell(column, wanted), found: jsonCell(column, had) }]
  })
}

/** Cells under the names of their columns, as they are in JSON. */
export function namedCells(columns: View['columns'], cells: readonly Cell[]): Readonly<Record<string, Cell>> {
  return Object.fromEntries(columns.map((column, i) => [column.column, jsonCell(column, cells[i] ?? null)]))
}

export const valueText = (cell: Cell): string => (cell === null ? 'null' : String(cell))
