import { readFileSync } from 'node:fs'
import { WindrowError } from '../core/errors.ts'
import { type AvroType, avroType, type SchemaJson } from './avro-schema.ts'
import { schemaIdOf, WIRE_HEADER_BYTES, writeWireHeader } from './wire-format.ts'

export const DEAD_LETTERS_TOPIC = 'dead-letters'

/** The JSON text of the schema that this version writes. */
export const DEAD_LETTER_SCHEMA = readFileSync(new URL('./dead-letter.avsc', import.meta.url), 'utf8')

/** Where something that could not be used came from. It identifies the dead letter. */
export type DeadLetterOrigin =
  | {
      readonly kind: 'log'
      readonly topic: string
      readonly topicId: string
      readonly partition: number
      readonly offset: number
    }
  | {
      readonly kind: 'sink'
      readonly sink: string
      readonly topic: string
      readonly topicId: string
      readonly partition: number
      readonly offset: number
    }
  /** `hash`: the first 128 bits of SHA-256 over all original bytes, in hexadecimal. `station` is empty where it is unknown. */
  | { readonly kind: 'source'; readonly source: string; readonly station: string; readonly hash: string }

export interface DeadLetter {
  readonly origin: DeadLetterOrigin
  /** What the source read, for instance a file's path; absent where that is unknown. */
  readonly input?: string
  /** Line (row, element) of a source's input, from 1; null where there is none. */
  readonly line: number | null
  /** `WR_...` or `TOO_LATE`. */
  readonly code: string
  readonly message: string
  /** The record's key, null where there was none. */
  readonly key: Uint8Array | null
  /** The original bytes, or their beginning; null for a tombstone. */
  readonly value: Uint8Array | null
  /** How many bytes the original had. */
  readonly valueLength: number
  /** When it was put there, milliseconds since the epoch. */
  readonly at: number
}

/** The record's key: a canonical JSON array, the same whenever the same thing is found to be unusable again. */
export function deadLetterKey(origin: DeadLetterOrigin): string {
  switch (origin.kind) {
    case 'log':
      return JSON.stringify(['log', origin.topicId, origin.partition, origin.offset])
    case 'sink':
      return JSON.stringify(['sink', origin.sink, origin.topicId, origin.partition, origin.offset])
    case 'source':
      return JSON.stringify(['source', origin.source, origin.station, origin.hash])
  }
}

let ownType: AvroType | null = null

function type(): AvroType {
  ownType ??= avroType(JSON.parse(DEAD_LETTER_SCHEMA) as SchemaJson)
  return ownType
}

/** The record's value: wire header and Avro body. `schemaId` is what the registry gave to `DEAD_LETTER_SCHEMA`. */
export function encodeDeadLetter(letter: DeadLetter, schemaId: number): Uint8Array {
  const body = type().toBuffer(wireValues(letter))
  const bytes = new Uint8Array(WIRE_HEADER_BYTES + body.byteLength)
  writeWireHeader(bytes, 0, schemaId)
  bytes.set(body, WIRE_HEADER_BYTES)
  return bytes
}

/**
 * Reads a record's value. `writerSchema` is the JSON text of the schema whose id the record carries, needed where it may not be this
 * version's. Throws WR_DEAD_LETTER_UNREADABLE for bytes that are no dead letter.
 */
export function decodeDeadLetter(bytes: Uint8Array, writerSchema: string = DEAD_LETTER_SCHEMA): DeadLetter {
  try {
    if (schemaIdOf(bytes) < 0) throw new TypeError('no wire header')
    const body = Buffer.from(bytes.buffer, bytes.byteOffset + WIRE_HEADER_BYTES, bytes.byteLength - WIRE_HEADER_BYTES)
    if (writerSchema === DEAD_LETTER_SCHEMA) return letterOf(type().fromBuffer(body) as WireLetter)
    const writer = avroType(JSON.parse(writerSchema) as SchemaJson)
    return letterOf(type().fromBuffer(body, type().createResolver(writer)) as WireLetter)
  } catch (cause) {
    throw new WindrowError('WR_DEAD_LETTER_UNREADABLE', {
      message: 'A record of the dead-letters topic is no dead letter that this version can read.',
      remedy: 'Read it with the version that wrote it, or with any Avro reader; nothing else depends on it.',
      cause,
    })
  }
}

interface WireLetter {
  readonly origin: string
  readonly topic: string | null
  readonly topic_id: string | null
  readonly partition: number | null
  readonly offset: number | null
  readonly sink: string | null
  readonly source: string | null
  readonly station: string | null
  readonly hash: string | null
  readonly input: string | null
  readonly line: number | null
  readonly code: string
  readonly message: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly value_length: number
  readonly at: number
}

function wireValues({ origin, input, line, code, message, key, value, valueLength, at }: DeadLetter): WireLetter {
  const fromLog = origin.kind === 'source' ? null : origin
  const fromSource = origin.kind === 'source' ? origin : null
  return {
    origin: origin.kind,
    topic: fromLog?.topic ?? null,
    topic_id: fromLog?.topicId ?? null,
    partition: fromLog?.partition ?? null,
    offset: fromLog?.offset ?? null,
    sink: origin.kind === 'sink' ? origin.sink : null,
    source: fromSource?.source ?? null,
    station: fromSource?.station ?? null,
    hash: fromSource?.hash ?? null,
    input: input ?? null,
    line,
    code,
    message,
    key: key === null ? null : asBuffer(key),
    value: value === null ? null : asBuffer(value),
    value_length: valueLength,
    at,
  }
}

function letterOf(wire: WireLetter): DeadLetter {
  const { input, line, code, message, key, value, value_length: valueLength, at } = wire
  return { origin: originOf(wire), ...(input === null ? {} : { input }), line, code, message, key, value, valueLength, at }
}

function originOf(wire: WireLetter): DeadLetterOrigin {
  if (wire.origin === 'source') {
    return { kind: 'source', source: wire.source ?? '', station: wire.station ?? '', hash: wire.hash ?? '' }
  }
  const { topic, topic_id: topicId, partition, offset } = wire
  if (topic === null || topicId === null || partition === null || offset === null) throw new TypeError('the origin is not whole')
  if (wire.origin === 'log') return { kind: 'log', topic, topicId, partition, offset }
  if (wire.origin === 'sink' && wire.sink !== null) return { kind: 'sink', sink: wire.sink, topic, topicId, partition, offset }
  throw new TypeError(`unknown origin ${wire.origin}`)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
