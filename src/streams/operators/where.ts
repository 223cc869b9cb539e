import type { OperatorFunction } from 'rxjs'
import { WindrowError } from '../../core/errors.ts'
import { batchOperator } from '../plan.ts'
import type { Keyed, RowSource } from '../row-source.ts'
import { FilteredRows, type RowReader } from '../sources/filtered-rows.ts'

/** A row with typed columns. */
export interface ColumnsOf<Columns> {
  readonly timestamp: number
  get<K extends keyof Columns & string>(column: K): Columns[K]
}

/**
 * Keeps the readings for which the predicate holds. It has to be a pure function of the reading; `version` stands for its logic
 * and has to be raised when that changes. Stands before `join`.
 */
export function where<Columns, Key>(
  version: number,
  predicate: (row: ColumnsOf<Columns>) => boolean,
): OperatorFunction<Keyed<Columns, Key>, Keyed<Columns, Key>> {
  return batchOperator(
    (upstream) => {
      if (upstream.some((step) => step.operator === 'join')) {
        throw new WindrowError('WR_TOPOLOGY_ORDER', {
          message: 'where stands behind join.',
          remedy: 'Filter the readings before they are joined.',
          kind: 'usage',
        })
      }
      return { operator: 'where', version }
    },
    () => {
      let source: RowSource | undefined
      return (keyed, emit) => {
        source ??= new FilteredRows(keyed.source, predicate as (row: RowReader) => boolean)
        emit({ ...keyed, source })
      }
    },
  )
}
