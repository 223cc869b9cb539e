import type { OperatorFunction } from 'rxjs'
import { WindrowError } from '../../core/errors.ts'
import { batchOperator } from '../plan.ts'
import type { Keyed, RowSource } from '../row-source.ts'
import { JoinedRows } from '../sources/joined-rows.ts'
import { KeyRows, MergedRows } from '../sources/key-rows.ts'

/** A sub-key and the number column taken from its readings. */
export interface SeriesRef<Column extends string = string> {
  readonly subKey: string
  readonly column: Column
  readonly atLeast?: number
}

/** The `column` of the readings of one sub-key; with `atLeast` smaller values are taken as that bound, and counted by the flag `<name>Clamped`. */
export function series<Column extends string>(
  subKey: string,
  column: Column,
  options: { readonly atLeast?: number } = {},
): SeriesRef<Column> {
  return { subKey, column, ...options }
}

type Joined<Sides> = { readonly [K in keyof Sides & string]: number | null } & {
  readonly [K in keyof Sides & string as `${K}Clamped`]: boolean | null
}

/**
 * Joins several series of one key where start and interval are the same. `inner` has a row only while every side has a value,
 * `outer` while any has a reading. The watermark is the least over the sides.
 */
export function join<Columns, Key, Sides extends Readonly<Record<string, SeriesRef<keyof Columns & string>>>>(
  kind: 'inner' | 'outer',
  sides: Sides,
): OperatorFunction<Keyed<Columns, Key>, Keyed<Joined<Sides>, Key>> {
  const named = Object.entries(sides).map(([name, side]) => ({ name, ...side }))
  return batchOperator({ operator: 'join', kind, sides: named }, () => {
    let source: RowSource | undefined
    return (keyed, emit) => {
      if (source === undefined) {
        if (!(keyed.source instanceof KeyRows || keyed.source instanceof MergedRows)) {
          throw new WindrowError('WR_TOPOLOGY_ORDER', {
            message: 'join does not stand directly behind keyBy(key).',
            remedy: 'Write keyBy(key), join(...), and then windows and aggregates.',
            kind: 'usage',
          })
        }
        source = new JoinedRows(keyed.changes.view, named, kind === 'inner')
      }
      emit({ changes: keyed.changes, source, keyNames: keyed.keyNames })
    }
  })
}
