import { WindrowError } from '../core/errors.ts'
import type { View } from '../views/view.ts'

/** What to throw where a view has no topic yet. */
export function viewNotBuilt(view: View): WindrowError {
  return new WindrowError('WR_VIEW_EMPTY', {
    message: `The view ${view.name} has not been built yet.`,
    remedy: 'Build it with `windrow run --until-end` (or `windrow start`), then try again.',
    kind: 'failure',
    facts: { view: view.name },
  })
}
