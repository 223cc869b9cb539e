import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { partitionOf } from '../../src/core/murmur2.ts'
import { airReadings } from '../../src/events/air.ts'
import { commonFields, defineEvent } from '../../src/events/define-event.ts'
import { energyReadings } from '../../src/events/energy.ts'
import type { EventType } from '../../src/events/event-type.ts'
import type { AirReading, EnergyReading, Reading, WeatherReading } from '../../src/events/reading.ts'
import { readingKey, subKeyOf } from '../../src/events/reading-key.ts'
import { weatherReadings } from '../../src/events/weather.ts'
import { batchOf, type Decoded, decodedReadings, decoderOf, recordsOf } from './batches.ts'
import {
  airReading,
  anyAirReading,
  anyEnergyReading,
  anyWeatherReading,
  finite,
  paris,
  place,
  time,
  weatherReading,
} from './readings.ts'

/** What a decoder is to say of a reading. */
function expected<R extends Reading>(event: EventType<R>, reading: R, offset: number): Decoded {
  const values = reading as unknown as Record<string, unknown>
  return {
    offset,
    key: readingKey(event, reading),
    subKey: subKeyOf(event, reading),
    timestamp: reading.timestamp,
    intervalMinutes: reading.intervalMinutes,
    location: reading.location,
    revisedAt: reading.revisedAt,
    ingestedAt: reading.ingestedAt,
    payload: Object.fromEntries(event.payload.map(({ name }) => [name, values[name] ?? null])),
  }
}

function roundTrip<R extends Reading>(event: EventType<R>, readings: readonly R[]): void {
  const decoder = decoderOf(event)
  const batch = decoder.decode(batchOf(recordsOf(event, readings), 100))
  expect(batch.faults).toEqual([])
  expect(decodedReadings(event, batch)).toEqual(readings.map((reading, i) => expected(event, reading, 100 + i)))
}

interface EveryTypeReading extends Reading {
  readonly sensor: string
  readonly line: string
  readonly kind: 'A' | 'B' | null
  readonly level: number
  readonly peak: number | null
  readonly count: number | null
  readonly small: number
  readonly isNight: boolean
  readonly source: 'ROAD' | 'RAIL' | null
  readonly note: string
}

/** Every type that a payload may have, null as either branch, and the fields in no particular order. */
const everyType = defineEvent<EveryTypeReading>({
  name: 'every',
  topic: 'every.readings',
  key: 'sensor',
  subKey: ['line', 'kind'],
  schema: {
    type: 'record',
    name: 'Every',
    fields: [
      { name: 'note', type: 'string' },
      { name: 'kind', type: ['null', { type: 'enum', name: 'Kind', symbols: ['A', 'B'] }] },
      { name: 'peak', type: ['float', 'null'] },
      ...[...commonFields].reverse(),
      { name: 'sensor', type: 'string' },
      { name: 'count', type: ['long', 'null'] },
      { name: 'small', type: 'int' },
      { name: 'line', type: 'string' },
      { name: 'is_night', type: 'boolean' },
      { name: 'level', type: 'double' },
      { name: 'source', type: ['null', { type: 'enum', name: 'Source', symbols: ['ROAD', 'RAIL'] }] },
    ],
  },
})

const anyEveryType: fc.Arbitrary<EveryTypeReading> = fc.record({
  timestamp: fc.constant(0),
  intervalMinutes: fc.integer({ min: 1, max: 1440 }),
  location: place,
  revisedAt: fc.option(time, { nil: null }),
  ingestedAt: fc.nat({ max: 1e12 }),
  dataOrigin: fc.constantFrom('a', 'b'),
  sensor: fc.constantFrom('s1', 's2', 'a much longer name of a sensor, longer than 63 bytes, so that its length takes two'),
  line: fc.constantFrom('north', 'south'),
  kind: fc.constantFrom('A' as const, 'B' as const, null),
  level: finite,
  peak: fc.option(
    fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    { nil: null },
  ),
  count: fc.option(fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 }), { nil: null }),
  small: fc.integer(),
  isNight: fc.boolean(),
  source: fc.constantFrom('ROAD' as const, 'RAIL' as const, null),
  note: fc.string({ maxLength: 100 }).map((text) => text.replaceAll('\0', '')),
})

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

describe('bad records', () => {
  const [good] = recordsOf(airReadings, [airReading])
  const value = (good as { value: Uint8Array }).value

  /** The good record with other bytes where `find` stands. */
  const patched = (find: Uint8Array, replacement: ArrayLike<number>): Uint8Array => {
    const copy = new Uint8Array(value)
    const at = Buffer.from(value).indexOf(find)
    if (at < 0) throw new Error('not found')
    copy.set(replacement, at)
    return copy
  }
  const double = (number: number): Uint8Array => {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleLE(number)
    return bytes
  }
  const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
  const fault = (bytes: Uint8Array | null, key: string | Uint8Array = 'smart188'): { code: string; message: string } => {
    const batch = decoderOf(airReadings).decode(
      batchOf(
        [
          { key, value: bytes },
          { key: 'smart188', value },
        ],
        41,
      ),
    )
    expect(batch.count).toBe(1)
    expect(batch.faults).toHaveLength(1)
    expect(batch.faults[0]).toMatchObject({ offset: 41 })
    expect(batch.faults[0]?.value).toEqual(bytes)
    return batch.faults[0] as { code: string; message: string }
  }
  const varint = (number: number): number[] => {
    const bytes: number[] = []
    let rest = BigInt(number) >= 0n ? BigInt(number) * 2n : -BigInt(number) * 2n - 1n
    for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
    return [...bytes, Number(rest)]
  }
  /** The good record with another number where `number` stands. */
  const renumbered = (number: number, other: number): Uint8Array => {
    const at = Buffer.from(value).indexOf(Buffer.from(varint(number)))
    return new Uint8Array([...value.subarray(0, at), ...varint(other), ...value.subarray(at + varint(number).length)])
  }

  test.each<[string, string, string, Uint8Array | null, (string | Uint8Array)?]>([
    ['a tombstone', 'WR_RECORD_TOMBSTONE', 'no value', null],
    ['an empty value', 'WR_WIRE_FORMAT', '0x00', new Uint8Array(0)],
    ['another magic byte', 'WR_WIRE_FORMAT', '0x00', new Uint8Array([1, ...value.subarray(1)])],
    ['JSON', 'WR_WIRE_FORMAT', '0x00', utf8('{"station_id":"smart188"}')],
    ['nothing but a header', 'WR_READING_MALFORMED', 'station_id', value.subarray(0, 5)],
    ['a byte too many', 'WR_READING_MALFORMED', 'This air reading', new Uint8Array([...value, 0])],
    [
      'a key that is not UTF-8',
      'WR_READING_MALFORMED',
      'station_id',
      patched(utf8('smart188'), [0xff]),
      new Uint8Array([0xff, ...utf8('mart188')]),
    ],
    ['a city that is not UTF-8', 'WR_READING_MALFORMED', 'location.city', patched(utf8('Paris'), [0xc3, 0x28])],
    ['an origin that is not UTF-8', 'WR_READING_MALFORMED', 'data_origin', patched(utf8('airqino'), [0xff])],
    ['NaN', 'WR_READING_NOT_FINITE', 'co', patched(double(0.31), double(Number.NaN))],
    ['Infinity', 'WR_READING_NOT_FINITE', 'humidity', patched(double(81), double(Number.NEGATIVE_INFINITY))],
    ['a latitude of NaN', 'WR_READING_NOT_FINITE', 'location.latitude', patched(double(48.8566), double(Number.NaN))],
    ['a latitude of 90.1', 'WR_READING_COORDINATES', 'location.latitude', patched(double(48.8566), double(90.1))],
    ['a longitude of -181', 'WR_READING_COORDINATES', 'location.longitude', patched(double(2.3522), double(-181))],
    ['an unknown zone', 'WR_READING_ZONE', 'location.time_zone', patched(utf8('Europe/Paris'), utf8('Europe/Parts'))],
    ['U+0000 in a text', 'WR_READING_TEXT', 'data_origin', patched(utf8('airqino'), utf8('air\0ino'))],
    ['an interval of 0', 'WR_READING_INTERVAL', 'interval_minutes', renumbered(60, 0)],
    ['an interval of 1441', 'WR_READING_INTERVAL', 'interval_minutes', renumbered(60, 1441)],
    ['an interval of -60', 'WR_READING_INTERVAL', 'interval_minutes', renumbered(60, -60)],
    ['the year 1899', 'WR_READING_TIMESTAMP', 'timestamp', renumbered(airReading.timestamp, -2_208_988_800_001)],
    ['microseconds', 'WR_READING_TIMESTAMP', 'timestamp', renumbered(airReading.timestamp, airReading.timestamp * 1000)],
    [
      'a publication in the year 10000',
      'WR_READING_TIMESTAMP',
      'ingested_at',
      renumbered(airReading.ingestedAt, 253_402_300_800_000),
    ],
    ['the year 9999', 'WR_READING_FUTURE', 'timestamp', renumbered(airReading.timestamp, 253_402_300_799_999)],
    ['another key', 'WR_KEY_MISMATCH', 'station_id', value, 'smart189'],
    ['the beginning of the key', 'WR_KEY_MISMATCH', 'station_id', value, 'smart18'],
    ['an empty key', 'WR_READING_KEY', 'station_id', value, ''],
    ['a key of 513 bytes', 'WR_READING_KEY', 'station_id', value, 'x'.repeat(513)],
  ])('%s is the fault %s', (_, code, about, bytes, key) => {
    const { code: found, message } = fault(bytes, key)
    expect(found).toBe(code)
    expect(message).toContain(about)
  })

  test('a start 24 hours after the publication is a reading, a millisecond later a fault', () => {
    const limit = airReading.ingestedAt + 86_400_000
    expect(
      decoderOf(airReadings).decode(batchOf([{ key: 'smart188', value: renumbered(airReading.timestamp, limit) }])).count,
    ).toBe(1)
    expect(fault(renumbered(airReading.timestamp, limit + 1)).code).toBe('WR_READING_FUTURE')
  })

  test('a key of another partition is a fault, however often it comes', () => {
    const keys = Array.from({ length: 40 }, (_, i) => `station-${i % 20}`)
    const records = recordsOf(
      airReadings,
      keys.map((stationId) => ({ ...airReading, stationId })),
    )
    const batch = decoderOf(airReadings, { partition: 1, partitions: 3 }).decode(batchOf(records))
    const here = (key: string): boolean => partitionOf(utf8(key), 3) === 1
    expect(decodedReadings(airReadings, batch).map(({ key }) => key)).toEqual(keys.filter(here))
    expect(batch.faults.map(({ key }) => new TextDecoder().decode(key))).toEqual(keys.filter((key) => !here(key)))
    expect(new Set(batch.faults.map(({ code }) => code))).toEqual(new Set(['WR_KEY_PARTITION']))
  })

  test('a sub-key that could be read as another is a fault', () => {
    const records = recordsOf(energyReadings, [energyWith('SOLARxROOF')])
    const bytes = (records[0] as { value: Uint8Array }).value
    bytes[Buffer.from(bytes).indexOf('xROOF')] = '/'.charCodeAt(0)
    const { faults } = decoderOf(energyReadings).decode(batchOf(records))
    expect(faults[0]).toMatchObject({ code: 'WR_READING_KEY' })
  })

  const energyWith = (productionType: string): EnergyReading => ({
    ...airReading,
    zoneId: 'FR',
    series: 'production',
    productionType,
    value: 1,
  })

  test('a record cut off anywhere is a fault, whatever follows it in memory', () => {
    const batch = batchOf([
      { key: 'smart188', value },
      { key: 'smart188', value },
    ])
    for (const event of [airReadings]) {
      const decoder = decoderOf(event)
      for (let length = 0; length < value.length; length++) {
        const valueEnd = Int32Array.from(batch.valueEnd)
        valueEnd[0] = (batch.valueStart[0] as number) + length
        const decoded = decoder.decode({ ...batch, valueEnd })
        expect([decoded.count, decoded.faults[0]?.code]).toEqual([1, length < 5 ? 'WR_WIRE_FORMAT' : 'WR_READING_MALFORMED'])
      }
    }
  })

  test('whatever the bytes are, nothing throws, every record is a reading or a fault, and the next one is read', () => {
    const mutation = fc.record({ at: fc.nat(), byte: fc.nat(255), drop: fc.nat(3) })
    const events: ReadonlyArray<readonly [EventType<never>, fc.Arbitrary<Reading>]> = [
      [airReadings as EventType<never>, anyAirReading],
      [weatherReadings as EventType<never>, anyWeatherReading],
      [energyReadings as EventType<never>, anyEnergyReading],
      [everyType as EventType<never>, anyEveryType],
    ]
    for (const [event, any] of events) {
      const decoder = decoderOf(event)
      fc.assert(
        fc.property(any, fc.array(mutation, { maxLength: 3 }), (reading, mutations) => {
          const [record] = recordsOf(event, [reading as never])
          let bytes = (record as { value: Uint8Array }).value
          for (const { at, byte, drop } of mutations) {
            bytes = new Uint8Array([...bytes.subarray(0, at % bytes.length), byte, ...bytes.subarray((at % bytes.length) + drop)])
          }
          const key = readingKey(event, reading as never)
          const batch = decoder.decode(batchOf([{ key, value: bytes }, ...recordsOf(event, [reading as never])]))
          expect(batch.count + batch.faults.length).toBe(2)
          expect(batch.count).toBeGreaterThanOrEqual(1)
          expect(decodedReadings(event, batch).at(-1)).toEqual(expected(event as EventType, reading, 1))
        }),
        { numRuns: 100 },
      )
    }
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
