import { WindrowError } from '../../core/errors.ts'
import { sqlStateOf } from './sql-errors.ts'

/**
 * True for a statement that fails because of the values in it: data exception (22), integrity constraint (23), a limit of Postgres (54), an
 * exception that a trigger raises (P0001), or a view's check (44).
 */
function refusesValues(state: string): boolean {
  return /^(?:22|23|44|54)/.test(state) || state === 'P0001'
}

/** The error of a statement that writes rows, as the sink's port has it. */
export function rowError(view: string, error: unknown): unknown {
  const state = sqlStateOf(error)
  if (state === null || !refusesValues(state) || !(error instanceof WindrowError)) return error
  return new WindrowError('WR_ROW_REFUSED', {
    message: `Postgres refuses a row of ${view}: ${error.message.replace(/^Postgres refused a statement: /, '')}`,
    remedy: `Remove the constraint or trigger that refuses it from the table ${view}, then retry the dead letter: windrow dlq retry.`,
    facts: { view, ...error.facts },
    cause: error,
  })
}

export function fenced(view: string, partition: number): WindrowError {
  return new WindrowError('WR_FENCED', {
    message: `${view}/${partition} in Postgres belongs to another owner by now; nothing was written`,
    remedy: 'Nothing needs to be done: the new owner goes on from the stored progress.',
    facts: { view, partition },
  })
}
