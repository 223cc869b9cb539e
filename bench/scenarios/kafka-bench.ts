import { type Figure, missingFigure } from '../report/figure.ts'
import type { WorkloadSpec } from '../workloads/workload.ts'
import type { ScenarioContext } from './scenario.ts'

/** What its parts measure with. */
export interface KafkaBench {
  readonly context: ScenarioContext
  readonly brokers: readonly string[]
  /** Of the readings in the log. */
  readonly workload: WorkloadSpec
  /** An empty folder; the one before is gone. */
  newFolder(): string
  /** Lets the log be as if nothing had been made of its readings yet. */
  forgetRows(): Promise<void>
}

const LONGEST_REASON = 200

/** The first line says what failed; all of it goes to stderr. */
export function failedFigure(part: string, error: unknown): Figure {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${part} failed: ${message}\n`)
  const [first = ''] = message.split('\n', 1)
  return missingFigure(part, first.slice(0, LONGEST_REASON), true)
}
