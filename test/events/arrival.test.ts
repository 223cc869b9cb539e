import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arrivalOfBoth, duplicatesOf, firstArrival, MOST_DUPLICATES, secondsAfterStart } from '../../src/events/arrival.ts'
import { MAX_TIME, MIN_TIME } from '../../src/events/reading-limits.ts'

const record = fc.record({ after: fc.integer({ min: -86_400_000, max: 1e12 }), isDuplicate: fc.boolean() })

test('of several records is the least time and the number of duplicates, in any order', () => {
  fc.assert(
    fc.property(fc.integer({ min: -86_400_000, max: 1e12 }), fc.array(record), (first, others) => {
      const arrival = others.reduce(
        (all, { after, isDuplicate }) => arrivalOfBoth(all, firstArrival(0, after), isDuplicate),
        firstArrival(0, first),
      )
      expect(secondsAfterStart(arrival)).toBe(Math.floor(Math.min(first, ...others.map(({ after }) => after)) / 1000))
      expect(duplicatesOf(arrival)).toBe(others.filter(({ isDuplicate }) => isDuplicate).length)
    }),
  )
})

test('counts duplicates up to a limit', () => {
  let arrival = firstArrival(0, 5000)
  for (let i = 0; i < MOST_DUPLICATES + 5; i++) arrival = arrivalOfBoth(arrival, firstArrival(0, 5000), true)
  expect([secondsAfterStart(arrival), duplicatesOf(arrival)]).toEqual([5, MOST_DUPLICATES])
})

test('is exact over all times that a reading can have', () => {
  for (const [timestamp, ingestedAt] of [
    [MIN_TIME, MAX_TIME],
    [MAX_TIME, MAX_TIME - 86_400_000],
    [MIN_TIME + 1, MIN_TIME],
  ] as const) {
    const arrival = arrivalOfBoth(firstArrival(timestamp, ingestedAt), firstArrival(timestamp, MAX_TIME), true)
    expect(Number.isSafeInteger(arrival)).toBe(true)
    expect(secondsAfterStart(arrival)).toBe(Math.floor((ingestedAt - timestamp) / 1000))
    expect(duplicatesOf(arrival)).toBe(1)
  }
})
