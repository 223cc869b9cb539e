import type { Plan } from '../plan.ts'
import { dayWindows, hourWindows, monthWindows } from './calendar-windows.ts'
import { fixedWindows } from './fixed-windows.ts'
import type { AnyWindows } from './windower.ts'

/** The windows of a topology, null when its rows are no windows. */
export function windowsOfPlan(plan: Plan): AnyWindows | null {
  for (const step of plan) {
    switch (step.operator) {
      case 'calendarHours':
        return hourWindows
      case 'calendarDays':
        return dayWindows
      case 'calendarMonths':
        return monthWindows
      case 'tumbling':
      case 'hopping':
        return fixedWindows(step.operator, step.sizeMs as number, step.advanceMs as number)
      case 'sessions':
        return { kind: 'sessions', step, labelName: 'windowStart', gapMs: step.gapMs as number, boundMs: step.boundMs as number }
    }
  }
  return null
}

/** Whether each series (sub-key) of a station has rows of its own. */
export function isKeyedBySubKey(plan: Plan): boolean {
  return plan.some((step) => step.operator === 'keyBy' && step.subKey !== undefined)
}

/** The sub-keys that a join uses; null when the topology joins nothing. */
export function joinedSubKeys(plan: Plan): readonly string[] | null {
  const join = plan.find((step) => step.operator === 'join')
  return join === undefined ? null : (join.sides as ReadonlyArray<{ readonly subKey: string }>).map(({ subKey }) => subKey)
}
