import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { WeatherReading } from '../../src/events/reading.ts'
import { LEDGER_FATES, ledgerAddsUp } from '../../src/runtime/ledger.ts'
import { weatherDataQuality } from '../../src/streams/topologies/quality.ts'
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

/** What is told of a reading that is known: the same, another value of the same age, a revision. */
const retold = fc.constantFrom<Partial<WeatherReading>>(
  {},
  {},
  { temperature: 99 },
  { temperature: 98, revisedAt: Date.UTC(2025, 3) },
)

/** Readings, most of them told again later, as if at another time. */
const repeating = fc
  .array(fc.tuple(toldReading, fc.option(fc.nat(), { freq: 3 }), retold, fc.integer({ min: -9, max: 9 })), { maxLength: 50 })
  .map((told) => {
    const readings: WeatherReading[] = []
    for (const [reading, n, changed, hours] of told) {
      const known = n === null ? undefined : readings[n % readings.length]
      if (known === undefined) readings.push(reading)
      else readings.push({ ...known, ...changed, ingestedAt: known.ingestedAt + hours * 3_600_000 })
    }
    return readings
  })

test('data_quality has the duplicates of the ledger, each in its row, and the delays that a naive recount gives', () => {
  fc.assert(
    fc.property(repeating, lateness, fc.integer({ min: 1, max: 50 }), (told, minutes, size) => {
      const driver = topologyDriver<WeatherReading>(
        weatherDataQuality,
        minutes === null ? {} : { allowedLatenessMinutes: minutes },
      )
      for (let at = 0; at < told.length; at += size) driver.pipe(...told.slice(at, at + size))
      const records = told.map((reading, offset) => ({ partition: 0, offset, reading, code: null }))
      const expected = oracle('weather', records, minutes === null ? null : minutes * 60_000).views.data_quality
      const ofArrivals = ({ timedN, lateN, delayMedian, delayMax, duplicateN }: Readonly<Record<string, unknown>>) => ({
        ...{ timedN, lateN, delayMedian, delayMax, duplicateN },
      })
      const found = [...driver.rows()].map(([key, row]) => [key, ofArrivals(row)] as const)
      expect(new Map(found)).toEqual(new Map([...(expected ?? [])].map(([key, row]) => [key, ofArrivals(row)])))
      expect(found.reduce((sum, [, row]) => sum + Number(row.duplicateN), 0)).toBe(driver.ledger().duplicate)
    }),
    { numRuns: 150 },
  )
})
