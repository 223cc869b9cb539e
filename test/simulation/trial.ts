import { checkOutcome, compareRuns, expectationOf } from './check-outcome.ts'
import { generateHistory } from './generate-history.ts'
import type { History } from './history.ts'
import { type Life, planLives } from './life-plan.ts'
import { seededRandom } from './random.ts'
import { type Outcome, runHistory } from './run-history.ts'

/** A history and two ways of living it through. */
export interface Trial {
  readonly seed: number
  readonly history: History
  readonly ways: readonly [readonly Life[], readonly Life[]]
}

/** The trial of a seed; it follows from the seed alone. */
export function trialOf(seed: number): Trial {
  const random = seededRandom(seed)
  const history = generateHistory(random.fork())
  return {
    seed,
    history,
    ways: [planLives(random.fork(), history.records.length), planLives(random.fork(), history.records.length)],
  }
}

/** Long after a run that takes milliseconds has come to its end. */
const PATIENCE_MS = 20_000

/**
 * Runs a trial and says what is wrong: where a run differs from the oracle, or the two from each other, or where something failed
 * that was not to fail. Empty when all is well.
 */
export async function differencesOf({ seed, history, ways }: Trial): Promise<string[]> {
  const outcomes: Outcome[] = []
  const differences: string[] = []
  const expectation = expectationOf(history)
  for (const [i, lives] of ways.entries()) {
    const outcome = await patiently(runHistory(history, lives, seed + i))
    if (outcome === null) return [`run ${i + 1} does not come to an end`]
    outcomes.push(outcome)
    const found = [...outcome.findings, ...checkOutcome(history, expectation, outcome.state)]
    differences.push(...found.map((difference) => `run ${i + 1}: ${difference}`))
  }
  const [a, b] = outcomes as [Outcome, Outcome]
  return [...differences, ...compareRuns(a.state, b.state)]
}

async function patiently<T>(work: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), PATIENCE_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
