import { describe, expect, test } from 'vitest'
import { isWindrowError, type WindrowError } from '../../src/core/errors.ts'
import { airReadings } from '../../src/events/air.ts'
import type { SchemaField } from '../../src/events/avro-schema.ts'
import { defineEvent } from '../../src/events/define-event.ts'
import { energyReadings } from '../../src/events/energy.ts'
import type { EventType } from '../../src/events/event-type.ts'
import type { AirReading } from '../../src/events/reading.ts'
import { assertReadable, type EventRegistry, type RegisteredVersion, registerEvent } from '../../src/events/schema-evolution.ts'
import { weatherReadings } from '../../src/events/weather.ts'
import { batchOf, decoderOf, recordsOf } from './batches.ts'
import { airReading } from './readings.ts'

const air = JSON.parse(airReadings.schema) as { fields: SchemaField[] }

/** The schema of air readings with its fields changed. */
const changed = (change: (fields: SchemaField[]) => readonly SchemaField[]): string =>
  JSON.stringify({ ...air, fields: change(structuredClone(air.fields)) })
const replaced = (name: string, field: Partial<SchemaField>): string =>
  changed((fields) => fields.map((old) => (old.name === name ? { ...old, ...field } : old)))

const event = (schema: string): EventType<AirReading> =>
  defineEvent<AirReading>({ name: 'air', topic: 'air.readings', schema, key: 'station_id' })

function refusal(present: EventType, ...schemas: string[]): WindrowError {
  const versions = schemas.map((schema, i): RegisteredVersion => ({ version: i + 1, id: i + 10, schema }))
  try {
    assertReadable('air.readings-value', versions, present)
  } catch (error) {
    if (isWindrowError(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('a schema that reads every older one', () => {
  test.each([
    ['itself', airReadings.schema],
    ['one without a nullable field', changed((fields) => fields.filter(({ name }) => name !== 'o3'))],
    ['one with a field more', changed((fields) => [...fields, { name: 'so2', type: ['null', 'double'], default: null }])],
    ['one with narrower numbers', replaced('pm10', { type: ['null', 'int'] })],
    ['one in another order', changed((fields) => fields.reverse())],
    ['one with other words', replaced('co', { doc: 'Carbon monoxide, as measured.' })],
    ['one that says no unit', replaced('co', { unit: undefined })],
  ])('may follow %s, and decodes its records', (_, old) => {
    expect(() => assertReadable('s', [{ version: 1, id: 2, schema: old }], airReadings)).not.toThrow()
    const reading = { ...airReading, so2: null }
    const batch = decoderOf(airReadings, { schemas: { 2: old } }).decode(batchOf(recordsOf(event(old), [reading], 2)))
    expect([batch.count, batch.faults]).toEqual([1, []])
  })
})

describe('a change that is not backward compatible is refused, naming subject, version and field:', () => {
  test.each<[string, EventType, string, string]>([
    [
      'a new field without default',
      event(changed((fields) => [...fields, { name: 'so2', type: 'double' }])),
      airReadings.schema,
      'so2',
    ],
    ['another type', event(replaced('co', { type: ['null', 'string'] })), airReadings.schema, 'co'],
    ['a narrower type', event(replaced('co', { type: ['null', 'int'] })), airReadings.schema, 'co'],
    ['no longer nullable', event(replaced('co', { type: 'double', default: undefined })), airReadings.schema, 'co'],
    ['another unit', event(replaced('co', { unit: 'ug/m3' })), airReadings.schema, 'co'],
    ['a unit left out', event(replaced('co', { unit: undefined })), airReadings.schema, 'co'],
    [
      'times that were microseconds',
      airReadings,
      replaced('timestamp', { type: { type: 'long', logicalType: 'timestamp-micros' } }),
      'timestamp',
    ],
    [
      'a part of the location that was another type',
      airReadings,
      changed((fields) => JSON.parse(JSON.stringify(fields).replace('["null","double"]', '["null","string"]'))),
      'location.latitude',
    ],
  ])('%s', (_, present, old, field) => {
    const error = refusal(present, airReadings.schema === old ? old : airReadings.schema, old)
    expect(error.code).toBe('WR_SCHEMA_INCOMPATIBLE')
    expect(error.facts).toMatchObject({ subject: 'air.readings-value', field })
    expect(error.message).toContain(`field ${field} `)
    expect(error.message).toMatch(/version [12] of air.readings-value/)
    expect(error.remedy).toContain('default')
  })

  test.each([
    ['text that is no schema', '{'],
    ['a schema that is no record', '"string"'],
    ['a record of another kind', energyReadings.schema],
    ['a list, whose length a broken record could make endless', replaced('co', { type: { type: 'array', items: 'null' } })],
  ])('%s', (_, old) => {
    const error = refusal(airReadings, airReadings.schema, old)
    expect(error.code).toBe('WR_SCHEMA_INCOMPATIBLE')
    expect(error.facts.version).toBe(2)
  })
})

describe('registering an event', () => {
  const registry = (...schemas: string[]): EventRegistry & { registered: Array<[string, string]> } => {
    const registered: Array<[string, string]> = []
    return {
      registered,
      versions: async () => schemas.map((schema, i) => ({ version: i + 1, id: i + 1, schema })),
      async register(subject, schema) {
        registered.push([subject, schema])
        return 42
      },
    }
  }

  test('gives the id of its schema under the topic’s name', async () => {
    const target = registry(changed((fields) => fields.slice(0, -1)))
    expect(await registerEvent(target, 'my.air', airReadings)).toBe(42)
    expect(target.registered).toEqual([['my.air-value', airReadings.schema]])
  })

  test('registers nothing that could not read what is there', async () => {
    const target = registry(weatherReadings.schema)
    await expect(registerEvent(target, 'my.air', airReadings)).rejects.toMatchObject({ code: 'WR_SCHEMA_INCOMPATIBLE' })
    expect(target.registered).toEqual([])
  })
})
