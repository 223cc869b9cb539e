import { expect, test } from 'vitest'
import { arrivalsOf } from '../../bench/workloads/arrivals.ts'
import type { WorkloadSpec } from '../../bench/workloads/workload.ts'

const spec: WorkloadSpec = {
  kind: 'air',
  readings: 20_000,
  stations: 64,
  intervalMinutes: 3,
  delayMinutes: 5,
  repeatEvery: 100,
  order: 'by time',
}

const counts = (arrivals: Uint32Array): Map<number, number> => {
  const seen = new Map<number, number>()
  for (const index of arrivals) seen.set(index, (seen.get(index) ?? 0) + 1)
  return seen
}

test('one of a hundred arrivals repeats an earlier one, and every other reading comes once', () => {
  const seen = counts(arrivalsOf(spec))
  expect(seen.size).toBe(19_800)
  expect(Math.max(...seen.keys())).toBe(19_799)
})

test('readings arrive at most the delay after one that is later', () => {
  const slot = (index: number): number => Math.floor(index / spec.stations)
  let latest = 0
  let late = 0
  for (const index of arrivalsOf({ ...spec, repeatEvery: 0 })) {
    latest = Math.max(latest, slot(index))
    expect((latest - slot(index)) * spec.intervalMinutes).toBeLessThan(spec.delayMinutes)
    if (slot(index) < latest) late += 1
  }
  expect(late).toBeGreaterThan(1000)
})

test('shuffled, the same readings come in an order that says nothing of time, the same one every time', () => {
  const shuffled = arrivalsOf({ ...spec, order: 'shuffled' })
  expect(counts(shuffled)).toEqual(counts(arrivalsOf(spec)))
  expect(shuffled).toEqual(arrivalsOf({ ...spec, order: 'shuffled' }))
  const firstHalf = shuffled.subarray(0, 10_000)
  const mean = firstHalf.reduce((sum, index) => sum + index, 0) / firstHalf.length
  expect(Math.abs(mean - 9_900)).toBeLessThan(300)
})
