import type { Figure } from '../report/figure.ts'
import type { StepName, StepParams, StepResult } from '../steps/steps.ts'

/** What a scenario works with. */
export interface ScenarioContext {
  /** An empty folder for this scenario alone; whoever started it removes it. */
  readonly folder: string
  /** True asks for a small load that only shows that all works. */
  readonly quick: boolean
  /** Runs a step in a process of its own and resolves with its result. */
  step<N extends StepName>(name: N, params: StepParams<N>, options?: StepOptions): Promise<StepResult<N>>
  /** Starts a step that goes on beside others. */
  start<N extends StepName>(name: N, params: StepParams<N>, options?: StepOptions): RunningStep
}

export interface StepOptions {
  /** True lets it be profiled where that was asked for. */
  readonly profile?: boolean
  /** It is killed after so long; by default it may take as long as the scenario. */
  readonly timeoutMs?: number
}

export interface RunningStep {
  /** When its process was started, by `performance.now()`. */
  readonly startedAt: number
  /** Resolves when it is done. */
  readonly done: Promise<void>
  /** The facts of its next event of that name. */
  next(event: string): Promise<unknown>
  ask(question: string): Promise<unknown>
  /** Kills its process; resolves when it is gone. */
  kill(): Promise<void>
}

export type Scenario = (context: ScenarioContext) => Promise<readonly Figure[]>
