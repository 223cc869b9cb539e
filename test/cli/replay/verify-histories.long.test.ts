import { describe, expect, test } from 'vitest'
import { currentViews } from '../../../src/runtime/live-views.ts'
import { liveHistory, topologies } from '../../runtime/replay/random-history.ts'
import { verifyTopologies } from './verify-topologies.ts'

async function verifiedHistory(seed: number): Promise<void> {
  await liveHistory(seed, {
    async onPause(log, history, isOver) {
      const current = await currentViews(log)
      const built = topologies.filter(({ view }) => current.has(view.name))
      const { told, stores } = await verifyTopologies(log, built)
      expect(told, history).toEqual([])
      if (isOver) expect(stores.map(({ rows }) => rows?.unsettled)).toEqual([0, 0])
    },
  })
}

describe('whatever starts, stops, falls asleep, is replayed, cut short and taken back', () => {
  test.concurrent.each([1, 3, 4, 5])('no difference is found where there is none: history %i', { timeout: 60_000 }, (seed) =>
    verifiedHistory(seed),
  )
})
