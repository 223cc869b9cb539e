import type { OperatorFunction } from 'rxjs'
import { WindrowError } from '../../core/errors.ts'
import { camelCase } from '../../core/naming.ts'
import type { Reading } from '../../events/reading.ts'
import type { Changes } from '../changes.ts'
import { batchOperator } from '../plan.ts'
import type { Keyed, RowSource } from '../row-source.ts'
import { KeyRows, MergedRows, SubKeyRows } from '../sources/key-rows.ts'

/** The columns that operators may read: a reading's own, without what every reading has. */
export type PayloadOf<R> = Omit<R, keyof Reading>

/** The names of the text fields of a reading that can be its key. */
export type KeyName<R> = { [K in keyof PayloadOf<R> & string]: PayloadOf<R>[K] extends string ? K : never }[keyof PayloadOf<R> &
  string]

/**
 * Groups readings by the record's key, or with `'subKey'` by key and sub-key (`production/SOLAR`). The key is the one that the
 * event declares, so all readings of a group are in one partition; what crosses keys is aggregated in SQL.
 */
export function keyBy<R extends Reading, K extends KeyName<R>>(
  key: K,
  subKey: 'subKey',
): OperatorFunction<Changes<R>, Keyed<PayloadOf<R>, Record<K | 'subKey', string>>>
export function keyBy<R extends Reading, K extends KeyName<R>>(
  key: K,
): OperatorFunction<Changes<R>, Keyed<PayloadOf<R>, Record<K, string>>>
export function keyBy(key: string, subKey?: 'subKey'): OperatorFunction<Changes, Keyed<never, never>> {
  return batchOperator({ operator: 'keyBy', key, subKey }, () => {
    let source: RowSource | undefined
    const keyNames = subKey === undefined ? [key] : [key, subKey]
    return (changes, emit) => {
      source ??= sourceOf(changes, key, subKey !== undefined)
      emit({ changes, source, keyNames })
    }
  })
}

function sourceOf({ view, event }: Changes, key: string, withSubKey: boolean): RowSource {
  const declared = camelCase(event.keyField)
  if (key !== declared) {
    throw new WindrowError('WR_TOPOLOGY_KEY', {
      message: `A topology on ${event.name} readings is keyed by ${key}, but their key is ${declared}.`,
      remedy: `Use keyBy('${declared}'); aggregate over several keys in SQL.`,
      kind: 'usage',
    })
  }
  if (withSubKey) return new SubKeyRows(view)
  return event.subKeyFields.length > 0 ? new MergedRows(view) : new KeyRows(view)
}
