// @ts-check
// How to test a topology of one's own: no log, no broker, no clock.
import { expect, test } from 'vitest'
import { topologyDriver } from 'windrow/testing'
import { soilDaily } from './soil-moisture.js'

const location = { city: 'Lyon', country: 'FR', latitude: 45.76, longitude: 4.84, timeZone: 'Europe/Paris' }

/** @param {string} iso @param {number | null} moisture @param {number | null} [revisedAt] */
const reading = (iso, moisture, revisedAt = null) => ({
  probeId: 'field-7',
  timestamp: Date.parse(iso),
  intervalMinutes: 60,
  location,
  revisedAt,
  ingestedAt: Date.parse('2025-07-01T00:00:00Z'),
  dataOrigin: 'example',
  moisture,
  soilTemperature: null,
})

test('a late reading corrects the day it belongs to, in the probe’s own zone', () => {
  const driver = topologyDriver(soilDaily)
  driver.pipe(reading('2025-06-01T10:00:00Z', 30), reading('2025-06-02T10:00:00Z', 20))
  // 22:30 UTC is half past midnight in Lyon: the second of June.
  const [changed] = driver.pipe(reading('2025-06-01T22:30:00Z', 10))
  expect(changed).toMatchObject({ key: '["field-7","2025-06-02"]', row: { moistureMean: 15, moistureMin: 10, n: 2 } })
})

test('a revised value takes the place of the old one', () => {
  const driver = topologyDriver(soilDaily)
  driver.pipe(reading('2025-06-01T10:00:00Z', 30))
  driver.pipe(reading('2025-06-01T10:00:00Z', 34, Date.parse('2025-06-03T00:00:00Z')))
  expect(driver.rows().get('["field-7","2025-06-01"]')).toMatchObject({ moistureMean: 34, n: 1 })
})
