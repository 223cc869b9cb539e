import { describe, test } from 'vitest'
import { liveHistory } from './random-history.ts'

describe('whatever starts, stops, falls asleep, is replayed, cut short and taken back', () => {
  const seeds = [1, 2, 3, 4, 5, 6, 27, 40, 41]
  test.concurrent.each(seeds)('the views end as a fresh run makes them: history %i', { timeout: 60_000 }, (seed) =>
    liveHistory(seed),
  )
})
