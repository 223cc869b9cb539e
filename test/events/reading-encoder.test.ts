import avro from 'avsc'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isWindrowError } from '../../src/core/errors.ts'
import { airReadings } from '../../src/events/air.ts'
import { commonFields, defineEvent } from '../../src/events/define-event.ts'
import { energyReadings } from '../../src/events/energy.ts'
import type { AirReading, EnergyReading, Reading } from '../../src/events/reading.ts'
import { readingEncoder } from '../../src/events/reading-encoder.ts'
import { readingKey, subKeyOf } from '../../src/events/reading-key.ts'
import { weatherReadings } from '../../src/events/weather.ts'
import { schemaIdOf } from '../../src/events/wire-format.ts'
import { airReading, anyWeatherReading, energyReading, paris, weatherReading } from './readings.ts'

function refusal(run: () => unknown): { code: string; message: string } {
  try {
    run()
  } catch (error) {
    if (isWindrowError(error)) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('nothing was thrown')
}

const encodeAir = (change: Partial<Record<keyof AirReading, unknown>>): Uint8Array =>
  readingEncoder(airReadings, 1).encode({ ...airReading, ...change } as AirReading)

describe('the wire format', () => {
  test('is 0x00, the schema id in four bytes big-endian, and the Avro body', () => {
    const bytes = readingEncoder(airReadings, 0x01020304).encode(airReading)
    expect([...bytes.subarray(0, 5)]).toEqual([0, 1, 2, 3, 4])
    expect(schemaIdOf(bytes)).toBe(0x01020304)
    expect(schemaIdOf(bytes.subarray(0, 4))).toBe(-1)
    expect(schemaIdOf(bytes.subarray(1))).toBe(-1)
    const body = avro.Type.forSchema(JSON.parse(airReadings.schema)).fromBuffer(Buffer.from(bytes.subarray(5)))
    expect({ ...body, location: { ...body.location } }).toEqual({
      station_id: 'smart188',
      timestamp: airReading.timestamp,
      interval_minutes: 60,
      location: { city: 'Paris', country: 'FR', latitude: 48.8566, longitude: 2.3522, time_zone: 'Europe/Paris' },
      revised_at: null,
      ingested_at: airReading.ingestedAt,
      data_origin: 'airqino',
      co: 0.31,
      no2: 12.5,
      o3: null,
      pm10: 20,
      pm25: 0,
      temperature: 4.25,
      humidity: 81,
    })
  })
})

describe('encoding a reading', () => {
  test('gives what any Avro reader reads back, for any reading, each in memory of its own', () => {
    const type = avro.Type.forSchema(JSON.parse(weatherReadings.schema))
    const encoder = readingEncoder(weatherReadings, 7)
    fc.assert(
      fc.property(fc.array(anyWeatherReading, { maxLength: 20 }), (readings) => {
        const encoded = readings.map((reading) => encoder.encode(reading))
        readings.forEach((reading, i) => {
          const read = type.fromBuffer(Buffer.from((encoded[i] as Uint8Array).subarray(5)))
          expect(read.station_id).toBe(reading.stationId)
          expect(read.timestamp).toBe(reading.timestamp)
          expect(read.revised_at).toBe(reading.revisedAt)
          expect(read.wind_direction).toBe(reading.windDirection)
          expect(read.weather_condition).toBe(reading.weatherCondition)
          expect(read.is_storm).toBe(reading.isStorm)
          expect(read.location.time_zone).toBe(reading.location.timeZone)
          expect(read.location.city).toBe(reading.location.city)
        })
      }),
      { numRuns: 100 },
    )
  })

  test('takes a reading larger than the memory that it shares out', () => {
    interface Long extends Reading {
      readonly stationId: string
    }
    const encoder = readingEncoder(airReadings, 1)
    const reading = { ...airReading, location: { ...paris, city: 'x'.repeat(4096) } }
    const sizes = Array.from({ length: 40 }, () => encoder.encode(reading).byteLength)
    expect(new Set(sizes).size).toBe(1)
    expect(readingKey<Long>(airReadings as never, reading)).toBe('smart188')
  })

  test('writes an absent optional field as null and -0 as 0', () => {
    const { o3: _, ...withoutOzone } = airReading
    expect(readingEncoder(airReadings, 1).encode(withoutOzone as AirReading)).toEqual(encodeAir({}))
    expect(encodeAir({ pm25: -0, location: { ...paris, latitude: -0 } })).toEqual(
      encodeAir({ pm25: 0, location: { ...paris, latitude: 0 } }),
    )
  })

  test.each<[string, Partial<Record<keyof AirReading, unknown>>, string, string]>([
    ['NaN', { co: Number.NaN }, 'WR_READING_NOT_FINITE', 'co'],
    ['Infinity', { pm25: Number.POSITIVE_INFINITY }, 'WR_READING_NOT_FINITE', 'pm25'],
    ['a text for a number', { co: '0.3' }, 'WR_READING_FIELD', 'co'],
    ['no station', { stationId: null }, 'WR_READING_FIELD', 'stationId'],
    ['an empty station', { stationId: '' }, 'WR_READING_KEY', 'stationId'],
    ['a station of 513 bytes', { stationId: `${'ü'.repeat(256)}x` }, 'WR_READING_KEY', 'stationId'],
    ['half a surrogate pair', { stationId: '\ud800' }, 'WR_READING_TEXT', 'stationId'],
    ['U+0000', { dataOrigin: 'a\0b' }, 'WR_READING_TEXT', 'dataOrigin'],
    ['a text of 4097 bytes', { dataOrigin: 'x'.repeat(4097) }, 'WR_READING_TEXT', 'dataOrigin'],
    ['an unknown zone', { location: { ...paris, timeZone: 'Europe/Atlantis' } }, 'WR_READING_ZONE', 'location.timeZone'],
    ['an offset as zone', { location: { ...paris, timeZone: '+01:00' } }, 'WR_READING_ZONE', 'location.timeZone'],
    ['no zone', { location: { ...paris, timeZone: null } }, 'WR_READING_ZONE', 'location.timeZone'],
    ['no location', { location: null }, 'WR_READING_FIELD', 'location'],
    ['a latitude of 91', { location: { ...paris, latitude: 91 } }, 'WR_READING_COORDINATES', 'location.latitude'],
    ['a longitude of -181', { location: { ...paris, longitude: -181 } }, 'WR_READING_COORDINATES', 'location.longitude'],
    ['a latitude of NaN', { location: { ...paris, latitude: Number.NaN } }, 'WR_READING_NOT_FINITE', 'location.latitude'],
    ['an interval of 0', { intervalMinutes: 0 }, 'WR_READING_INTERVAL', 'intervalMinutes'],
    ['an interval of 1441', { intervalMinutes: 1441 }, 'WR_READING_INTERVAL', 'intervalMinutes'],
    ['half a minute', { intervalMinutes: 0.5 }, 'WR_READING_INTERVAL', 'intervalMinutes'],
    ['a time before 1900', { timestamp: -2_208_988_800_001 }, 'WR_READING_TIMESTAMP', 'timestamp'],
    ['microseconds', { timestamp: airReading.timestamp * 1000 }, 'WR_READING_TIMESTAMP', 'timestamp'],
    ['a part of a millisecond', { ingestedAt: 1.5 }, 'WR_READING_TIMESTAMP', 'ingestedAt'],
    ['a Date', { revisedAt: new Date() }, 'WR_READING_FIELD', 'revisedAt'],
    ['a start 24 h after publication', { timestamp: airReading.ingestedAt + 86_400_001 }, 'WR_READING_FUTURE', 'timestamp'],
  ])('refuses %s', (_, change, code, field) => {
    const refused = refusal(() => encodeAir(change))
    expect(refused.code).toBe(code)
    expect(refused.message).toContain(`The field ${field} of this air reading`)
  })

  test('refuses a whole number that JavaScript writers begin to get wrong', () => {
    interface Counted extends Reading {
      readonly sensor: string
      readonly count: number
    }
    const fields = [{ name: 'sensor', type: 'string' }, ...commonFields, { name: 'count', type: 'long' }]
    const schema = { type: 'record', name: 'Counted', fields }
    const encoder = readingEncoder(defineEvent<Counted>({ name: 'counted', topic: 'c', schema, key: 'sensor' }), 1)
    const counted = (count: number): Counted => ({ ...airReading, sensor: 's', count })
    expect(encoder.encode(counted(1 - 2 ** 52))).toBeInstanceOf(Uint8Array)
    expect(refusal(() => encoder.encode(counted(-(2 ** 52)))).message).toContain('2^52')
    expect(refusal(() => encoder.encode(counted(0.5))).code).toBe('WR_READING_FIELD')
  })

  test('refuses a sub-key that could be read as another', () => {
    const encoder = readingEncoder(energyReadings, 1)
    const reading = { ...energyReading, productionType: 'SOLAR/ROOF' }
    expect(refusal(() => encoder.encode(reading)).code).toBe('WR_READING_KEY')
  })
})

describe('the identity of a reading', () => {
  test('is its key and sub-key', () => {
    expect(readingKey(airReadings, airReading)).toBe('smart188')
    expect(subKeyOf(airReadings, airReading)).toBe('')
    expect(readingKey(energyReadings, energyReading)).toBe('FR')
    expect(subKeyOf(energyReadings, energyReading)).toBe('production/SOLAR')
    const consumption: EnergyReading = { ...energyReading, series: 'consumption', productionType: null }
    expect(subKeyOf(energyReadings, consumption)).toBe('consumption')
    expect(readingKey(weatherReadings, weatherReading)).toBe('paris')
  })
})
