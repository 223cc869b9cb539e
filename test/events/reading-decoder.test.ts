import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { airReadings } from '../../src/events/air.ts'
import { commonFields, defineEvent } from '../../src/events/define-event.ts'
import { energyReadings } from '../../src/events/energy.ts'
import type { EventType } from '../../src/events/event-type.ts'
import type { AirReading, Reading } from '../../src/events/reading.ts'
import { weatherReadings } from '../../src/events/weather.ts'
import { batchOf, decodedReadings, decoderOf, recordsOf } from './batches.ts'
import { anyEveryType, type EveryTypeReading, everyType, expected } from './every-type.ts'
import { airReading, anyAirReading, anyEnergyReading, anyWeatherReading, paris } from './readings.ts'

function roundTrip<R extends Reading>(event: EventType<R>, readings: readonly R[]): void {
  const decoder = decoderOf(event)
  const batch = decoder.decode(batchOf(recordsOf(event, readings), 100))
  expect(batch.faults).toEqual([])
  expect(decodedReadings(event, batch)).toEqual(readings.map((reading, i) => expected(event, reading, 100 + i)))
}

const runs = { numRuns: 40 }

describe('decoding what the encoder wrote', () => {
  test('gives every reading back, bit by bit', () => {
    fc.assert(
      fc.property(fc.array(anyAirReading, { maxLength: 12 }), (readings) => roundTrip(airReadings, readings)),
      runs,
    )
    fc.assert(
      fc.property(fc.array(anyWeatherReading, { maxLength: 12 }), (readings) => roundTrip(weatherReadings, readings)),
      runs,
    )
    fc.assert(
      fc.property(fc.array(anyEnergyReading, { maxLength: 12 }), (readings) => roundTrip(energyReadings, readings)),
      runs,
    )
  })

  test('does so for every type of field and any order of fields', () => {
    fc.assert(
      fc.property(fc.array(anyEveryType, { maxLength: 12 }), (readings) => roundTrip(everyType, readings)),
      runs,
    )
    const layout = { ...JSON.parse(everyType.schema) }
    layout.fields = ['sensor', 'line', 'kind', ...commonFields.map(({ name }) => name)]
      .concat('note', 'peak', 'count', 'small', 'is_night', 'level', 'source')
      .map((name) => layout.fields.find((field: { name: string }) => field.name === name))
    const inOrder = defineEvent<EveryTypeReading>({
      name: 'every',
      topic: 'e',
      schema: layout,
      key: 'sensor',
      subKey: ['line', 'kind'],
    })
    fc.assert(
      fc.property(fc.array(anyEveryType, { maxLength: 12 }), (readings) => roundTrip(inOrder, readings)),
      runs,
    )
  })

  test('makes 0 of the -0 that another writer wrote', () => {
    const [record] = recordsOf(airReadings, [{ ...airReading, pm25: 7 }])
    const value = (record as { value: Uint8Array }).value
    const seven = Buffer.alloc(8)
    seven.writeDoubleLE(7)
    Buffer.from(value.buffer, value.byteOffset, value.byteLength).fill(
      0,
      Buffer.from(value).indexOf(seven),
      Buffer.from(value).indexOf(seven) + 8,
    )
    value[Buffer.from(value).indexOf(Buffer.alloc(8)) + 7] = 0x80
    const batch = decoderOf(airReadings).decode(batchOf([{ key: 'smart188', value }]))
    expect(decodedReadings(airReadings, batch)[0]?.payload.pm25).toBe(0)
  })

  test('uses a batch again, and leaves nothing of what it held', () => {
    const decoder = decoderOf(airReadings)
    const many = batchOf(
      recordsOf(
        airReadings,
        Array.from({ length: 50 }, (_, i) => ({ ...airReading, co: i })),
      ),
    )
    const out = decoder.decode(many)
    const { rows } = out
    const broken = batchOf([{ key: 'x', value: null }, ...recordsOf(airReadings, [airReading])])
    expect(decoder.decode(broken, out)).toBe(out)
    expect(out.rows).toBe(rows)
    expect([out.count, out.faults.length]).toEqual([1, 1])
    expect(decoder.decode(many, out).count).toBe(50)
    expect(out.faults).toEqual([])
  })

  test('takes a station that moves, and one that comes back', () => {
    const cities = ['Paris', 'Lyon', 'Paris', 'Villeneuve-d’Ascq', 'A', 'Paris']
    roundTrip(
      airReadings,
      cities.map((city) => ({ ...airReading, location: { ...paris, city } })),
    )
  })
})

describe('as of an instant', () => {
  test('readings ingested later are left out, be they sound or not', () => {
    const at = (hours: number, change: Partial<AirReading> = {}): AirReading => ({
      ...airReading,
      ...change,
      ingestedAt: hours * 3_600_000,
      timestamp: 0,
    })
    const records = recordsOf(airReadings, [at(1), at(3), at(2), at(4)])
    const broken = records.map(({ key, value }) => ({ key: `${key}x`, value }))
    const decoder = decoderOf(airReadings, { asOf: 2 * 3_600_000 })
    const batch = decoder.decode(batchOf([...records, ...broken, { key: 'x', value: null }]))
    expect(decodedReadings(airReadings, batch).map(({ offset }) => offset)).toEqual([0, 2])
    expect(batch.faults.map(({ offset, code }) => [offset, code])).toEqual([
      [4, 'WR_KEY_MISMATCH'],
      [6, 'WR_KEY_MISMATCH'],
      [8, 'WR_RECORD_TOMBSTONE'],
    ])
  })
})
