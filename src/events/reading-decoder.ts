import { WindrowError } from '../core/errors.ts'
import { type RecordBatch, valueBytes } from '../core/record-block.ts'
import { firstArrival } from './arrival.ts'
import { BodyReader } from './body-reader.ts'
import type { Dictionaries } from './dictionaries.ts'
import { planOf } from './event-plan.ts'
import type { EventType } from './event-type.ts'
import { KeyTable } from './key-table.ts'
import type { EventPlan } from './planned-field.ts'
import { newReadingBatch, type ReadingBatch, ROW_ARRIVAL, ROW_TIMESTAMP, resetReadingBatch } from './reading-batch.ts'
import { explainProblem, FINE, MALFORMED, SCHEMA_INCOMPATIBLE, SCHEMA_UNKNOWN, TOMBSTONE, WIRE_FORMAT } from './record-problem.ts'
import { WIRE_HEADER_BYTES, WIRE_MAGIC } from './wire-format.ts'
import { type WriterSchema, writerSchema } from './writer-schemas.ts'

export interface SchemaLookup {
  /** The text of a registered schema; null when nobody registered the id, undefined when that is not known yet. */
  lookup(id: number): string | null | undefined
}

export interface ReadingDecoderOptions {
  readonly event: EventType
  /** Numbers for the texts of the rows; the decoder only adds to them. */
  readonly dictionaries: Dictionaries
  readonly partition: number
  readonly partitions: number
  readonly schemas: SchemaLookup
  /** Readings ingested later are left out, as if they were not in the log. */
  readonly asOf?: number
}

export interface ReadingDecoder {
  /** Doubles a row. */
  readonly width: number
  /** The schema ids of the batch for which `lookup` gives undefined or null: load them, then decode. */
  unknownSchemaIds(batch: RecordBatch): number[]
  /**
   * Decodes a batch into `out` (emptied first, grown when too small) or into a new one. Bad data never throws: it becomes a fault.
   * Throws WR_SCHEMA_NOT_LOADED when `lookup` gives undefined for a schema id.
   */
  decode(batch: RecordBatch, out?: ReadingBatch): ReadingBatch
}

/** A decoder for one partition, to be kept: it remembers keys, places and texts. */
export function createReadingDecoder(options: ReadingDecoderOptions): ReadingDecoder {
  return new Decoder(options)
}

/** Left out by `asOf`: neither a reading nor a fault. */
const LEFT_OUT = -1

class Decoder implements ReadingDecoder {
  private readonly plan: EventPlan
  private readonly dictionaries: Dictionaries
  private readonly schemas: SchemaLookup
  private readonly asOf: number
  private readonly reader: BodyReader
  private readonly keys: KeyTable
  private readonly keyField: string
  /** By id; a number is the problem of the records of an id. */
  private readonly writers = new Map<number, WriterSchema | number>()
  /** The id of the last record that was of the event's own schema. */
  private ownId = -1

  constructor({ event, dictionaries, partition, partitions, schemas, asOf }: ReadingDecoderOptions) {
    this.plan = planOf(event)
    this.dictionaries = dictionaries
    this.schemas = schemas
    this.asOf = asOf ?? Number.POSITIVE_INFINITY
    this.reader = new BodyReader(this.plan, dictionaries)
    this.keyField = event.keyField
    this.keys = new KeyTable(dictionaries.keys, partition, partitions)
  }

  get width(): number {
    return this.plan.width
  }

  unknownSchemaIds(batch: RecordBatch): number[] {
    const ids = new Set<number>()
    let last = this.ownId
    for (let i = 0; i < batch.count; i++) {
      if (!isFramed(batch, i)) continue
      const id = batch.view.getUint32((batch.valueStart[i] as number) + 1)
      if (id === last) continue
      last = id
      if (!this.writers.has(id) && (this.schemas.lookup(id) ?? null) === null) ids.add(id)
    }
    return [...ids]
  }

  decode(batch: RecordBatch, out = newReadingBatch(this.width, this.dictionaries, batch.count)): ReadingBatch {
    resetReadingBatch(out, batch.count)
    for (let i = 0; i < batch.count; i++) {
      const problem = this.decodeRecord(batch, i, out)
      if (problem === FINE) {
        const base = out.count * out.width
        out.rows[base + ROW_ARRIVAL] = firstArrival(out.rows[base + ROW_TIMESTAMP] as number, out.ingestedAt[out.count] as number)
        out.offsets[out.count] = batch.offsets[i] as number
        out.count += 1
      } else if (problem !== LEFT_OUT) {
        this.addFault(batch, i, problem, out)
      }
    }
    return out
  }

  /** Decodes record i into row `out.count`. */
  private decodeRecord(batch: RecordBatch, i: number, out: ReadingBatch): number {
    const { bytes, view } = batch
    if (!isFramed(batch, i)) return (batch.valueStart[i] as number) < 0 ? TOMBSTONE : WIRE_FORMAT
    const key = this.keys.idOf(bytes, view, batch.keyStart[i] as number, batch.keyEnd[i] as number)
    const start = (batch.valueStart[i] as number) + WIRE_HEADER_BYTES
    const id = view.getUint32(start - 4)
    const problem =
      id === this.ownId
        ? this.reader.read(bytes, view, start, batch.valueEnd[i] as number, batch, i, key, out)
        : this.readForeign(batch, i, id, key, out)
    if (problem === MALFORMED || problem === SCHEMA_UNKNOWN || problem === SCHEMA_INCOMPATIBLE) return problem
    if ((out.ingestedAt[out.count] as number) > this.asOf) return LEFT_OUT
    if (key < 0) {
      this.reader.field = this.keyField
      return -key
    }
    if (problem !== FINE) return problem
    out.keys[out.count] = key
    return this.reader.check(out)
  }

  /** Reads a record of a schema other than that of the record before. */
  private readForeign(batch: RecordBatch, i: number, id: number, key: number, out: ReadingBatch): number {
    this.reader.field = null
    const writer = this.writerOf(id)
    if (typeof writer === 'number') return writer
    const { bytes, view } = batch
    const start = (batch.valueStart[i] as number) + WIRE_HEADER_BYTES
    const end = batch.valueEnd[i] as number
    if (writer.isOwn) {
      this.ownId = id
      return this.reader.read(bytes, view, start, end, batch, i, key, out)
    }
    const body = writer.translate(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start))
    if (body === null) return MALFORMED
    const bodyView = new DataView(body.buffer, body.byteOffset, body.byteLength)
    return this.reader.read(body, bodyView, 0, body.byteLength, batch, i, key, out)
  }

  /** How the records of a schema id are read, or the problem that they have. */
  private writerOf(id: number): WriterSchema | number {
    const known = this.writers.get(id)
    if (known !== undefined) return known
    const text = this.schemas.lookup(id)
    if (text === undefined) throw notLoaded(id)
    if (text === null) return SCHEMA_UNKNOWN
    const writer = readableWriter(this.plan, text)
    this.writers.set(id, writer)
    return writer
  }

  private addFault(batch: RecordBatch, i: number, problem: number, out: ReadingBatch): void {
    const { code, message } = explainProblem(this.plan, problem, this.reader.field)
    const value = valueBytes(batch, i)
    // Copies: a fault outlives the block.
    out.faults.push({
      offset: batch.offsets[i] as number,
      key: new Uint8Array(batch.bytes.subarray(batch.keyStart[i], batch.keyEnd[i])),
      value: value === null ? null : new Uint8Array(value),
      code,
      message,
    })
  }
}

function isFramed(batch: RecordBatch, i: number): boolean {
  const start = batch.valueStart[i] as number
  return start >= 0 && (batch.valueEnd[i] as number) - start >= WIRE_HEADER_BYTES && batch.bytes[start] === WIRE_MAGIC
}

function readableWriter(plan: EventPlan, schema: string): WriterSchema | number {
  try {
    return writerSchema(plan, schema)
  } catch {
    // Why it cannot be read is said at start, where the schemas of a topic are compared; here each record becomes a fault.
    return SCHEMA_INCOMPATIBLE
  }
}

function notLoaded(id: number): WindrowError {
  return new WindrowError('WR_SCHEMA_NOT_LOADED', {
    message: `The schema ${id} was not loaded before its records were decoded.`,
    remedy: 'Load what `unknownSchemaIds` names before every `decode`.',
    facts: { schemaId: id },
  })
}
