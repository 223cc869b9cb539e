import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WeatherReading } from '../../src/events/reading.ts'
import { topologyDriver } from '../../src/testing/topology-driver.ts'
import { identityOf, rowsAfter, toldReading, weatherTopologies } from './told-readings.ts'

// Invariant 2: of two readings with the same identity the higher `revisedAt` wins, null being lowest and ties going to the later offset;
// one that is equal in all but `ingestedAt` and `dataOrigin` changes nothing.

/** The readings that are left when every identity keeps its winner. */
function winners(readings: readonly WeatherReading[]): WeatherReading[] {
  const kept = new Map<string, WeatherReading>()
  for (const reading of readings) {
    const before = kept.get(identityOf(reading))
    if (before === undefined || (reading.revisedAt ?? -1) >= (before.revisedAt ?? -1)) kept.set(identityOf(reading), reading)
  }
  return [...kept.values()]
}

describe.each(weatherTopologies.map((topology) => [topology.name, topology] as const))('%s', (_, topology) => {
  test('has the rows that the winning readings alone would make', () => {
    fc.assert(
      fc.property(fc.array(toldReading, { maxLength: 40 }), (readings) => {
        expect(rowsAfter(topology, [readings])).toEqual(rowsAfter(topology, [winners(readings)]))
      }),
      { numRuns: 40 },
    )
  })

  test('is not changed by a duplicate, whenever it comes', () => {
    fc.assert(
      fc.property(fc.array(toldReading, { minLength: 1, maxLength: 20 }), fc.nat(), (readings, n) => {
        const driver = topologyDriver<WeatherReading>(topology)
        driver.pipe(...readings)
        const winning = winners(readings)
        const again = winning[n % winning.length] as WeatherReading
        expect(driver.pipe({ ...again, ingestedAt: again.ingestedAt + 1, dataOrigin: 'told again' })).toEqual([])
        expect(driver.ledger().duplicate).toBeGreaterThan(0)
      }),
      { numRuns: 40 },
    )
  })
})
