import type { SetupStep, SetupTarget } from '../setup-step.ts'
import { grantSteps, placeSteps } from './grant-steps.ts'
import { ownershipSteps } from './ownership-steps.ts'
import { partsOfOthers } from './parts-of-others.ts'
import { policySteps } from './policy-steps.ts'
import { type Membership, roleSteps } from './role-steps.ts'

/** What every transaction of this command begins with. Nothing that somebody left in a schema stands in for what Postgres has itself. */
export const sessionSteps: readonly SetupStep[] = [
  { what: 'as the role that has logged in', sql: 'SET LOCAL ROLE NONE' },
  { what: 'names mean what they mean in Postgres itself', sql: 'SET LOCAL search_path = pg_catalog, pg_temp' },
  { what: 'nobody is held up for long', sql: "SET LOCAL lock_timeout = '20s'" },
]

/** All statements of a set-up in their order, to be run in one transaction after `sessionSteps`. */
export function setupSteps(target: SetupTarget, members: readonly Membership[]): SetupStep[] {
  return [
    ...roleSteps(members),
    ...placeSteps(target.schema),
    ...ownershipSteps(target),
    ...grantSteps(target),
    ...policySteps(target),
    ...partsOfOthers(target),
  ]
}
