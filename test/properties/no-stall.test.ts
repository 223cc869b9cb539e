import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WeatherReading } from '../../src/events/reading.ts'
import { weatherDaily, weatherHourly, weatherMonthly } from '../../src/streams/topologies/weather.ts'
import { topologyDriver } from '../../src/testing/topology-driver.ts'
import { dayBounds } from '../oracle/local-calendar.ts'
import { oracle } from '../oracle/oracle.ts'
import { rowsAfter, toldReading, weatherTopologies } from './told-readings.ts'

// Invariant 5: a row appears with its first reading and is updated as readings come; a silent station holds back no other; `complete`
// turns true by event time alone, station by station.

const rowsOf = (station: string, rows: ReadonlyMap<string, unknown>) =>
  [...rows].filter(([key]) => key.includes(`"${station}"`)).sort(([a], [b]) => (a < b ? -1 : 1))

describe.each(weatherTopologies.map((topology) => [topology.name, topology] as const))('%s', (_, topology) => {
  test('has a row in the very commit of the first reading', () => {
    fc.assert(
      fc.property(toldReading, (reading) => {
        const changed = topologyDriver<WeatherReading>(topology).pipe(reading)
        expect(changed).toHaveLength(1)
        expect(changed[0]?.row).not.toBeNull()
      }),
      { numRuns: 20 },
    )
  })

  test('says of a station what it would say if there were no other', () => {
    fc.assert(
      fc.property(fc.array(toldReading, { maxLength: 30 }), (readings) => {
        const alone = readings.filter(({ stationId }) => stationId === 'a')
        const together = rowsAfter(
          topology,
          readings.map((reading) => [reading]),
        )
        expect(rowsOf('a', together)).toEqual(rowsOf('a', rowsAfter(topology, [alone])))
      }),
      { numRuns: 40 },
    )
  })
})

test.each([weatherHourly, weatherDaily, weatherMonthly])(
  'a window of $name is complete exactly when a reading of its station ends at or after its end',
  (topology) => {
    fc.assert(
      fc.property(fc.array(toldReading, { minLength: 1, maxLength: 20 }), (readings) => {
        const driver = topologyDriver<WeatherReading>(topology)
        for (const reading of readings) driver.pipe(reading)
        const records = readings.map((reading, offset) => ({ partition: 0, offset, reading, code: null }))
        const expected = oracle('weather', records, null).views[topology.view.name] ?? new Map()
        for (const [key, row] of driver.rows()) expect([key, row.complete]).toEqual([key, expected.get(key)?.complete])
      }),
      { numRuns: 30 },
    )
  },
)

test('a day is open until the last minute of it is covered, and then complete', () => {
  const day = dayBounds('2025-03-30', 'Europe/Paris')
  const at = (timestamp: number, intervalMinutes: number): WeatherReading => {
    const [example] = fc.sample(toldReading, { seed: 1, numRuns: 1 }) as [WeatherReading]
    const location = { ...example.location, timeZone: 'Europe/Paris' }
    return { ...example, stationId: 'a', timestamp, intervalMinutes, location, revisedAt: null }
  }
  const driver = topologyDriver<WeatherReading>(weatherDaily)
  driver.pipe(at(day.start, 60))
  expect(driver.rows().get('["a","2025-03-30"]')).toMatchObject({ complete: false, expected: 23 })
  driver.pipe(at(day.end - 60 * 60_000, 59))
  expect(driver.rows().get('["a","2025-03-30"]')).toMatchObject({ complete: false })
  driver.pipe(at(day.end - 60_000, 1))
  expect(driver.rows().get('["a","2025-03-30"]')).toMatchObject({ complete: true })
})
