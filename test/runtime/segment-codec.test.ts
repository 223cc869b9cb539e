import { existsSync, readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstArrival } from '../../src/events/arrival.ts'
import { Dictionaries } from '../../src/events/dictionaries.ts'
import type { PayloadKind } from '../../src/events/event-type.ts'
import { ROW_PAYLOAD, ROW_PLACE } from '../../src/events/reading-batch.ts'
import { weatherReadings } from '../../src/events/weather.ts'
import { decodeSegment, encodeSegment } from '../../src/runtime/segment-codec.ts'
import { paris } from '../events/readings.ts'

const bits = (rows: Float64Array): string[] => Array.from(rows, (value) => (Object.is(value, -0) ? '-0' : String(value)))

function roundTrip(rows: Float64Array, count: number, kinds: readonly PayloadKind[], dictionaries: Dictionaries): number {
  const width = ROW_PAYLOAD + kinds.length
  const bytes = encodeSegment(rows, count, width, kinds, dictionaries)
  const decoded = decodeSegment(bytes, width, kinds, dictionaries)
  expect(decoded.count).toBe(count)
  expect(bits(decoded.rows)).toEqual(bits(rows.subarray(0, count * width)))
  return bytes.byteLength
}

const any = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MIN_VALUE, Number.MAX_VALUE),
  fc.integer(),
  fc.maxSafeInteger(),
)
const measured = fc.oneof(
  fc.integer({ min: -500, max: 500 }).map((tenths) => tenths / 10),
  fc.integer({ min: 0, max: 2000 }).map((tenthsKmh) => tenthsKmh / 10 / 3.6),
  fc.constant(Number.NaN),
)
const column = (count: number): fc.Arbitrary<number[]> =>
  fc.oneof(
    ...[any, measured, fc.constant(60), fc.integer(), fc.constantFrom(1 / 3, 2 / 3, Math.PI)].map((values) =>
      fc.array(values, { minLength: count, maxLength: count }),
    ),
    fc
      .tuple(
        fc.integer({ min: 0, max: 2e12 }),
        fc.array(fc.constantFrom(3_600_000, 7_200_000, 900_000), { minLength: count, maxLength: count }),
      )
      .map(([start, steps]) => steps.map((_, i) => start + steps.slice(0, i).reduce((sum, step) => sum + step, 0))),
  )

describe('a segment', () => {
  test('comes back bit by bit, whatever the values are', () => {
    const kinds: PayloadKind[] = ['number', 'flag', 'text', 'number']
    const segment = fc
      .integer({ min: 0, max: 60 })
      .chain((count) =>
        fc.tuple(
          fc.constant(count),
          fc.array(column(count), { minLength: 7, maxLength: 7 }),
          fc.array(fc.constantFrom(0, 1, 2), { minLength: count, maxLength: count }),
          fc.array(fc.constantFrom(0, 1, 2, Number.NaN), { minLength: count, maxLength: count }),
        ),
      )
    const dictionaries = new Dictionaries()
    for (const text of ['Rain', '', 'Schnee ❄']) dictionaries.texts.idOf(text)
    for (const city of ['Paris', null, 'Zürich'])
      dictionaries.places.idOf({ ...paris, city, latitude: city === null ? null : 1.5 })
    fc.assert(
      fc.property(segment, ([count, numbers, places, texts]) => {
        const common = [numbers[0], numbers[1], numbers[2], places, numbers[3]]
        const columns = [...common, numbers[4], numbers[5], texts, numbers[6]] as number[][]
        const rows = Float64Array.from({ length: count * 9 }, (_, i) => columns[i % 9]?.[Math.floor(i / 9)] as number)
        roundTrip(rows, count, kinds, dictionaries)
      }),
      { numRuns: 300 },
    )
  })

  test('of more rows than any before comes back too', () => {
    const rows = Float64Array.from({ length: 6000 * 6 }, (_, i) => (i % 6 === ROW_PLACE ? 0 : Math.sin(i)))
    const dictionaries = new Dictionaries()
    dictionaries.places.idOf(paris)
    roundTrip(rows, 6000, ['number'], dictionaries)
  })

  test('leaves out what the rows have room for beyond their count', () => {
    const rows = new Float64Array(10 * 6)
    const dictionaries = new Dictionaries()
    dictionaries.places.idOf(paris)
    expect(decodeSegment(encodeSegment(rows, 3, 6, ['number'], dictionaries), 6, ['number'], dictionaries).rows.length).toBe(18)
  })

  test('keeps its texts and places where their numbers are others', () => {
    const written = new Dictionaries()
    for (let i = 0; i < 7; i++) written.texts.idOf(`unused ${i}`)
    const place = written.places.idOf(paris)
    const rows = Float64Array.of(
      0,
      60,
      Number.NaN,
      place,
      307_200,
      written.texts.idOf('Rain'),
      3_600_000,
      60,
      Number.NaN,
      place,
      307_201,
      Number.NaN,
    )
    const bytes = encodeSegment(rows, 2, 6, ['text'], written)
    const read = new Dictionaries()
    read.texts.idOf('Snow')
    read.places.idOf({ ...paris, city: 'Lyon' })
    const decoded = decodeSegment(bytes, 6, ['text'], read)
    expect(read.places.placeOf(decoded.rows[ROW_PLACE] as number)).toEqual(paris)
    expect(read.texts.textOf(decoded.rows[ROW_PAYLOAD] as number)).toBe('Rain')
    expect(decoded.rows[6 + ROW_PAYLOAD]).toBeNaN()
  })
})

describe('a damaged segment', () => {
  const dictionaries = new Dictionaries()
  const kinds: PayloadKind[] = ['number', 'text']
  const place = dictionaries.places.idOf(paris)
  const rain = dictionaries.texts.idOf('Rain')
  const rows = Float64Array.from(
    { length: 24 * 7 },
    (_, i) => [i * 600_000, 60, Number.NaN, place, i * 1024, Math.sqrt(i), rain][i % 7] as number,
  )
  const bytes = encodeSegment(rows, 24, 7, kinds, dictionaries)
  const corrupt = expect.objectContaining({ code: 'WR_SEGMENT_CORRUPT' })

  test('is refused wherever a byte is changed, missing or added', () => {
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice()
      changed[at] = (changed[at] as number) ^ (1 << (at % 8))
      expect(() => decodeSegment(changed, 7, kinds, dictionaries)).toThrow(corrupt)
      expect(() => decodeSegment(bytes.subarray(0, at), 7, kinds, dictionaries)).toThrow(corrupt)
    }
    expect(() => decodeSegment(new Uint8Array([...bytes, 0]), 7, kinds, dictionaries)).toThrow(corrupt)
  })

  test('is refused whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (random) => {
        expect(() => decodeSegment(random, 7, kinds, dictionaries)).toThrow(corrupt)
      }),
      { numRuns: 100 },
    )
  })

  test('is refused when it has other columns than the event', () => {
    expect(() => decodeSegment(bytes, 8, [...kinds, 'number'], dictionaries)).toThrow(corrupt)
  })
})

const data = new URL('../../../shared/data/weather/paris-2025q1.csv', import.meta.url)

describe.runIf(existsSync(data))('a quarter of real hourly weather (skipped where the data is missing)', () => {
  const dictionaries = new Dictionaries()
  const kinds = weatherReadings.payload.map(({ kind }) => kind)
  const width = ROW_PAYLOAD + kinds.length

  const records: Array<Record<string, string>> = existsSync(data) ? parse(readFileSync(data), { columns: true }) : []
  const place = dictionaries.places.idOf(paris)
  const number = (cell: string | undefined): number => (cell ? Number(cell) : Number.NaN)
  const all = records.flatMap(({ time, temp, rhum, prcp, wdir, wspd, pres, coco }) => {
    const condition = coco ? dictionaries.texts.idOf(`condition ${coco}`) : Number.NaN
    const common = [Date.parse(`${time}Z`.replace(' ', 'T')), 60, Number.NaN, place, firstArrival(0, 3_605_000)]
    const wet = number(coco)
    const payload = [temp, rhum, pres].map(number).concat(number(wspd) / 3.6, number(wdir), number(prcp), condition)
    return [
      ...common,
      ...payload,
      Number.isNaN(wet) ? wet : Number(wet >= 7 && wet <= 11),
      Number.isNaN(wet) ? wet : 0,
      Number.NaN,
      Number.NaN,
    ]
  })
  const rows = Float64Array.from(all)
  const days = Array.from({ length: Math.floor(rows.length / width / 24) }, (_, d) =>
    rows.slice(d * 24 * width, (d + 1) * 24 * width),
  )

  test('takes fewer than 25 bytes a reading, in segments of a day', () => {
    expect(width).toBe(16)
    const bytes = days.reduce((sum, day) => sum + roundTrip(day, 24, kinds, dictionaries), 0)
    expect(bytes / (days.length * 24)).toBeLessThan(25)
    process.stderr.write(`${(bytes / (days.length * 24)).toFixed(1)} bytes a reading of ${width} columns\n`)
  })
})
