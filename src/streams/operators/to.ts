import type { Observable, OperatorFunction } from 'rxjs'
import { WindrowError } from '../../core/errors.ts'
import { rowKeys } from '../../views/row-key.ts'
import type { Cell, RowChange, RowOf, View } from '../../views/view.ts'
import { batchOperator } from '../plan.ts'
import type { Rows } from '../rows.ts'

/** Changed rows of a view. */
export interface ViewRows {
  readonly view: View
  readonly rows: readonly RowChange[]
  readonly last: boolean
}

const views = new WeakMap<object, View>()

/** The view that an observable made by `to` leads to. */
export function viewOf(rows: Observable<ViewRows>): View | undefined {
  return views.get(rows)
}

/**
 * Sends the rows to a view, by the names of the cells. A row that lacks a column of the view does not compile. What is beyond the range
 * of a double (the sum of two of 1.7e308, a quotient by the least) becomes null.
 */
export function to<V extends View>(view: V): OperatorFunction<Rows<RowOf<V>>, ViewRows> {
  const target: View = view
  const step = {
    operator: 'to',
    view: target.name,
    columns: target.columns.map(({ column, type, nullable, isKey }) => ({ column, type, nullable, isKey })),
  }
  const operator = batchOperator<Rows<RowOf<V>>, ViewRows>(step, () => {
    const planFor = rowPlan(target)
    const keys = rowKeys(target)
    return (batch, emit) => {
      const rows = batch.rows.map((row): RowChange => {
        const plan = planFor(batch, row.gone)
        const cells: Cell[] = new Array(plan.length)
        for (let i = 0; i < plan.length; i++) cells[i] = representable(row.cells[plan[i] as number] as Cell)
        return { key: keys.format(cells), cells: row.gone ? null : cells, isNew: row.isNew }
      })
      emit({ view: target, rows, last: batch.last })
    }
  })
  return (source) => {
    const rows = operator(source)
    views.set(rows, target)
    return rows
  }
}

/** Neither JSON nor every store knows infinite numbers and NaN. */
function representable(cell: Cell): Cell {
  return typeof cell === 'number' && cell - cell !== 0 ? null : cell
}

/** For each column of the view (of the key alone for a row that is gone) the index of its cell; worked out once a list of names. */
function rowPlan(view: View): (batch: Rows<unknown>, gone: boolean) => readonly number[] {
  let names: readonly string[] | undefined
  let keyPlan: readonly number[] = []
  let fullPlan: readonly number[] | undefined
  return (batch, gone) => {
    if (names !== batch.names) {
      names = batch.names
      fullPlan = undefined
      keyPlan = view.key.map((column) => cellIndex(view, column.name, batch.names.slice(0, batch.keyCount)))
    }
    if (gone) return keyPlan
    fullPlan ??= view.columns.map((column) => cellIndex(view, column.name, batch.names))
    return fullPlan
  }
}

function cellIndex(view: View, name: string, names: readonly string[]): number {
  const index = names.indexOf(name)
  if (index >= 0) return index
  throw new WindrowError('WR_TOPOLOGY_ROW', {
    message: `The view ${view.name} has a column ${name}, but the rows sent to it do not.`,
    remedy: `Compute ${name} in the topology or take it out of the view. The rows have: ${names.join(', ')}.`,
    kind: 'usage',
  })
}
