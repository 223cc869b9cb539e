import { type RecordBatch, RecordBlockBuilder } from '../../src/core/record-block.ts'
import { Dictionaries } from '../../src/events/dictionaries.ts'
import type { EventType } from '../../src/events/event-type.ts'
import type { Place, Reading } from '../../src/events/reading.ts'
import {
  type ReadingBatch,
  ROW_INTERVAL,
  ROW_PAYLOAD,
  ROW_PLACE,
  ROW_REVISED_AT,
  ROW_TIMESTAMP,
} from '../../src/events/reading-batch.ts'
import { createReadingDecoder, type ReadingDecoder } from '../../src/events/reading-decoder.ts'
import { readingEncoder } from '../../src/events/reading-encoder.ts'
import { readingKey } from '../../src/events/reading-key.ts'

export interface TestRecord {
  readonly key: string | Uint8Array
  readonly value: Uint8Array | null
}

export function batchOf(records: readonly TestRecord[], firstOffset = 0): RecordBatch {
  const builder = new RecordBlockBuilder()
  for (const { key, value } of records) builder.add(key, value)
  const offsets = Float64Array.from(records, (_, i) => firstOffset + i)
  return { ...builder.build(), offsets, appendedAt: offsets, nextOffset: firstOffset + records.length }
}

export function recordsOf<R extends Reading>(event: EventType<R>, readings: readonly R[], schemaId = 1): TestRecord[] {
  const encoder = readingEncoder(event, schemaId)
  return readings.map((reading) => ({ key: readingKey(event, reading), value: encoder.encode(reading) }))
}

export interface DecoderSettings {
  readonly partition?: number
  readonly partitions?: number
  readonly schemas?: Readonly<Record<number, string | null>>
  readonly asOf?: number
}

/** Knows the event's own schema as id 1, and that there is no other, unless told otherwise. */
export function decoderOf(event: EventType, settings: DecoderSettings = {}): ReadingDecoder {
  const { schemas } = settings
  return createReadingDecoder({
    event,
    dictionaries: new Dictionaries(),
    partition: settings.partition ?? 0,
    partitions: settings.partitions ?? 1,
    schemas: { lookup: schemas === undefined ? (id) => (id === 1 ? event.schema : null) : (id) => schemas[id] },
    ...(settings.asOf === undefined ? {} : { asOf: settings.asOf }),
  })
}

/** A decoded reading in words: what of it is in the batch. */
export interface Decoded {
  readonly offset: number
  readonly key: string
  readonly subKey: string
  readonly timestamp: number
  readonly intervalMinutes: number
  readonly location: Place
  readonly revisedAt: number | null
  readonly ingestedAt: number
  readonly payload: Readonly<Record<string, unknown>>
}

export function decodedReadings(event: EventType, batch: ReadingBatch): Decoded[] {
  const { dictionaries, width, rows } = batch
  const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value)
  return Array.from({ length: batch.count }, (_, i) => {
    const cell = (column: number): number => rows[i * width + column] as number
    const payload = event.payload.map(({ name, kind }, p) => {
      const value = orNull(cell(ROW_PAYLOAD + p))
      if (value === null) return [name, null]
      return [name, kind === 'number' ? value : kind === 'flag' ? value === 1 : dictionaries.texts.textOf(value)]
    })
    return {
      offset: batch.offsets[i] as number,
      key: dictionaries.keys.textOf(batch.keys[i] as number),
      subKey: dictionaries.subKeys.textOf(batch.subKeys[i] as number),
      timestamp: cell(ROW_TIMESTAMP),
      intervalMinutes: cell(ROW_INTERVAL),
      location: dictionaries.places.placeOf(cell(ROW_PLACE)),
      revisedAt: orNull(cell(ROW_REVISED_AT)),
      ingestedAt: batch.ingestedAt[i] as number,
      payload: Object.fromEntries(payload),
    }
  })
}
