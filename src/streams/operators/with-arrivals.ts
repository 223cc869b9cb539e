import type { OperatorFunction } from 'rxjs'
import type { Reading } from '../../events/reading.ts'
import type { Changes } from '../changes.ts'
import { batchOperator } from '../plan.ts'

/**
 * Has the operators that follow look again at readings of which no more changed than how they arrived, for instance because a record repeats
 * one. To be used where a column is made of `ROW_ARRIVAL`, first in the pipe.
 */
export function withArrivals<R extends Reading>(): OperatorFunction<Changes<R>, Changes<R>> {
  return batchOperator({ operator: 'withArrivals' }, () => (changes, emit) => {
    emit(changes)
    if (changes.arrivals !== null) emit(changes.arrivals)
  })
}
