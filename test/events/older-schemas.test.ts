import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defineEvent } from '../../src/events/define-event.ts'
import type { EventType } from '../../src/events/event-type.ts'
import type { WeatherReading } from '../../src/events/reading.ts'
import { weatherReadings } from '../../src/events/weather.ts'
import { batchOf, decodedReadings, decoderOf, recordsOf } from './batches.ts'
import { expected } from './every-type.ts'
import { anyWeatherReading, weatherReading } from './readings.ts'

const runs = { numRuns: 40 }

describe('records of older schemas', () => {
  const without = (...names: string[]): string => {
    const schema = JSON.parse(weatherReadings.schema)
    return JSON.stringify({ ...schema, fields: schema.fields.filter((field: { name: string }) => !names.includes(field.name)) })
  }
  const change = (name: string, type: unknown): string => {
    const schema = JSON.parse(weatherReadings.schema)
    const fields = schema.fields.map((field: { name: string }) =>
      field.name === name ? { ...field, type, default: undefined } : field,
    )
    return JSON.stringify({ ...schema, fields })
  }
  const older = (schema: string): EventType<WeatherReading> =>
    defineEvent<WeatherReading>({ name: 'weather', topic: 'weather.readings', schema, key: 'station_id' })

  test('are read as if the fields added since were null', () => {
    const old = older(without('next_hour_temp', 'next_hour_precip', 'is_storm'))
    fc.assert(
      fc.property(fc.array(anyWeatherReading, { minLength: 1, maxLength: 10 }), (readings) => {
        const known = readings.map((reading) => ({ ...reading, nextHourTemp: null, nextHourPrecip: null, isStorm: null }))
        const decoder = decoderOf(weatherReadings, { schemas: { 1: weatherReadings.schema, 2: old.schema } })
        const fromOld = decoder.decode(batchOf(recordsOf(old, readings, 2)))
        const fromNew = decoder.decode(batchOf(recordsOf(weatherReadings, known)))
        expect(fromOld.faults).toEqual([])
        expect(decodedReadings(weatherReadings, fromOld)).toEqual(decodedReadings(weatherReadings, fromNew))
        expect(fromOld.rows).toEqual(fromNew.rows)
      }),
      runs,
    )
  })

  test('are read where a type was widened, a field was dropped, or the fields stood in another order', () => {
    const wider = older(change('humidity', ['null', 'int']))
    const schema = JSON.parse(weatherReadings.schema)
    const more = older(JSON.stringify({ ...schema, fields: [...schema.fields, { name: 'dew_point', type: 'string' }].reverse() }))
    const decoder = decoderOf(weatherReadings, { schemas: { 2: wider.schema, 3: more.schema } })
    const records = [
      ...recordsOf(wider, [weatherReading], 2),
      ...recordsOf(more, [{ ...weatherReading, dewPoint: 'unused' } as WeatherReading], 3),
    ]
    const batch = decoder.decode(batchOf(records))
    expect(batch.faults).toEqual([])
    expect(decodedReadings(weatherReadings, batch)).toEqual(
      [0, 1].map((offset) => expected(weatherReadings, weatherReading, offset)),
    )
  })

  test('give the same faults', () => {
    const old = older(without('next_hour_precip'))
    const decoder = decoderOf(weatherReadings, { schemas: { 2: old.schema } })
    const [record] = recordsOf(old, [weatherReading], 2)
    const value = (record as { value: Uint8Array }).value
    const cut = value.subarray(0, value.length - 1)
    const longer = new Uint8Array([...value, 0])
    const notUtf8 = new Uint8Array(value)
    notUtf8[Buffer.from(value).indexOf('Rain')] = 0xff
    const batch = decoder.decode(batchOf([cut, longer, notUtf8, value].map((bytes) => ({ key: 'paris', value: bytes }))))
    expect(batch.faults.map(({ code }) => code)).toEqual(Array(3).fill('WR_READING_MALFORMED'))
    expect(batch.count).toBe(1)
  })

  test('take the default of a text field that was added, also where it is not ASCII', () => {
    const schema = JSON.parse(weatherReadings.schema)
    schema.fields.push({ name: 'network', type: 'string', default: 'réseau' })
    const newer = defineEvent<WeatherReading>({ name: 'weather', topic: 't', schema, key: 'station_id' })
    const decoder = decoderOf(newer, { schemas: { 1: weatherReadings.schema } })
    const batch = decoder.decode(batchOf(recordsOf(weatherReadings, [weatherReading])))
    expect(decodedReadings(newer, batch)[0]?.payload.network).toBe('réseau')
  })

  test('become faults when their schema is unknown or cannot be read, and an error when it was not loaded', () => {
    const schemas = {
      2: null,
      3: change('temperature', 'string'),
      4: '{',
      5: '"string"',
      6: change('pressure', { type: 'array', items: 'null' }),
    }
    const decoder = decoderOf(weatherReadings, { schemas })
    const records = [2, 3, 4, 5, 6].flatMap((id) => recordsOf(weatherReadings, [weatherReading], id))
    const batch = decoder.decode(batchOf(records))
    expect(batch.faults.map(({ code }) => code)).toEqual(['WR_SCHEMA_UNKNOWN', ...Array(4).fill('WR_SCHEMA_INCOMPATIBLE')])
    const later = batchOf([...records, ...recordsOf(weatherReadings, [weatherReading], 0xffffffff)])
    expect(decoder.unknownSchemaIds(later)).toEqual([2, 0xffffffff])
    expect(() => decoder.decode(later)).toThrow(expect.objectContaining({ code: 'WR_SCHEMA_NOT_LOADED' }))
  })
})
