import { expect, test } from 'vitest'
import type { AirReading } from '../../src/events/reading.ts'
import { dailySensorMeans } from '../../src/streams/topologies/air.ts'
import { topologyDriver } from '../../src/testing/topology-driver.ts'

const place = { city: 'Accra', country: 'GH', latitude: 5.4, longitude: 0.05, timeZone: 'UTC' }

function reading(iso: string, values: Partial<AirReading>): AirReading {
  return {
    stationId: 'a',
    timestamp: Date.parse(iso),
    intervalMinutes: 60,
    location: place,
    revisedAt: null,
    ingestedAt: Date.parse('2025-06-01T00:00:00Z'),
    dataOrigin: 'test',
    co: null,
    no2: null,
    o3: null,
    pm10: null,
    pm25: null,
    temperature: null,
    humidity: null,
    ...values,
  }
}

test('a daily mean appears with its first reading and completes when the watermark reaches the end of the day', () => {
  const driver = topologyDriver<AirReading>(dailySensorMeans)
  const [first] = driver.pipe(reading('2025-01-01T00:00:00Z', { co: 1 }))
  expect(first).toMatchObject({
    key: '["a","2025-01-01"]',
    isNew: true,
    row: { coMean: 1, n: 1, expected: 24, complete: false, pm25Mean: null },
  })
  expect(driver.pipe(reading('2025-01-01T23:00:00Z', { co: 3, pm25: 20 }))).toMatchObject([
    {
      key: '["a","2025-01-01"]',
      isNew: false,
      row: { coMean: 2, n: 2, complete: true, pm25ExceedsWho: true, coverage: 2 / 24, coValid: false },
    },
  ])
})

test('a reading of the next day completes the day before, whatever the gap', () => {
  const driver = topologyDriver<AirReading>(dailySensorMeans)
  driver.pipe(reading('2025-01-01T05:00:00Z', { co: 1 }))
  const changed = driver.pipe(reading('2025-01-09T05:00:00Z', { co: 5 }))
  expect(changed.map(({ key, row }) => [key, row?.complete])).toEqual([
    ['["a","2025-01-09"]', false],
    ['["a","2025-01-01"]', true],
  ])
})

test('a revision replaces, an older revision changes nothing, an equal reading is a duplicate', () => {
  const driver = topologyDriver<AirReading>(dailySensorMeans)
  const at = '2025-01-01T05:00:00Z'
  driver.pipe(reading(at, { co: 1 }))
  expect(driver.pipe(reading(at, { co: 2, revisedAt: 5 }))[0]?.row).toMatchObject({ coMean: 2, n: 1, revisedAt: 5 })
  expect(driver.pipe(reading(at, { co: 3, revisedAt: 4 }))).toEqual([])
  expect(driver.pipe(reading(at, { co: 2, revisedAt: 5, ingestedAt: Date.parse('2025-06-02T00:00:00Z') }))).toEqual([])
  expect(driver.ledger()).toEqual({ accepted: 4, current: 1, superseded: 1, stale: 1, duplicate: 1, tooLate: 0, deadLettered: 0 })
})

test('a revision that moves the station to another zone moves its reading to another day, and empties the first', () => {
  const driver = topologyDriver<AirReading>(dailySensorMeans)
  driver.pipe(reading('2025-01-01T23:30:00Z', { co: 1 }))
  const moved = driver.pipe(
    reading('2025-01-01T23:30:00Z', { co: 1, revisedAt: 1, location: { ...place, timeZone: 'Europe/Paris' } }),
  )
  expect(moved.map(({ key, row }) => [key, row === null])).toEqual([
    ['["a","2025-01-01"]', true],
    ['["a","2025-01-02"]', false],
  ])
  expect([...driver.rows().keys()]).toEqual(['["a","2025-01-02"]'])
})
