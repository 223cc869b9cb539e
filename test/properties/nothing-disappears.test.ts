import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { WeatherReading } from '../../src/events/reading.ts'
import { LEDGER_FATES, ledgerAddsUp } from '../../src/runtime/ledger.ts'
import { weatherData } from '../../src/streams/topologies/weather.ts'
import { topologyDriver } from '../../src/testing/topology-driver.ts'
import { oracle } from '../oracle/oracle.ts'
import { toldReading } from './told-readings.ts'

// Invariant 4: at every moment accepted = current + superseded + stale + duplicate + too late + dead-lettered, each reading exactly
// one of them.

const lateness = fc.option(fc.constantFrom(0, 160, 1440), { nil: null })

test('after every batch the ledger holds each reading once, under the fate that a naive recount gives it', () => {
  fc.assert(
    fc.property(fc.array(fc.array(toldReading, { maxLength: 12 }), { maxLength: 6 }), lateness, (batches, minutes) => {
      const driver = topologyDriver<WeatherReading>(weatherData, minutes === null ? {} : { allowedLatenessMinutes: minutes })
      const told: WeatherReading[] = []
      for (const batch of batches) {
        driver.pipe(...batch)
        told.push(...batch)
        const { fates } = oracle(
          'weather',
          told.map((reading, offset) => ({ partition: 0, offset, reading, code: null })),
          minutes === null ? null : minutes * 60_000,
        )
        const ledger = driver.ledger()
        expect(ledgerAddsUp(ledger)).toBe(true)
        expect(ledger.accepted).toBe(told.length)
        for (const fate of LEDGER_FATES)
          expect([fate, ledger[fate]]).toEqual([fate, fates.filter((each) => each === fate).length])
      }
    }),
    { numRuns: 100 },
  )
})
