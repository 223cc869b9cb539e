import type { OperatorFunction } from 'rxjs'
import { batchOperator } from '../plan.ts'
import type { Rows } from '../rows.ts'

/** The key columns that rows of all kinds of readings have in common. */
export interface KindKey {
  readonly kind: string
  readonly stationId: string
  readonly series: string
}

/**
 * Gives the rows of a kind of readings the key that they share with other kinds: `kind`, `stationId`, `series`, then what else their key
 * has. They come keyed by the event's key, and by its sub-key, which is the series; `onlySeries` stands where there is no sub-key.
 */
export function ofKind<Row>(kind: string, onlySeries: string): OperatorFunction<Rows<Row>, Rows<Row & KindKey>> {
  return batchOperator({ operator: 'ofKind', kind, onlySeries }, () => {
    let from: readonly string[] | undefined
    let names: readonly string[] = []
    let hasSubKey = false
    return (batch, emit) => {
      if (from !== batch.names) {
        from = batch.names
        hasSubKey = batch.names[1] === 'subKey'
        names = ['kind', 'stationId', 'series', ...batch.names.slice(hasSubKey ? 2 : 1)]
      }
      const rows = batch.rows.map((row) => {
        const [station, ...rest] = row.cells
        return { ...row, cells: hasSubKey ? [kind, station ?? null, ...rest] : [kind, station ?? null, onlySeries, ...rest] }
      })
      emit({ names, keyCount: batch.keyCount + (hasSubKey ? 1 : 2), rows, last: batch.last })
    }
  })
}
