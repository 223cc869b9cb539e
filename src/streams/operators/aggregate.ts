import type { OperatorFunction } from 'rxjs'
import { WindrowError } from '../../core/errors.ts'
import type { Cell } from '../../views/view.ts'
import type { Aggregate } from '../aggregates/aggregate.ts'
import { FixedAggregator } from '../aggregates/fixed-aggregator.ts'
import { SessionAggregator } from '../aggregates/session-aggregator.ts'
import type { WindowColumns } from '../aggregates/window-state.ts'
import { batchOperator, type Plan, type PlanStep } from '../plan.ts'
import type { Rows } from '../rows.ts'
import { isSessions } from '../windows/windower.ts'
import type { Windowed } from './windows.ts'

/** The names of the number columns. */
export type NumberName<Columns> = { [K in keyof Columns & string]: Columns[K] extends number | null ? K : never }[keyof Columns &
  string]
/** The names of the flag columns. */
export type FlagName<Columns> = { [K in keyof Columns & string]: Columns[K] extends boolean | null ? K : never }[keyof Columns &
  string]

type CellOf<A> = A extends Aggregate<infer _Numbers, infer T, infer _Flags> ? T : never

/** The row that a set of aggregates makes. */
export type AggregateRow<Key, Spec> = Key & WindowColumns & { readonly [K in keyof Spec]: CellOf<Spec[K]> }

export interface AggregateOptions<Columns> {
  /** The column whose values make `n` and `coverage`; without it they count readings. */
  readonly counting?: NumberName<Columns>
}

/**
 * One row a group and window: the key, the window's own columns (see WindowColumns) and the aggregates. A window without
 * readings has no row; when a revision empties one, its row goes.
 */
export function aggregate<
  Columns,
  Key,
  Spec extends Readonly<Record<string, Aggregate<NumberName<Columns>, Cell, FlagName<Columns>>>>,
>(spec: Spec, options: AggregateOptions<Columns> = {}): OperatorFunction<Windowed<Columns, Key>, Rows<AggregateRow<Key, Spec>>> {
  const counting = options.counting ?? null
  const columns = Object.entries(spec).map(([name, { step }]) => ({ name, ...step }))
  return batchOperator(
    (upstream) => {
      if (Object.values(spec).some(({ step }) => isOfArrivals(step))) assertArrivals(upstream)
      return { operator: 'aggregate', counting, columns }
    },
    () => {
      let aggregator: FixedAggregator | SessionAggregator | undefined
      return ({ changes, source, keyNames, windows }, emit) => {
        aggregator ??= isSessions(windows)
          ? new SessionAggregator(source, keyNames, windows, spec, counting)
          : new FixedAggregator(source, keyNames, windows, spec, counting)
        aggregator.mark(changes)
        if (changes.emit) aggregator.emit(emit)
      }
    },
  )
}

/** Whether an aggregate, or the one that it is made of, is of how readings arrived. */
function isOfArrivals({ operator, of }: PlanStep): boolean {
  return operator === 'arrivals' || (of !== undefined && isOfArrivals(of as PlanStep))
}

/** A row that is not made again when nothing but an arrival changes would depend on how the records were cut into batches. */
function assertArrivals(upstream: Plan): void {
  const operators = upstream.map(({ operator }) => operator)
  if (operators.includes('withArrivals') && !operators.includes('join')) return
  throw new WindrowError('WR_TOPOLOGY_ORDER', {
    message: operators.includes('join')
      ? 'arrivals stands behind join, whose rows are of several readings.'
      : 'arrivals stands without withArrivals.',
    remedy: 'Write withArrivals(), keyBy(...), and then windows and aggregates; a join is a topology of its own.',
    kind: 'usage',
  })
}
