import { auditSteps } from '../audit/audit-steps.ts'
import type { SetupStep, SetupTarget } from '../setup-step.ts'

/** The steps of the other parts of the warehouse, which find the roles made and the tables owned. */
export function partsOfOthers(target: SetupTarget): readonly SetupStep[] {
  return auditSteps(target)
}
