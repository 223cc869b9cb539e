import { type Life, quietLife } from './life-plan.ts'
import { differencesOf, type Trial } from './trial.ts'

/** Runs at most: a failure is worth some seconds, not minutes. */
const MOST_RUNS = 400

/** A smaller trial that fails too: fewer records, fewer lives, fewer faults. */
export async function shrinkTrial(failing: Trial): Promise<Trial> {
  let smallest = failing
  let runs = 0
  const fails = async (trial: Trial): Promise<boolean> => {
    runs += 1
    return (await differencesOf(trial)).length > 0
  }
  for (let progress = true; progress && runs < MOST_RUNS; ) {
    progress = false
    for (const candidate of smaller(smallest)) {
      if (runs >= MOST_RUNS) break
      if (!(await fails(candidate))) continue
      smallest = candidate
      progress = true
      break
    }
  }
  return smallest
}

function* smaller(trial: Trial): Generator<Trial> {
  yield* withoutRecords(trial)
  yield* withQuieterWays(trial)
  if (trial.history.allowedLatenessMinutes !== null)
    yield { ...trial, history: { ...trial.history, allowedLatenessMinutes: null } }
}

/** Halves first, then quarters, down to one record. */
function* withoutRecords(trial: Trial): Generator<Trial> {
  const { records } = trial.history
  for (let size = Math.ceil(records.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < records.length; from += size) {
      const kept = [...records.slice(0, from), ...records.slice(from + size)]
      if (kept.length > 0) yield { ...trial, history: { ...trial.history, records: kept } }
    }
  }
}

function* withQuieterWays(trial: Trial): Generator<Trial> {
  for (const w of [0, 1] as const) {
    const lives = trial.ways[w]
    const quiet = quietLife(trial.history.records.length)
    const replaced = (way: readonly Life[]): Trial => ({ ...trial, ways: w === 0 ? [way, trial.ways[1]] : [trial.ways[0], way] })
    if (lives.length > 1 || differs(lives[0] as Life, quiet)) yield replaced([quiet])
    for (let i = 0; i < lives.length - 1; i++) yield replaced([...lives.slice(0, i), ...lives.slice(i + 1)])
    for (const [i, life] of lives.entries()) {
      for (const name of Object.keys(quiet) as (keyof Life)[]) {
        if (name === 'records' || life[name] === quiet[name]) continue
        yield replaced([...lives.slice(0, i), { ...life, [name]: quiet[name] }, ...lives.slice(i + 1)])
      }
    }
  }
}

function differs(life: Life, quiet: Life): boolean {
  return (Object.keys(quiet) as (keyof Life)[]).some((name) => name !== 'records' && life[name] !== quiet[name])
}
