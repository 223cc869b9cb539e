import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WeatherReading } from '../../src/events/reading.ts'
import { weatherDataQuality } from '../../src/streams/topologies/quality.ts'
import { topologyDriver } from '../../src/testing/topology-driver.ts'
import { identityOf, rowsAfter, toldReading, weatherTopologies } from './told-readings.ts'

// Invariant 1: a view is a function of the log, to the bit. The simulation shows it for crashes, restarts and replays; here for
// every cut of one stream of readings, and for the order of readings that do not contradict each other.

/** After each reading: nothing, the end of a batch, or a commit. */
const cut = fc.constantFrom('go on', 'batch', 'commit')

describe.each([...weatherTopologies, weatherDataQuality].map((topology) => [topology.name, topology] as const))(
  '%s',
  (_, topology) => {
    test('has the same rows however its readings are cut into batches and commits', () => {
      fc.assert(
        fc.property(fc.array(fc.tuple(toldReading, cut), { maxLength: 40 }), (told) => {
          const driver = topologyDriver<WeatherReading>(topology)
          let batch: WeatherReading[] = []
          for (const [reading, then] of told) {
            batch.push(reading)
            if (then === 'go on') continue
            if (then === 'batch') driver.take(...batch)
            else driver.pipe(...batch)
            batch = []
          }
          driver.pipe(...batch)
          expect(driver.rows()).toEqual(rowsAfter(topology, [told.map(([reading]) => reading)]))
        }),
        { numRuns: 60 },
      )
    })

    test('has the same rows in whatever order different readings come', () => {
      const different = fc.uniqueArray(toldReading, { selector: identityOf, maxLength: 30 })
      const twoOrders = different.chain((readings) =>
        fc.tuple(fc.constant(readings), fc.shuffledSubarray(readings, { minLength: readings.length })),
      )
      fc.assert(
        fc.property(twoOrders, ([readings, shuffled]) => {
          expect(rowsAfter(topology, [shuffled])).toEqual(
            rowsAfter(
              topology,
              readings.map((reading) => [reading]),
            ),
          )
        }),
        { numRuns: 40 },
      )
    })
  },
)
