import type { SetupStep, SetupTarget } from '../setup-step.ts'

/** The steps of the other parts of the warehouse. */
export function partsOfOthers(_target: SetupTarget): readonly SetupStep[] {
  return []
}
