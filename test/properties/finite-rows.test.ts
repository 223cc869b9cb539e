import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EnergyReading, WeatherReading } from '../../src/events/reading.ts'
import { dailyEnergySummary } from '../../src/streams/topologies/energy.ts'
import { weatherMonthly } from '../../src/streams/topologies/weather.ts'
import { topologyDriver } from '../../src/testing/topology-driver.ts'
import { energyReading, weatherReading } from '../events/readings.ts'

// A row has finite numbers only: what no double can hold is null, since no store but Postgres knows NaN and infinity.

const anyMeasurement = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(1.7e308, -1.7e308, 5e-324, 0),
)

test('a month of any temperatures has numbers or null', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyMeasurement, anyMeasurement), { maxLength: 8 }), (values) => {
      const driver = topologyDriver<WeatherReading>(weatherMonthly)
      driver.pipe(
        ...values.map(([temperature, windSpeed], i) => ({
          ...weatherReading,
          timestamp: weatherReading.timestamp - i * 9 * 86_400_000,
          temperature,
          windSpeed,
        })),
      )
      for (const row of driver.rows().values())
        for (const cell of Object.values(row)) if (typeof cell === 'number') expect(cell).toSatisfy(Number.isFinite)
    }),
    { numRuns: 50 },
  )
})

test('a day of any consumption and solar production has numbers or null', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyMeasurement, anyMeasurement), { maxLength: 8 }), (values) => {
      const driver = topologyDriver<EnergyReading>(dailyEnergySummary)
      for (const [i, [consumed, produced]] of values.entries()) {
        const slot = { ...energyReading, timestamp: energyReading.timestamp + i * 900_000 }
        driver.pipe({ ...slot, series: 'consumption', productionType: null, value: consumed }, { ...slot, value: produced })
      }
      for (const row of driver.rows().values())
        for (const cell of Object.values(row)) if (typeof cell === 'number') expect(cell).toSatisfy(Number.isFinite)
    }),
    { numRuns: 50 },
  )
})
