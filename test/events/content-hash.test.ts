import fc from 'fast-check'
import { expect, test } from 'vitest'
import { airReadings } from '../../src/events/air.ts'
import { contentHash } from '../../src/events/content-hash.ts'
import { defineEvent } from '../../src/events/define-event.ts'
import type { AirReading } from '../../src/events/reading.ts'
import { weatherReadings } from '../../src/events/weather.ts'
import { airReading, anyWeatherReading, paris, weatherReading } from './readings.ts'

test('when and by whom a reading was published is no part of its content', () => {
  const again = { ...airReading, ingestedAt: airReading.ingestedAt + 3_600_000, dataOrigin: 'file' }
  expect(contentHash(airReadings, again)).toBe(contentHash(airReadings, airReading))
})

test('any other difference gives another hash', () => {
  const changes: Array<Partial<AirReading>> = [
    {},
    { co: 0.32 },
    { co: null },
    { o3: 0 },
    { no2: airReading.pm10, pm10: airReading.no2 },
    { timestamp: airReading.timestamp + 1 },
    { intervalMinutes: 30 },
    { stationId: 'smart189' },
    { revisedAt: 1 },
    { location: { ...paris, timeZone: 'UTC' } },
    { location: { ...paris, city: null, country: 'Paris' } },
  ]
  const hashes = changes.map((change) => contentHash(airReadings, { ...airReading, ...change }))
  expect(new Set(hashes).size).toBe(changes.length)
})

test('a revision of nothing but its time is told from a revision of the value', () => {
  const revised = { ...airReading, revisedAt: 5 }
  expect(contentHash(airReadings, revised)).not.toBe(contentHash(airReadings, airReading))
  expect(contentHash(airReadings, revised, { revisedAt: false })).toBe(
    contentHash(airReadings, { ...airReading, revisedAt: 9 }, { revisedAt: false }),
  )
  expect(contentHash(airReadings, { ...revised, co: 1 }, { revisedAt: false })).not.toBe(
    contentHash(airReadings, revised, { revisedAt: false }),
  )
})

test('it is the same in every version, as it is kept in the log', () => {
  expect(contentHash(airReadings, airReading)).toBe(12_446_731_351_273_834_831n)
  expect(contentHash(weatherReadings, weatherReading)).toBe(14_272_266_956_664_794_688n)
  const later = JSON.parse(airReadings.schema)
  later.fields.push({ name: 'so2', type: ['null', 'double'], default: null })
  later.fields.splice(3, 0, { name: 'benzene', type: ['null', 'double'], default: null })
  const next = defineEvent<AirReading>({ name: 'air', topic: 'air.readings', schema: later, key: 'station_id' })
  expect(contentHash(next, airReading)).toBe(12_446_731_351_273_834_831n)
})

test('it is the same for 0 and -0, and 64 bits wide', () => {
  expect(contentHash(airReadings, { ...airReading, pm25: -0 })).toBe(contentHash(airReadings, airReading))
  fc.assert(
    fc.property(anyWeatherReading, (reading) => {
      const hash = contentHash(weatherReadings, reading)
      return hash >= 0n && hash < 1n << 64n && hash === contentHash(weatherReadings, { ...reading })
    }),
    { numRuns: 50 },
  )
})
