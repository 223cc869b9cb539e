import { expect, test } from 'vitest'
import { describeTrial } from './describe-trial.ts'
import { shrinkTrial } from './shrink-trial.ts'
import { differencesOf, trialOf } from './trial.ts'

/** `npm run simulate -- --seeds N` runs as many as one likes. */
const SEEDS = 25
const FIRST_SEED = 1

test(`${SEEDS} short histories with crashes, revisions and bad input end as a naive recomputation says, twice to the bit`, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const trial = trialOf(seed)
    if ((await differencesOf(trial)).length === 0) continue
    const smallest = await shrinkTrial(trial)
    expect.fail(describeTrial(smallest, await differencesOf(smallest)))
  }
}, 120_000)
