import { describe, expect, expectTypeOf, test } from 'vitest'
import { isWindrowError } from '../../src/core/errors.ts'
import { airReadings } from '../../src/events/air.ts'
import { commonFields, defineEvent } from '../../src/events/define-event.ts'
import { energyReadings } from '../../src/events/energy.ts'
import type { EventType } from '../../src/events/event-type.ts'
import type { AirReading, Reading } from '../../src/events/reading.ts'
import { weatherReadings } from '../../src/events/weather.ts'

interface NoiseReading extends Reading {
  readonly sensor: string
  readonly level: number
}

const sensor = { name: 'sensor', type: 'string' }

function noise(payload: readonly object[], common: readonly object[] = commonFields, key = sensor): EventType<NoiseReading> {
  return defineEvent<NoiseReading>({
    name: 'noise',
    topic: 'noise.readings',
    schema: { type: 'record', name: 'NoiseReading', fields: [key, ...common, ...payload] },
    key: 'sensor',
  })
}

function failure(run: () => unknown): { code: string; message: string; remedy: string } {
  try {
    run()
  } catch (error) {
    if (isWindrowError(error)) return { code: error.code, message: error.message, remedy: error.remedy }
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('the built-in events', () => {
  test('have the columns of their readings in the order of the schema, with units', () => {
    expect(airReadings.payload.map(({ name, unit, kind }) => [name, unit, kind])).toEqual([
      ['co', 'mg/m3', 'number'],
      ['no2', 'ug/m3', 'number'],
      ['o3', 'ug/m3', 'number'],
      ['pm10', 'ug/m3', 'number'],
      ['pm25', 'ug/m3', 'number'],
      ['temperature', 'Cel', 'number'],
      ['humidity', '%', 'number'],
    ])
    expect(weatherReadings.payload.map(({ field, kind }) => `${field}:${kind}`)).toEqual([
      'temperature:number',
      'humidity:number',
      'pressure:number',
      'wind_speed:number',
      'wind_direction:number',
      'precipitation:number',
      'weather_condition:text',
      'is_rain:flag',
      'is_storm:flag',
      'next_hour_temp:number',
      'next_hour_precip:number',
    ])
    expect(energyReadings.payload.map(({ field }) => field)).toEqual(['value'])
    expect(energyReadings.subKeyFields).toEqual(['series', 'production_type'])
  })

  test('carry the type of their readings', () => {
    expectTypeOf(airReadings).toEqualTypeOf<EventType<AirReading>>()
  })

  test.each([weatherReadings, energyReadings, airReadings])('document every field of $name', (event) => {
    const undocumented: string[] = []
    const walk = (fields: Array<{ name: string; doc?: string; unit?: string; type: unknown }>): void => {
      for (const field of fields) {
        if (!field.doc) undocumented.push(field.name)
        if (
          /"(double|int|long)"/.test(JSON.stringify(field.type)) &&
          !JSON.stringify(field.type).includes('fields') &&
          !field.unit
        ) {
          undocumented.push(`unit of ${field.name}`)
        }
        const nested = (field.type as { fields?: typeof fields }).fields
        if (nested) walk(nested)
      }
    }
    walk(JSON.parse(event.schema).fields)
    expect(undocumented).toEqual([])
  })
})

describe('defining an event of one’s own', () => {
  test('takes numbers, flags, texts and enums, each alone or nullable', () => {
    const event = noise([
      { name: 'level', type: 'double', unit: 'dB', minimum: 0, doc: 'Sound pressure level.' },
      { name: 'peak', type: ['float', 'null'] },
      { name: 'count', type: ['null', 'long'] },
      { name: 'is_night', type: 'boolean' },
      { name: 'source', type: ['null', { type: 'enum', name: 'Source', symbols: ['ROAD', 'RAIL'] }] },
      { name: 'second_source', type: 'Source' },
      { name: 'note', type: { type: 'string' } },
    ])
    const unbounded = { minimum: null, maximum: null }
    expect(event.payload).toEqual([
      { name: 'level', field: 'level', kind: 'number', unit: 'dB', minimum: 0, maximum: null, doc: 'Sound pressure level.' },
      { name: 'peak', field: 'peak', kind: 'number', unit: null, ...unbounded, doc: '' },
      { name: 'count', field: 'count', kind: 'number', unit: null, ...unbounded, doc: '' },
      { name: 'isNight', field: 'is_night', kind: 'flag', unit: null, ...unbounded, doc: '' },
      { name: 'source', field: 'source', kind: 'text', unit: null, ...unbounded, doc: '' },
      { name: 'secondSource', field: 'second_source', kind: 'text', unit: null, ...unbounded, doc: '' },
      { name: 'note', field: 'note', kind: 'text', unit: null, ...unbounded, doc: '' },
    ])
  })

  test.each([
    ['bytes', 'bytes'],
    ['arrays', { type: 'array', items: 'double' }],
    ['maps', { type: 'map', values: 'double' }],
    ['records', { type: 'record', name: 'Inner', fields: [] }],
    ['unions of two values', ['double', 'string']],
    ['unions of three', ['null', 'double', 'string']],
    ['unions of one', ['double']],
    ['null alone', 'null'],
  ])('refuses %s, naming the field and what to use', (_, type) => {
    const error = failure(() => noise([{ name: 'level', type }]))
    expect(error.code).toBe('WR_EVENT_SCHEMA')
    expect(error.message).toContain('"level"')
    expect(error.remedy).toContain('double, float, int, long, boolean, string or enum')
  })

  test.each(commonFields.map(({ name }) => name))('refuses a schema without %s', (name) => {
    const error = failure(() =>
      noise(
        [],
        commonFields.filter((field) => field.name !== name),
      ),
    )
    expect(error).toMatchObject({ code: 'WR_EVENT_SCHEMA', message: `The field "${name}" of the event "noise" is missing.` })
    expect(error.remedy).toContain('commonFields')
  })

  test.each([
    ['timestamp', 'long'],
    ['timestamp', { type: 'long', logicalType: 'timestamp-micros' }],
    ['interval_minutes', 'double'],
    ['revised_at', { type: 'long', logicalType: 'timestamp-millis' }],
    ['location', 'string'],
    ['data_origin', ['null', 'string']],
  ])('refuses %s of type %j', (name, type) => {
    const error = failure(() =>
      noise(
        [],
        commonFields.map((field) => (field.name === name ? { name, type } : field)),
      ),
    )
    expect(error.code).toBe('WR_EVENT_SCHEMA')
    expect(error.message).toContain(`"${name}"`)
  })

  test('refuses a key that may be null, text that is no schema, and a name that camelCase cannot tell apart', () => {
    expect(failure(() => noise([], commonFields, { name: 'sensor', type: ['null', 'string'] } as never)).message).toContain(
      '"sensor"',
    )
    expect(failure(() => noise([{ name: 'pm_2', type: 'double' }])).remedy).toBe('Name it "pm2".')
    const broken = { name: 'noise', topic: 'noise', key: 'sensor' as const, schema: '{"type":' }
    expect(failure(() => defineEvent<NoiseReading>(broken)).code).toBe('WR_EVENT_SCHEMA')
  })

  test('refuses a sub-key that could mean two things', () => {
    const schema = (fields: readonly object[]): object => ({ type: 'record', name: 'N', fields: [sensor, ...fields] })
    interface Two extends Reading {
      readonly sensor: string
      readonly a: string | null
      readonly b: string | null
    }
    const define = (fields: readonly object[]): EventType<Two> =>
      defineEvent<Two>({ name: 'n', topic: 'n', schema: schema(fields), key: 'sensor', subKey: ['a', 'b'] })
    const a = { name: 'a', type: 'string' }
    const b = { name: 'b', type: ['null', 'string'] }
    expect(define([a, b, ...commonFields]).subKeyFields).toEqual(['a', 'b'])
    expect(define([b, ...commonFields, a]).subKeyFields).toEqual(['a', 'b'])
    expect(failure(() => define([{ ...b, name: 'a' }, b, ...commonFields])).message).toContain('may be null')
  })
})
