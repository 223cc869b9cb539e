import type { OperatorFunction } from 'rxjs'
import type { Cell } from '../../views/view.ts'
import { batchOperator } from '../plan.ts'
import type { OutRow, Rows } from '../rows.ts'

/**
 * Adds cells that are computed from the other cells of the row. The function has to be pure and to name the same cells every
 * time; `version` stands for its logic and has to be raised when that changes.
 */
export function derive<Row, Extra extends Readonly<Record<string, Cell>>>(
  version: number,
  compute: (row: Row) => Extra,
): OperatorFunction<Rows<Row>, Rows<Row & Extra>> {
  return batchOperator({ operator: 'derive', version }, () => {
    let from: readonly string[] | undefined
    let names: readonly string[] = []
    return (batch, emit) => {
      const rows = batch.rows.map((row): OutRow => {
        if (row.gone) return row
        const extra = compute(asObject<Row>(batch.names, row.cells))
        if (from !== batch.names) {
          from = batch.names
          names = [...batch.names, ...Object.keys(extra)]
        }
        return { ...row, cells: [...row.cells, ...Object.values(extra)] }
      })
      emit({ names: from === batch.names ? names : batch.names, keyCount: batch.keyCount, rows, last: batch.last })
    }
  })
}

function asObject<Row>(names: readonly string[], cells: readonly Cell[]): Row {
  const object: Record<string, Cell> = {}
  for (let i = 0; i < names.length; i++) object[names[i] as string] = cells[i] as Cell
  return object as Row
}

/** a - b, null where either is. */
export function difference(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b
}

/** a / b, null where either is or b is 0. */
export function quotient(a: number | null, b: number | null): number | null {
  return a === null || b === null || b === 0 ? null : a / b
}
