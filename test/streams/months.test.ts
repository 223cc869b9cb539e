import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { WeatherReading } from '../../src/events/reading.ts'
import { weatherMonthly } from '../../src/streams/topologies/weather.ts'
import { topologyDriver } from '../../src/testing/topology-driver.ts'
import { place, weather } from './readings.ts'

const BEGIN = Date.UTC(2025, 0, 20)
const HOUR = 3_600_000

/** Readings of one station in one zone over about six months, some of them revised. */
const reading = fc
  .record({
    day: fc.nat(170),
    hour: fc.nat(3),
    temperature: fc.double({ min: -30, max: 40, noNaN: true }),
    revision: fc.option(fc.nat(2), { nil: null }),
  })
  .map(({ day, hour, temperature, revision }) =>
    weather(BEGIN + (day * 24 + hour * 7) * HOUR, {
      temperature,
      revisedAt: revision === null ? null : BEGIN + revision,
      location: place('Europe/Paris'),
    }),
  )

test('a month is the same to the bit whether its days come at once, in order, or some long after the others', () => {
  fc.assert(
    fc.property(fc.array(fc.array(reading, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 12 }), (commits) => {
      const step = topologyDriver<WeatherReading>(weatherMonthly)
      const whole = topologyDriver<WeatherReading>(weatherMonthly)
      for (const readings of commits) {
        step.pipe(...readings)
        whole.take(...readings)
      }
      whole.pipe()
      expect(step.rows()).toEqual(whole.rows())
    }),
    { numRuns: 200 },
  )
})
