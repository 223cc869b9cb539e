import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { partitionOf } from '../../src/core/murmur2.ts'
import { airReadings } from '../../src/events/air.ts'
import { energyReadings } from '../../src/events/energy.ts'
import type { EventType } from '../../src/events/event-type.ts'
import type { EnergyReading, Reading } from '../../src/events/reading.ts'
import { readingKey } from '../../src/events/reading-key.ts'
import { weatherReadings } from '../../src/events/weather.ts'
import { batchOf, decodedReadings, decoderOf, recordsOf } from './batches.ts'
import { anyEveryType, everyType, expected } from './every-type.ts'
import { airReading, anyAirReading, anyEnergyReading, anyWeatherReading } from './readings.ts'

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
