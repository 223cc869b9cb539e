import { parseArgs } from 'node:util'
import { describeTrial } from '../test/simulation/describe-trial.ts'
import { shrinkTrial } from '../test/simulation/shrink-trial.ts'
import { differencesOf, trialOf } from '../test/simulation/trial.ts'

const HELP = `Lives short random histories through and compares with a naive recomputation.
  npm run simulate -- [--seeds N] [--seed FIRST]
  --seeds N    how many (default 1000)
  --seed S     the first; the others follow (default: taken from the clock)
`

function parse() {
  const { values } = parseArgs({
    options: { seeds: { type: 'string', default: '1000' }, seed: { type: 'string' }, help: { type: 'boolean', default: false } },
  })
  const seeds = Number(values.seeds)
  const first = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed)
  if (!Number.isSafeInteger(seeds) || seeds < 1 || !Number.isSafeInteger(first))
    throw new TypeError('--seeds and --seed take whole numbers')
  return { seeds, first, help: values.help }
}

function progress(done: number, seeds: number, seed: number, startedAt: number): void {
  const perSecond = (done / (performance.now() - startedAt)) * 1000
  const line = `${done} of ${seeds} histories, ${perSecond.toFixed(0)} a second, seed ${seed}`
  if (process.stderr.isTTY) process.stderr.write(`\r${line}\u001b[K`)
  else if (done % 500 === 0 || done === seeds) process.stderr.write(`${line}\n`)
}

async function main(): Promise<number> {
  const { seeds, first, help } = parse()
  if (help) {
    process.stdout.write(HELP)
    return 0
  }
  process.stderr.write(`simulating ${seeds} histories from seed ${first}\n`)
  const startedAt = performance.now()
  let seed = first
  process.on('unhandledRejection', (error) => {
    // A promise that nobody waits for is a fault of the engine too.
    process.stdout.write(`\nseed ${seed} leaves a rejection unhandled: npm run simulate -- --seeds 1 --seed ${seed}\n`)
    throw error
  })
  for (let done = 0; done < seeds; done++) {
    seed = first + done
    const trial = trialOf(seed)
    const differences = await differencesOf(trial)
    if (differences.length > 0) {
      process.stderr.write(`\nseed ${trial.seed} fails, looking for a smaller history that does\n`)
      const smallest = await shrinkTrial(trial)
      process.stdout.write(`${describeTrial(smallest, await differencesOf(smallest))}\n`)
      return 1
    }
    progress(done + 1, seeds, trial.seed, startedAt)
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  process.stdout.write(`${seeds} histories from seed ${first} end as they should (${seconds} s)\n`)
  return 0
}

process.exitCode = await main()
