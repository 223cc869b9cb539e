import { murmur2 } from '../core/murmur2.ts'
import type { Dictionaries } from '../events/dictionaries.ts'
import type { PayloadKind } from '../events/event-type.ts'
import type { Place } from '../events/reading.ts'
import { ROW_PAYLOAD, ROW_PLACE } from '../events/reading-batch.ts'
import { readColumn, writeColumn } from './column-codec.ts'
import { corruptSegment, SegmentReader, SegmentWriter } from './segment-bytes.ts'

/** First byte of every segment. Bytes of another version are refused: the state is a cache. */
const VERSION = 1
const CHECKSUM_BYTES = 4
const MAX_CELLS = 2 ** 27

const writer = new SegmentWriter()
let column = new Float64Array(2048)

/**
 * Writes the first `count` rows (row-major, layout of reading-batch.ts) compactly and bit by bit, NaN as null. Numbers of places and
 * texts mean something in this process only, so what they stand for is written.
 */
export function encodeSegment(
  rows: Float64Array,
  count: number,
  width: number,
  kinds: readonly PayloadKind[],
  dictionaries: Dictionaries,
): Uint8Array {
  makeRoom(count)
  writer.reset()
  writer.byte(VERSION)
  writer.unsigned(count)
  writer.unsigned(width)
  for (let c = 0; c < width; c++) {
    const isPlace = c === ROW_PLACE
    if (!isPlace && kinds[c - ROW_PAYLOAD] !== 'text') {
      writeColumn(writer, { values: rows, at: c, stride: width, count })
      continue
    }
    for (let i = 0, at = c; i < count; i++, at += width) column[i] = rows[at] as number
    if (isPlace) renumber(count, (place) => writePlace(dictionaries.places.placeOf(place)))
    else renumber(count, (text) => writer.text(dictionaries.texts.textOf(text)))
    writeColumn(writer, { values: column, at: 0, stride: 1, count })
  }
  writer.uint32(murmur2(writer.written))
  return writer.written.slice()
}

/**
 * Reads a segment into rows of their own; numbers of places and texts are those of the dictionaries, to which it adds. Throws
 * WR_SEGMENT_CORRUPT for anything that `encodeSegment` did not write, or wrote with another width.
 */
export function decodeSegment(
  bytes: Uint8Array,
  width: number,
  kinds: readonly PayloadKind[],
  dictionaries: Dictionaries,
): { rows: Float64Array; count: number } {
  const reader = checkedReader(bytes)
  const count = reader.unsigned()
  const written = reader.unsigned()
  if (written !== width) throw corruptSegment(`has ${written} columns instead of ${width}`)
  if (count * width > MAX_CELLS) throw corruptSegment('is too large')
  makeRoom(count)
  const rows = new Float64Array(count * width)
  for (let c = 0; c < width; c++) {
    const isText = kinds[c - ROW_PAYLOAD] === 'text'
    const ids = c === ROW_PLACE ? readPlaces(reader, dictionaries) : isText ? readTexts(reader, dictionaries) : null
    readColumn(reader, column, count)
    if (ids !== null) numberAnew(count, ids)
    for (let i = 0, at = c; i < count; i++, at += width) rows[at] = column[i] as number
  }
  if (reader.left !== 0) throw corruptSegment('has bytes left over')
  return { rows, count }
}

function makeRoom(count: number): void {
  if (column.length < count) column = new Float64Array(count * 2)
}

/** Writes each number in the column once, in order of first appearance, and puts its place in that list into the column. */
function renumber(count: number, write: (id: number) => void): void {
  const numbers = new Map<number, number>()
  for (let i = 0; i < count; i++) {
    const id = column[i] as number
    if (Number.isNaN(id)) continue
    let number = numbers.get(id)
    if (number === undefined) {
      number = numbers.size
      numbers.set(id, number)
    }
    column[i] = number
  }
  writer.unsigned(numbers.size)
  for (const id of numbers.keys()) write(id)
}

function numberAnew(count: number, ids: readonly number[]): void {
  for (let i = 0; i < count; i++) {
    const number = column[i] as number
    if (Number.isNaN(number)) continue
    const id = ids[number]
    if (id === undefined) throw corruptSegment('names a text or place that is not in its list')
    column[i] = id
  }
}

function checkedReader(bytes: Uint8Array): SegmentReader {
  const end = bytes.byteLength - CHECKSUM_BYTES
  if (end < 1) throw corruptSegment('is cut off')
  const content = bytes.subarray(0, end)
  const checksum = new DataView(bytes.buffer, bytes.byteOffset + end, CHECKSUM_BYTES).getInt32(0)
  if (murmur2(content) !== checksum) throw corruptSegment('does not have the checksum that it says')
  const reader = new SegmentReader(content)
  const version = reader.byte()
  if (version !== VERSION) throw corruptSegment(`was written in version ${version} of the format, which this windrow cannot read`)
  return reader
}

const HAS_CITY = 1
const HAS_COUNTRY = 2
const HAS_LATITUDE = 4
const HAS_LONGITUDE = 8

function writePlace({ city, country, latitude, longitude, timeZone }: Place): void {
  writer.byte(
    (city === null ? 0 : HAS_CITY) |
      (country === null ? 0 : HAS_COUNTRY) |
      (latitude === null ? 0 : HAS_LATITUDE) |
      (longitude === null ? 0 : HAS_LONGITUDE),
  )
  if (city !== null) writer.text(city)
  if (country !== null) writer.text(country)
  if (latitude !== null) writer.double(latitude)
  if (longitude !== null) writer.double(longitude)
  writer.text(timeZone)
}

function readPlaces(reader: SegmentReader, { places }: Dictionaries): number[] {
  return readList(reader, () => {
    const has = reader.byte()
    return places.idOf({
      city: has & HAS_CITY ? reader.text() : null,
      country: has & HAS_COUNTRY ? reader.text() : null,
      latitude: has & HAS_LATITUDE ? reader.double() : null,
      longitude: has & HAS_LONGITUDE ? reader.double() : null,
      timeZone: reader.text(),
    })
  })
}

function readTexts(reader: SegmentReader, { texts }: Dictionaries): number[] {
  return readList(reader, () => texts.idOf(reader.text()))
}

function readList(reader: SegmentReader, read: () => number): number[] {
  const size = reader.unsigned()
  if (size > reader.left) throw corruptSegment('has a list that is longer than itself')
  return Array.from({ length: size }, read)
}
