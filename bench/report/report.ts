import type { Machine } from '../measure/machine.ts'
import type { Figure } from './figure.ts'

/** What one run of the benchmarks found. */
export interface Report {
  /** ISO 8601, UTC. */
  readonly date: string
  readonly version: string
  readonly machine: Machine
  /** True: the loads were small, so the figures show only that all works. */
  readonly quick: boolean
  readonly scenarios: readonly ScenarioReport[]
}

export interface ScenarioReport {
  readonly name: string
  readonly title: string
  readonly seconds: number
  readonly figures: readonly Figure[]
  /** Why there are no figures; null when all went well. */
  readonly error: string | null
}
