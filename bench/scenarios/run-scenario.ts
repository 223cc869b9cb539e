import { startWorker, type Worker } from '../process/worker.ts'
import type { Figure } from '../report/figure.ts'
import type { StepName, StepParams, StepResult } from '../steps/steps.ts'
import type { ScenarioContext, StepOptions } from './scenario.ts'
import { scenarios } from './scenarios.ts'

export interface ScenarioParams {
  readonly folder: string
  readonly quick: boolean
  /** Profiles of the CPU are written here; null: none are made. */
  readonly profileFolder: string | null
}

/** Runs a scenario in this process, and its steps in others. */
export async function runScenario(name: string, params: ScenarioParams): Promise<readonly Figure[]> {
  const entry = scenarios.find((candidate) => candidate.name === name)
  if (entry === undefined) throw new Error(`There is no scenario ${name}`)
  const scenario = await entry.load()
  return scenario(contextOf(name, entry.timeoutMs, params))
}

function contextOf(scenario: string, longestMs: number, { folder, quick, profileFolder }: ScenarioParams): ScenarioContext {
  const startStep = (name: StepName, params: unknown, { profile = false, timeoutMs = longestMs }: StepOptions = {}): Worker => {
    const execArgv = profile && profileFolder !== null ? profileOptions(profileFolder, `${scenario}-${name}`) : []
    return startWorker({ kind: 'step', name, params }, { timeoutMs, execArgv })
  }
  return {
    folder,
    quick,
    async step<N extends StepName>(name: N, params: StepParams<N>, options?: StepOptions) {
      return (await startStep(name, params, options).result) as StepResult<N>
    },
    start(name, params, options) {
      const { startedAt, result, next, ask, kill } = startStep(name, params, options)
      const done = result.then(() => undefined)
      // Of a step that is killed nobody asks.
      done.catch(() => undefined)
      return { startedAt, done, next, ask, kill }
    },
  }
}

function profileOptions(folder: string, name: string): string[] {
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}-${Date.now()}.cpuprofile`]
}
