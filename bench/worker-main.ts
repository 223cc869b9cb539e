// A process of its own for one job of the benchmarks; started by `startWorker`.
import { channel, sendToParent } from './process/channel.ts'
import { killGroup } from './process/kill-group.ts'
import type { Job, ToWorker } from './process/messages.ts'
import type { ScenarioParams } from './scenarios/run-scenario.ts'

/** Loads only what the job needs, so that its memory is its own. */
async function run({ kind, name, params }: Job): Promise<unknown> {
  switch (kind) {
    case 'scenario': {
      const { runScenario } = await import('./scenarios/run-scenario.ts')
      return runScenario(name, params as ScenarioParams)
    }
    case 'step': {
      const { runStep } = await import('./steps/steps.ts')
      return runStep(name, params, channel)
    }
  }
}

/** Nobody would take the result any more, and a load without an end would go on for ever. */
function endWithParent(kind: Job['kind']): void {
  process.once('disconnect', () => {
    if (kind === 'scenario' && process.platform !== 'win32') killGroup(process.pid)
    process.exit(1)
  })
}

process.on('message', async (message: ToWorker) => {
  if (message.type !== 'job') return
  endWithParent(message.job.kind)
  try {
    await sendToParent({ type: 'done', result: await run(message.job) })
    process.exit(0)
  } catch (error) {
    await sendToParent({ type: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    process.exit(1)
  }
})
