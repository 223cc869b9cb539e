import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { camelCase } from '../../src/core/naming.ts'
import { airReadings } from '../../src/events/air.ts'
import { avroRecordType } from '../../src/events/avro-schema.ts'
import { energyReadings } from '../../src/events/energy.ts'
import type { EventType } from '../../src/events/event-type.ts'
import type { Reading } from '../../src/events/reading.ts'
import { readingEncoder } from '../../src/events/reading-encoder.ts'
import { weatherReadings } from '../../src/events/weather.ts'
import { defineView, double, instant, text } from '../../src/views/view.ts'
import { weatherDataView } from '../../src/views/weather.ts'
import { anyAirReading, anyEnergyReading, anyWeatherReading } from '../events/readings.ts'
import { telegrafConf } from './telegraf-conf.ts'
import { PLACE_TAGS, pointsOfView, telegrafPoints } from './telegraf-points.ts'
import { telegrafSchema } from './telegraf-schema.ts'

test('telegraf/telegraf.conf is made from the schemas and the view', async () => {
  await expect(telegrafConf()).toMatchFileSnapshot('../../telegraf/telegraf.conf')
})

test('no more is read and not yet written than there is room for, or it would count as written', () => {
  const conf = telegrafConf()
  const undelivered = [...conf.matchAll(/max_undelivered_messages = (\d+)/g)].map(([, count]) => Number(count))
  expect(undelivered).toHaveLength(telegrafPoints.length)
  const room = Number(/metric_buffer_limit = (\d+)/.exec(conf)?.[1])
  expect(room).toBeGreaterThan(undelivered.reduce((sum, count) => sum + count, 0))
})

describe('points of Telegraf', () => {
  const isNoField = new Set<string>(['timestamp', ...PLACE_TAGS])

  test('of weather have every column of the view weather_data, and no other', () => {
    const weather = telegrafPoints.find(({ event }) => event === weatherReadings)
    const names = [...(weather?.keyTags ?? []), 'timestamp', ...PLACE_TAGS, ...(weather?.fields ?? []).map(({ name }) => name)]
    expect(names).toEqual(weatherDataView.columns.map(({ column }) => column))
  })

  test('of energy and air have all of a reading', () => {
    for (const { event, keyTags, fields } of telegrafPoints.filter((each) => each.event !== weatherReadings)) {
      const all = telegrafSchema(event).fields.map(({ name }) => name)
      const here = [...keyTags, ...isNoField, ...fields.map(({ name }) => name)]
      expect(here.toSorted()).toEqual(all.toSorted())
    }
  })

  test('are not to be had of a view with a column that is no field of the reading, or of another type', () => {
    const key = { stationId: text('Station.'), timestamp: instant('Start.') }
    const view = (values: Parameters<typeof defineView>[0]['values']) =>
      defineView({ name: 'v', doc: '', key, values, stores: [] })
    expect(() => pointsOfView(weatherReadings, view({ dewPoint: double('Cel', 'Dew point.') }))).toThrow('v.dew_point is a float')
    expect(() => pointsOfView(weatherReadings, view({ isRain: double('1', 'Rain.') }))).toThrow('v.is_rain is a float')
  })
})

describe('the schema that Telegraf has', () => {
  const kinds: ReadonlyArray<readonly [topic: string, EventType, fc.Arbitrary<Reading>]> = [
    [weatherReadings.defaultTopic, weatherReadings, anyWeatherReading],
    [energyReadings.defaultTopic, energyReadings, anyEnergyReading],
    [airReadings.defaultTopic, airReadings, anyAirReading],
  ]

  test.each(kinds)('reads the records of %s with their head, and finds all of their values', (_, event, anyReading) => {
    const { json, fields } = telegrafSchema(event)
    const type = avroRecordType(JSON.parse(json))
    const encoder = readingEncoder(event, 7)
    fc.assert(
      fc.property(anyReading, (reading) => {
        const read = type.fromBuffer(Buffer.from(encoder.encode(reading)))
        expect(Buffer.from(read.head).toString('hex')).toBe('0000000007')
        const { location, ...own } = reading as unknown as Readonly<Record<string, unknown>>
        const values: Readonly<Record<string, unknown>> = { ...own, ...(location as object) }
        for (const { name } of fields) expect(read[name]).toEqual(values[camelCase(name)])
      }),
      { numRuns: 50 },
    )
  })

  test('has no logical types, of which Telegraf makes no field', () => {
    for (const [, event] of kinds) expect(telegrafSchema(event).json).not.toContain('logicalType')
  })
})
